//! What each target does with an input. The targets of libFuzzer call it, and a test of the workspace does.

use std::io::{Cursor, Read, Write};
use std::sync::LazyLock;

use horn_keras::h5::Window;
use horn_keras::numpy::{Npz, Stored, read_npy};
use horn_keras::{LoadWeights, SaveModel, json, load_model};
use horn_nn::{HostArray, Model, Shape, memory};
use horn_train::losses::MeanSquaredError;
use horn_train::optimizers::SGD;
use horn_train::{Compile, CompiledModel, Fit, Verbose};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::untrusted::{Numbers, SAMPLES, change_config, file, input, read_config, use_model};

/// A target.
pub struct Target {
    /// The name of the target and of the folder of its seeds.
    pub name: &'static str,
    /// Reads an input.
    pub run: fn(&[u8]),
    /// Changes an input where changed bytes alone would not get far.
    pub change: Option<Change>,
}

/// Changes an input. The last argument changes plain bytes.
pub type Change = fn(&[u8], &mut Numbers, &mut dyn FnMut(&mut Vec<u8>)) -> Option<Vec<u8>>;

/// All targets.
pub const TARGETS: [Target; 6] = [
    Target { name: "config", run: config, change: Some(change_text) },
    Target { name: "load_keras", run: load_keras, change: Some(change_archive) },
    Target { name: "load_h5", run: load_h5, change: None },
    Target { name: "npy", run: npy, change: None },
    Target { name: "npz", run: npz, change: Some(change_archive) },
    Target { name: "train", run: train, change: Some(change_archive) },
];

/// The configuration in `config.json`. All weights that it needs are taken as present.
pub fn config(bytes: &[u8]) {
    if let Ok(object) = json::parse(bytes, bytes.len() as _, "config.json") {
        read_config(&object);
    }
}

/// The bytes of a `.keras` file, which is read as a model, run, and read as a compiled model.
pub fn load_keras(bytes: &[u8]) {
    let path = file("model.keras", bytes);
    if let Ok(model) = load_model::<Model>(&path) {
        use_model(&model);
    }
    let _ = load_model::<CompiledModel>(&path);
}

/// The model whose weights the seed files contain.
static SMALL: LazyLock<Model> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/keras/fixtures/files/small.keras");
    load_model(path).expect("the fixture is a model")
});

/// The bytes of an `.h5` file, which is read as a model and as the weights of one.
pub fn load_h5(bytes: &[u8]) {
    let path = file("model.h5", bytes);
    if let Ok(model) = load_model::<Model>(&path) {
        use_model(&model);
    }
    let _ = load_model::<CompiledModel>(&path);
    let weights = file("model.weights.h5", bytes);
    for by_name in [false, true] {
        let _ = SMALL.clone().load_weights_with(&weights, LoadWeights::new().by_name(by_name).skip_mismatch(by_name));
    }
}

/// The bytes of a `.npy` file, which is read as data.
pub fn npy(bytes: &[u8]) {
    let array = read_npy(&mut &bytes[..], bytes.len() as u64);
    read_all(array.and_then(Stored::into_host));
}

/// The bytes of an `.npz` file, all of whose arrays are read as data.
pub fn npz(bytes: &[u8]) {
    let Ok(mut file) = Npz::of_window(Window::of_bytes(bytes.to_vec()), "x.npz") else { return };
    for name in file.names().to_vec() {
        read_all(file.read(&name).and_then(Stored::into_host));
    }
}

fn read_all(array: horn_nn::Result<HostArray<'_>>) {
    let Ok(array) = array else { return };
    let at: Vec<usize> = (0..array.len().min(SAMPLES)).collect();
    let _ = (array.first_not_finite(), array.floats(&at), array.ints(&at));
}

/// The memory that a model may take which is trained. What would take more is an error, as in `horn predict`.
const MEMORY: u64 = 1 << 20;

/// The bytes of a `.keras` file. The model trains for a step, predicts and is saved. Sets the memory that all models of the
/// process may take.
pub fn train(bytes: &[u8]) {
    memory::set_limit(MEMORY);
    let path = file("train.keras", bytes);
    let compiled = load_model::<CompiledModel>(&path)
        .or_else(|_| load_model::<Model>(&path)?.compile(SGD::new(0.01), MeanSquaredError::new(), ()));
    let Ok(mut compiled) = compiled else { return };
    let Ok(model) = compiled.model() else { return };
    let Some(x) = model.input_shapes().map(input).collect::<Option<Vec<_>>>() else { return };
    // Class numbers have no last axis.
    let rows = |shape: &Shape| Shape::new(&shape.sizes()[..shape.rank().max(2) - 1]);
    let same = model.output_shapes().map(input).collect::<Option<Vec<_>>>();
    let classes = model.output_shapes().map(|shape| input(&rows(shape))).collect::<Option<Vec<_>>>();
    for y in [same, classes].into_iter().flatten() {
        let fit = Fit::epochs(1).batch_size(SAMPLES).verbose(Verbose::Silent);
        if compiled.fit(x.clone(), y, fit).is_ok() {
            break;
        }
    }
    if let Ok(model) = compiled.model() {
        let _ = model.predict_all(x, SAMPLES);
    }
    let _ = compiled.to_json();
}

/// The configuration, changed in some places.
pub fn change_text(bytes: &[u8], numbers: &mut Numbers, _: &mut dyn FnMut(&mut Vec<u8>)) -> Option<Vec<u8>> {
    Some(change_config(bytes, numbers))
}

/// The zip archive with one of its members changed: changed bytes rarely match the archive's checksums.
pub fn change_archive(bytes: &[u8], numbers: &mut Numbers, change: &mut dyn FnMut(&mut Vec<u8>)) -> Option<Vec<u8>> {
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
            content = change_config(&content, numbers);
        } else if at == chosen {
            change(&mut content);
        }
        let method = [CompressionMethod::Stored, CompressionMethod::Deflated][numbers.below(2)];
        written.start_file(name, SimpleFileOptions::default().compression_method(method)).ok()?;
        written.write_all(&content).ok()?;
    }
    Some(written.finish().ok()?.into_inner())
}
