//! Compiled models of Keras 2: they are evaluated and trained on as Keras 2 did.

use std::collections::HashMap;

use horn::prelude::*;
use serde::Deserialize;

use crate::fixtures::{Array, path, read};

/// What `make_keras2_files.py` records of a compiled model.
#[derive(Deserialize)]
struct Content {
    x: Vec<Array>,
    targets: Vec<Array>,
    scores: HashMap<String, f64>,
    /// The outputs after another epoch.
    continued: Vec<Array>,
}

/// Not the one with a batch normalization: Keras 2 put the unbiased variance into the moving one, which Keras 3 doesn't.
const COMPILED: [&str; 10] = [
    "v2_dict_outputs.h5",
    "v2_legacy_adam.h5",
    "v2_legacy_sgd.h5",
    "v2_mlp.h5",
    "v2_one_loss_weight.h5",
    "v2_schedule.h5",
    "v2_two_outputs.h5",
    "v2_untrained.h5",
    "v2_zip_mlp.keras",
    "v2_zip_recurrent.keras",
];

#[test]
fn training_goes_on_as_in_keras_2() {
    for name in COMPILED {
        let content: Content = read(&format!("files/models/{}.json", name.split('.').next().unwrap()));
        let mut model: CompiledModel = load_model(path("files/models").join(name)).unwrap();
        let hosts = |arrays: &[Array]| arrays.iter().map(Array::host).collect::<Vec<_>>();
        let (x, y) = (hosts(&content.x), hosts(&content.targets));
        let scores = model.evaluate(x.clone(), y.clone()).unwrap();
        assert_eq!(scores.iter().count(), content.scores.len(), "{name}: {scores}");
        for (key, expected) in &content.scores {
            let score = scores.get(key).unwrap_or_else(|| panic!("{name}: no {key} in {scores}"));
            assert!((score - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{name}: {key} {score} for {expected}");
        }

        let silent = Fit::epochs(1).batch_size(4).shuffle(false).verbose(Verbose::Silent);
        model.fit(x.clone(), y, silent).unwrap();
        let outputs = model.model().unwrap().predict_all(x, 32).unwrap();
        for (received, expected) in outputs.iter().zip(&content.continued) {
            for (received, expected) in received.iter().zip(expected.values()) {
                assert!((received - expected).abs() <= 1e-5, "{name}: {received} for {expected}");
            }
        }
    }
}

/// Keras 2 scores the loss that a graph adds. Without it the score would be another.
#[test]
fn a_model_that_adds_a_loss_predicts_and_is_not_scored() {
    let file = path("files/models/v2_added_loss.h5");
    assert!(load_model::<Model>(&file).is_ok());
    let error = load_model::<CompiledModel>(&file).err().unwrap().to_string();
    assert!(
        error.ends_with(
            "the model adds a loss of its own to those of its outputs, which Keras 3 does not do; received a call of \
             `add_loss`, expected losses that are given to `compile`. Hint: predict with it; a program can read it as a \
             `Model`, and compile that."
        ),
        "{error}"
    );
}

#[test]
fn an_error_says_which_keras_wrote_the_file() {
    use horn::burn::tensor::Device;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.keras");
    let model = Sequential::new().add(Input([4])).add(Dense(2)).build(&Device::default()).unwrap();
    model.save(&file).unwrap();
    let error = load_model::<CompiledModel>(&file).err().unwrap().to_string();
    assert!(error.contains("model.keras\": the model was saved without being compiled"), "{error}");
    let error = load_model::<CompiledModel>(path("files/models/v2_hard_sigmoid.h5")).err().unwrap().to_string();
    assert!(error.contains("v2_hard_sigmoid.h5\", saved by Keras 2.21.0: the model was saved without"), "{error}");
}
