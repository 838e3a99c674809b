//! Each part of a training step compared with Keras: regularizers, activity losses, constraints, masks, several
//! outputs.
//!
//! `keras/make_step_fixtures.py` checks that each run would give other numbers without its part.

use std::collections::BTreeMap;

use horn::utils::set_random_seed;
use horn::{CompiledModel, Evaluate, Fit, HostArray, Mode, Model, Verbose};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, Ordered, assert_close, assert_history, assert_scores_close, read, values};

#[derive(Deserialize)]
struct Run {
    name: String,
    model: Value,
    compile_config: Value,
    x: Vec<Array>,
    y: Vec<Array>,
    seed: u32,
    fit: Options,
    weights: Vec<Array>,
    history: Ordered<Vec<f64>>,
    final_weights: Vec<Array>,
    evaluate: BTreeMap<String, f64>,
    called: Option<Array>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    epochs: usize,
    batch_size: usize,
    validation_split: f64,
    shuffle: bool,
    /// The batch size of `evaluate`.
    evaluated: usize,
}

/// Rounding errors add up over the steps, in another order than in XLA.
const TOLERANCE: f64 = 2e-6;

#[test]
fn each_part_of_a_step_is_that_of_keras() {
    let runs: Vec<Run> = read("steps.json");
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let expected = [
        "regularized",
        "active",
        "constrained",
        "masked labels",
        "masked numbers",
        "two outputs",
        "named outputs",
        "all of them",
        "modes",
    ];
    assert_eq!(names, expected);
    runs.iter().for_each(check);
}

fn check(run: &Run) {
    let name = &run.name;
    let mut model = Model::deserialize(&run.model, &horn::default_device().unwrap()).unwrap();
    let array = |array: &Array| ArrayD::from_shape_vec(array.shape.clone(), array.values()).unwrap();
    model.set_weights(&run.weights.iter().map(array).collect::<Vec<_>>()).unwrap();
    let mut model = CompiledModel::from_compile_config(model, &run.compile_config).unwrap();

    let hosts = |arrays: &[Array]| arrays.iter().map(Array::host).collect::<Vec<HostArray<'static>>>();
    let fit = Fit::epochs(run.fit.epochs)
        .batch_size(run.fit.batch_size)
        .validation_split(run.fit.validation_split)
        .shuffle(run.fit.shuffle)
        .verbose(Verbose::Silent);
    set_random_seed(run.seed);
    let history = model.fit(hosts(&run.x), hosts(&run.y), fit).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_history(name, &history, &run.history, TOLERANCE);

    let weights = model.model().unwrap().get_weights();
    assert_eq!(weights.len(), run.final_weights.len(), "{name}");
    for (at, (received, expected)) in weights.iter().zip(&run.final_weights).enumerate() {
        let received: Vec<f32> = received.iter().copied().collect();
        assert_close(&format!("{name}: final weight {at}"), &received, &expected.values(), TOLERANCE);
    }

    let scores = model
        .evaluate_with(
            hosts(&run.x),
            hosts(&run.y),
            Evaluate::new().batch_size(run.fit.evaluated).verbose(Verbose::Silent),
        )
        .unwrap();
    assert_eq!(scores.iter().count(), run.evaluate.len(), "{name}");
    for (key, expected) in &run.evaluate {
        assert_scores_close(&format!("{name}: evaluate: {key}"), &[scores[key]], [expected], TOLERANCE);
    }

    if let Some(expected) = &run.called {
        let x = run.x[0].any_tensor(model.device());
        let called = model.model().unwrap().forward(x, Mode::Inference).unwrap();
        assert_close(&format!("{name}: called"), &values(called), &expected.values(), TOLERANCE);
    }
}
