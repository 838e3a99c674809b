//! Fuzzes the bytes of an `.h5` file, which is read as a model and as the weights of one.
#![no_main]

use std::sync::LazyLock;

use horn_keras::{LoadWeights, SaveModel, load_model};
use horn_nn::Model;
use horn_train::CompiledModel;
use libfuzzer_sys::fuzz_target;

/// The model whose weights the seed files contain.
static SMALL: LazyLock<Model> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/keras/fixtures/files/small.keras");
    load_model(path).expect("the fixture is a model")
});

fuzz_target!(|bytes: &[u8]| {
    let path = fuzz::file("model.h5", bytes);
    if let Ok(model) = load_model::<Model>(&path) {
        fuzz::use_model(&model);
    }
    let _ = load_model::<CompiledModel>(&path);
    let weights = fuzz::file("model.weights.h5", bytes);
    for by_name in [false, true] {
        let _ = SMALL.clone().load_weights_with(&weights, LoadWeights::new().by_name(by_name).skip_mismatch(by_name));
    }
});
