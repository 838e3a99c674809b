//! Whole training runs compared with Keras: the same seed gives the same weights, batches and history.

use horn::layers::{Dense, Dropout, Input};
use horn::utils::set_random_seed;
use horn::{CompiledModel, Evaluate, Fit, Sequential, Verbose};
use serde::Deserialize;
use serde_json::json;

use super::optimizers::Args;
use crate::fixtures::{Array, Ordered, assert_close, assert_history, assert_scores_close, read};

#[derive(Deserialize)]
struct Fixture {
    x: Array,
    input_shape: Vec<Option<usize>>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    seed: u32,
    layers: Vec<Described>,
    optimizer: Described,
    loss: String,
    metrics: Vec<String>,
    fit: Options,
    y: Array,
    initial_weights: Vec<Array>,
    history: Ordered<Vec<f64>>,
    final_weights: Vec<Array>,
    evaluate: Vec<f64>,
    predict: Array,
}

#[derive(Deserialize)]
struct Described {
    class_name: String,
    args: Args,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    epochs: usize,
    batch_size: usize,
    validation_split: f64,
    shuffle: bool,
}

/// Rounding errors add up over the 15 steps, in another order than in XLA.
const TOLERANCE: f64 = 2e-6;

#[test]
fn a_seed_replays_whole_runs_of_keras() {
    let fixture: Fixture = read("training.json");
    let names: Vec<&str> = fixture.runs.iter().map(|run| run.name.as_str()).collect();
    let expected = ["adam", "sgd", "rmsprop", "adamw", "no shuffle", "dropout", "regression", "binary"];
    assert_eq!(names, expected);
    for run in &fixture.runs {
        check(run, &fixture);
    }
}

fn check(run: &Run, fixture: &Fixture) {
    let name = &run.name;
    set_random_seed(run.seed);
    let mut model = compile(run, &fixture.input_shape);
    let initial = weights(&model);
    assert_eq!(initial.len(), run.initial_weights.len(), "{name}");
    for (received, expected) in initial.iter().zip(&run.initial_weights) {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(received.0, expected.shape, "{name}");
        assert_eq!(bits(&received.1), bits(&expected.values()), "{name}: initial weights");
    }

    let (x, y) = (fixture.x.host(), run.y.host());
    let options = Fit::epochs(run.fit.epochs)
        .batch_size(run.fit.batch_size)
        .validation_split(run.fit.validation_split)
        .shuffle(run.fit.shuffle)
        .verbose(Verbose::Silent);
    let history = model.fit(x.clone(), y.clone(), options).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_history(name, &history, &run.history, TOLERANCE);

    for (at, (received, expected)) in weights(&model).iter().zip(&run.final_weights).enumerate() {
        assert_close(&format!("{name}: final weight {at}"), &received.1, &expected.values(), TOLERANCE);
    }

    let scores = model.evaluate_with(x, y, Evaluate::new().verbose(Verbose::Silent)).unwrap();
    let scores: Vec<f64> =
        std::iter::once("loss").chain(run.metrics.iter().map(String::as_str)).map(|key| scores[key]).collect();
    assert_scores_close(&format!("{name}: evaluate"), &scores, &run.evaluate, TOLERANCE);

    let samples = run.predict.shape[0];
    let features = fixture.x.shape[1];
    let first = horn::HostArray::new(fixture.x.values()[..samples * features].to_vec(), [samples, features]).unwrap();
    let predicted = model.predict(first).unwrap();
    assert_eq!(predicted.shape(), run.predict.shape, "{name}");
    let predicted: Vec<f32> = predicted.iter().copied().collect();
    assert_close(&format!("{name}: predict"), &predicted, &run.predict.values(), TOLERANCE);
}

/// The shapes and values of the weights.
fn weights(model: &CompiledModel) -> Vec<(Vec<usize>, Vec<f32>)> {
    let weights = model.model().unwrap().get_weights();
    weights.iter().map(|weight| (weight.shape().to_vec(), weight.iter().copied().collect())).collect()
}

fn compile(run: &Run, input_shape: &[Option<usize>]) -> CompiledModel {
    let sample: Vec<usize> = input_shape[1..].iter().map(|size| size.expect("a known size")).collect();
    let layers = run.layers.iter().fold(Sequential::new().add(Input(sample)), add);
    let Described { class_name, args } = &run.optimizer;
    let config = json!({
        "optimizer": {"class_name": class_name, "config": args}, "loss": run.loss, "metrics": run.metrics,
    });
    let model = layers.build(&horn::default_device().unwrap());
    let compiled = model.and_then(|model| CompiledModel::from_compile_config(model, &config));
    compiled.unwrap_or_else(|error| panic!("{}: {error}", run.name))
}

fn add(layers: Sequential, described: &Described) -> Sequential {
    let number = |key: &str| described.args[key].as_f64().expect("a number");
    match described.class_name.as_str() {
        "Dense" => {
            let mut dense = Dense(number("units") as usize);
            if let Some(activation) = described.args.get("activation") {
                dense = dense.activation(activation.as_str().expect("a name").parse().unwrap());
            }
            layers.add(dense)
        }
        "Dropout" => layers.add(Dropout(number("rate"))),
        other => panic!("no layer {other}"),
    }
}
