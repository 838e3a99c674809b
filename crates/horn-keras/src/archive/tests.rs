//! Tests with archives from Keras, archives that Horn writes, and archives that are not valid model files.

use std::io::{Cursor, Write};

use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::names::{CONFIG, METADATA, WEIGHTS};
use super::*;
use crate::arrays::{Array, Values};
use crate::corrupted_files::{Numbers, little_memory, runs_alone};
use crate::fixture;
use crate::h5::{WeightsWriter, Window};

fn open(bytes: Vec<u8>) -> horn_nn::Result<Archive> {
    Archive::of_window(Window::of_bytes(bytes), "m.keras")
}

fn error(bytes: Vec<u8>) -> String {
    format!("{:#}", open(bytes).expect_err("an error"))
}

/// A zip archive with these members; names are written as they are.
fn zip_of(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_of(members, CompressionMethod::Stored)
}

/// Replaces every occurrence of `old` by `new`, which has the same length.
fn patched(mut bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<_> = (0..=bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at..at + new.len()].copy_from_slice(new));
    bytes
}

fn weights() -> WeightsWriter {
    let mut weights = WeightsWriter::new();
    weights.dataset("layers/dense/vars/0", Array::scalar(2.5_f32)).unwrap();
    weights
}

fn weights_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    weights().write(&mut bytes).unwrap();
    bytes
}

#[test]
fn reads_what_keras_saved() {
    let mut archive = Archive::open(fixture("small.keras")).unwrap();
    assert_eq!(archive.names().collect::<Vec<_>>(), [METADATA, CONFIG, WEIGHTS]);
    assert_eq!(archive.metadata().unwrap().unwrap()["keras_version"], "3.15.1");
    assert_eq!(archive.config().unwrap()["config"]["name"], "small");
    let weights = archive.weights().unwrap();
    assert_eq!(weights.read("layers/dense/vars/1", &[4]).unwrap().sizes(), [4]);
    assert_eq!(archive.asset("vocabulary.txt", 100).unwrap(), None);
}

#[test]
fn what_is_written_is_read_again() {
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), "3.15.1").unwrap();
    archive.config("{\"a\": 1}").unwrap();
    archive.weights(weights()).unwrap();
    archive.asset("_layer_checkpoint_dependencies/lookup/vocabulary.txt", "eins\nzwei".as_bytes()).unwrap();
    let bytes = archive.finish().unwrap().into_inner();
    if let Some(path) = std::env::var_os("HORN_TEST_KEEP_KERAS") {
        std::fs::write(path, &bytes).unwrap();
    }
    let mut archive = open(bytes).unwrap();
    let vocabulary = "_layer_checkpoint_dependencies/lookup/vocabulary.txt";
    assert_eq!(archive.names().collect::<Vec<_>>(), [METADATA, CONFIG, WEIGHTS, &format!("assets/{vocabulary}")]);
    let metadata = archive.metadata().unwrap().unwrap();
    assert_eq!(metadata["keras_version"], "3.15.1");
    assert_eq!(metadata["date_saved"].as_str().unwrap().len(), "2025-01-01@00:00:00".len());
    assert_eq!(archive.config().unwrap(), json!({"a": 1}));
    assert_eq!(archive.weights().unwrap().read("layers/dense/vars/0", &[]).unwrap().to_scalar().unwrap(), 2.5);
    assert_eq!(archive.asset(vocabulary, 9).unwrap().unwrap(), "eins\nzwei".as_bytes());
    let long = archive.asset(vocabulary, 8).unwrap_err().to_string();
    assert!(long.contains("is too long; received 9 bytes, expected at most 8"), "{long}");
}

#[test]
fn compressed_members_and_missing_metadata_are_fine() {
    let weights = weights_bytes();
    let members = [(CONFIG, &b"{}"[..]), (WEIGHTS, &weights), ("assets/", b"")];
    let mut archive = open(zip_of(&members, CompressionMethod::Deflated)).unwrap();
    assert_eq!(archive.metadata().unwrap(), None);
    assert_eq!(archive.config().unwrap(), json!({}));
    assert!(archive.weights().unwrap().read("layers/dense/vars/0", &[]).is_ok());
}

#[test]
fn missing_members_are_named() {
    let mut archive = open(stored(&[("x", b"")])).unwrap();
    let config = archive.config().unwrap_err().to_string();
    assert!(config.starts_with("m.keras: has no config.json. Hint: save the model again"), "{config}");
    assert!(archive.weights().err().unwrap().to_string().contains("has no model.weights.h5"));
}

#[test]
fn what_is_not_an_archive_is_an_error() {
    for bytes in [Vec::new(), b"PK".to_vec(), vec![0; 100_000], weights_bytes()] {
        assert!(error(bytes).contains("is not a .keras file, or damaged"));
    }
    let folder = format!("{:#}", Archive::open(std::env::temp_dir()).err().unwrap());
    assert!(folder.contains("it is not a file, but a folder"), "{folder}");
    assert!(
        Archive::open("nothing.keras").err().unwrap().to_string().starts_with("file \"nothing.keras\": cannot be read")
    );
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["../x", "/etc/x", "a/../x", "C:/x", "C:x", "a\\..\\x", "\\x", "a//x", "./x", "assets/..", "x\0y", "/"]
    {
        // Patched in afterwards, since a zip library may refuse to write such a name.
        let innocent = "#".repeat(name.len());
        let bytes = patched(stored(&[(CONFIG, b"{}"), (&innocent, b"x")]), innocent.as_bytes(), name.as_bytes());
        let expected = format!("m.keras: its member {name:?} would be unpacked elsewhere. Hint: save the file again.");
        assert_eq!(error(bytes), expected);
    }
}

#[test]
fn links_encryption_and_other_compressions_are_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink(CONFIG, "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let link = zip.finish().unwrap().into_inner();
    assert_eq!(error(link), "m.keras: its member \"config.json\" is a link. Hint: save the file again.");

    // The general purpose flags follow the versions in both headers.
    let plain = stored(&[(CONFIG, b"{}")]);
    let (local, central) = (plain[..8].to_vec(), plain.windows(4).position(|four| four == b"PK\x01\x02").unwrap());
    let mut encrypted = plain.clone();
    encrypted[6] |= 1;
    encrypted[central + 8] |= 1;
    assert_ne!(local, encrypted[..8]);
    assert_eq!(error(encrypted), "m.keras: its member \"config.json\" is encrypted. Hint: save the file again.");

    let mut other = plain;
    other[8] = 12;
    other[central + 10] = 12;
    let text = error(other);
    assert!(text.contains("is compressed by") && text.contains("which Keras and NumPy do not use"), "{text}");
}

#[test]
fn duplicates_and_overlaps_are_refused() {
    let twice = patched(stored(&[(CONFIG, b"{}"), ("konfig.json", b"[]")]), b"konfig.json", CONFIG.as_bytes());
    assert_eq!(error(twice), "m.keras: has two members of one name. Hint: save the file again.");

    // The second member's entry in the directory leads to the first one.
    let mut overlap = stored(&[("a", b"{}"), ("b", b"[]")]);
    let last = overlap.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    overlap[last + 42..last + 46].fill(0);
    let text = error(overlap);
    assert_eq!(text, "m.keras: its member \"b\" has another name before its bytes. Hint: save the file again.");

    // A whole second member lies within the bytes of the first one.
    let inner = stored(&[("b", b"[]")]);
    let end = inner.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let mut within = stored(&[("a", &inner[..end]), ("b", b"[]")]);
    let last = within.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    within[last + 42..last + 46].copy_from_slice(&31_u32.to_le_bytes());
    assert_eq!(error(within), "m.keras: has members that overlap. Hint: save the file again.");
}

#[test]
fn bombs_are_refused() {
    if runs_alone("archive::tests::bombs_are_refused") {
        return;
    }
    let zeros = vec![b' '; 50 << 20];
    let bomb = zip_of(&[(CONFIG, &zeros)], CompressionMethod::Deflated);
    assert!(bomb.len() < 100_000);
    let text = error(bomb.clone());
    assert!(text.contains("says that it has 52428800 bytes, in"), "{text}");

    // The declared size is small, and wrong.
    let size = (50_u32 << 20).to_le_bytes();
    let mut liar = open(patched(bomb.clone(), &size, &2_u32.to_le_bytes())).unwrap();
    let text = format!("{:#}", liar.config().unwrap_err());
    assert!(text.contains("\"config.json\": is damaged (File is larger than"), "{text}");

    // The declared size is the largest that is allowed, and wrong.
    let small = zip_of(&[(CONFIG, b"{\"a\":  1}")], CompressionMethod::Deflated);
    let mut liar = open(patched(small, &9_u32.to_le_bytes(), &1000_u32.to_le_bytes())).unwrap();
    assert!(liar.config().is_err());

    // Compresses to a sixtieth of its size.
    let mut weights = b"\x89HDF\r\n\x1a\n".to_vec();
    weights.extend(noise(1 << 20));
    weights.resize(70 << 20, 0);
    let bomb = zip_of(&[(CONFIG, b"{}"), (WEIGHTS, &weights)], CompressionMethod::Deflated);
    drop(weights);
    assert!(bomb.len() > 1 << 20);
    let text = format!("{:#}", open(bomb).unwrap().weights().err().unwrap());
    assert!(text.contains("\"model.weights.h5\": is far larger than it looks; received 73400320 bytes, in"), "{text}");
    little_memory();
}

#[test]
fn zeros_that_are_packed_are_no_bomb() {
    let mut weights = WeightsWriter::new();
    weights
        .dataset("layers/dense/vars/0", Array::new(vec![2_000_000], Values::F32(vec![0.0; 2_000_000])).unwrap())
        .unwrap();
    let mut bytes = Vec::new();
    weights.write(&mut bytes).unwrap();
    let packed = zip_of(&[(CONFIG, b"{}"), (WEIGHTS, &bytes)], CompressionMethod::Deflated);
    assert!(packed.len() < 80_000);
    let read = open(packed).unwrap().weights().unwrap();
    assert_eq!(read.read("layers/dense/vars/0", &[2_000_000]).unwrap().sizes(), [2_000_000]);
}

/// Bytes that can't be compressed.
fn noise(count: usize) -> Vec<u8> {
    let mut numbers = Numbers::new(1);
    (0..count).map(|_| numbers.below(256) as u8).collect()
}

#[test]
fn a_long_config_and_many_members_are_refused() {
    let noise: Vec<u8> = (0..(2 << 20) as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut long = open(stored(&[(METADATA, &noise)])).unwrap();
    assert!(long.metadata().unwrap_err().to_string().contains("is too long; received 2097152 bytes"));

    let names: Vec<_> = (0..20_000).map(|index| format!("assets/{index}")).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(error(stored(&members)).contains("has too many members; received 20000, expected at most 1"));
}

#[test]
fn damage_is_found_by_the_checksum() {
    let bytes = patched(stored(&[(CONFIG, b"{\"a\": 1}")]), b"\"a\"", b"\"b\"");
    let text = format!("{:#}", open(bytes).unwrap().config().unwrap_err());
    assert!(text.contains("\"config.json\": is damaged"), "{text}");

    let weights = weights_bytes();
    let bytes = stored(&[(WEIGHTS, &weights)]);
    let value = 2.5_f32.to_le_bytes();
    let text = format!("{:#}", open(patched(bytes, &value, &2.6_f32.to_le_bytes())).unwrap().weights().err().unwrap());
    assert!(text.contains("\"model.weights.h5\": is damaged"), "{text}");
}
