//! Fuzzes the bytes of a `.keras` file, which is read as a model, run, and read as a compiled model.
#![no_main]

use std::io::{Cursor, Read, Write};

use horn_keras::load_model;
use horn_nn::Model;
use horn_train::CompiledModel;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

fuzz_target!(|bytes: &[u8]| {
    let path = fuzz::file("model.keras", bytes);
    if let Ok(model) = load_model::<Model>(&path) {
        fuzz::use_model(&model);
    }
    let _ = load_model::<CompiledModel>(&path);
});

// Changed bytes rarely match the zip archive's checksums, so the contents of members are changed, too.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut numbers = fuzz::Numbers::new(seed);
    if numbers.below(10) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    match changed(&data[..size], &mut numbers) {
        Some(changed) if changed.len() <= max_size => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});

/// The zip archive with one of its members changed.
fn changed(bytes: &[u8], numbers: &mut fuzz::Numbers) -> Option<Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    let members = zip.len();
    let chosen = numbers.below(members + 1);
    for at in 0..members {
        let mut member = zip.by_index(at).ok()?;
        let name = member.name().ok()?.into_owned();
        let mut content = Vec::new();
        member.by_ref().take(1 << 20).read_to_end(&mut content).ok()?;
        if name == "config.json" && (at == chosen || chosen == members) {
            content = fuzz::change_config(&content, numbers);
        } else if at == chosen {
            let size = content.len();
            content.resize(size + 64, 0);
            let size = fuzzer_mutate(&mut content, size, size + 64);
            content.truncate(size);
        }
        let method = [CompressionMethod::Stored, CompressionMethod::Deflated][numbers.below(2)];
        written.start_file(name, SimpleFileOptions::default().compression_method(method)).ok()?;
        written.write_all(&content).ok()?;
    }
    Some(written.finish().ok()?.into_inner())
}
