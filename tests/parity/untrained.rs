//! `fit` where nothing, or not everything, can be trained: what it reports and does is what Keras does.

use std::collections::BTreeMap;

use horn::burn::Tensor;
use horn::layers::{BatchNormalization, Dense, GlobalAveragePooling1D, Input, Lambda, Rescaling, Reshape};
use horn::optimizers::OptimizerValue;
use horn::{Activation, CompiledModel, Fit, Sequential, Verbose};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{Array, assert_close, assert_scores_close, read};

#[derive(Deserialize)]
struct Fixture {
    x: Array,
    y: Array,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    optimizer: Value,
    initial_weights: Vec<Array>,
    history: BTreeMap<String, Vec<f64>>,
    iterations: usize,
    final_weights: Vec<Array>,
    predict: Array,
}

/// Rounding errors add up over the 9 steps.
const TOLERANCE: f64 = 2e-6;

fn detached() -> Lambda {
    Lambda(|x: Tensor<2>| x.detach())
}

fn layers(name: &str) -> Sequential {
    let hidden = || Sequential::new().add(Input([3])).add(Dense(4).activation(Activation::Relu));
    match name {
        "frozen" => hidden().add(BatchNormalization()).add(Dense(1)),
        "frozen in part" => hidden().add(Dense(1)),
        "without weights" => {
            Sequential::new().add(Input([3])).add(Rescaling(0.5)).add(Reshape([3, 1])).add(GlobalAveragePooling1D())
        }
        "detached at the end" => hidden().add(Dense(1)).add(detached()),
        "detached in the middle" => hidden().add(detached()).add(Dense(1)),
        "detached, with statistics" => {
            Sequential::new().add(Input([3])).add(Dense(4)).add(BatchNormalization()).add(Dense(1)).add(detached())
        }
        other => panic!("no model {other}"),
    }
}

fn compile(run: &Run) -> CompiledModel {
    let mut model = layers(&run.name).build(&horn::default_device().unwrap()).unwrap();
    let initial: Vec<_> = run.initial_weights.iter().map(array).collect();
    model.set_weights(&initial).unwrap();
    match run.name.as_str() {
        "frozen" => model.set_trainable(false),
        "frozen in part" => model.set_layer_trainable("dense", false).unwrap(),
        _ => {}
    }
    let config = json!({
        "optimizer": run.optimizer, "loss": "mean_squared_error", "metrics": ["mean_absolute_error"],
    });
    CompiledModel::from_compile_config(model, &config).unwrap()
}

fn array(array: &Array) -> ndarray::ArrayD<f32> {
    ndarray::ArrayD::from_shape_vec(array.shape.clone(), array.values()).unwrap()
}

#[test]
fn fit_reports_and_does_what_keras_does() {
    let fixture: Fixture = read("untrained.json");
    assert_eq!(fixture.runs.len(), 18);
    let first = |array: &Array, features: usize| {
        horn::HostArray::new(array.values()[..5 * features].to_vec(), [5, features]).unwrap()
    };
    for run in &fixture.runs {
        let name = format!("{}, {}", run.name, run.optimizer["class_name"]);
        let mut model = compile(run);
        let fit = Fit::epochs(3).batch_size(4).shuffle(false).verbose(Verbose::Silent);
        let fit = fit.validation_data(first(&fixture.x, 3), first(&fixture.y, 1));
        let history =
            model.fit(fixture.x.host(), fixture.y.host(), fit).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (key, expected) in &run.history {
            assert_scores_close(&format!("{name}: {key}"), &history[key.as_str()], expected, TOLERANCE);
        }
        let weights = model.model().unwrap().get_weights();
        assert_eq!(weights.len(), run.final_weights.len(), "{name}");
        for (at, (weight, expected)) in weights.iter().zip(&run.final_weights).enumerate() {
            let values: Vec<f32> = weight.iter().copied().collect();
            assert_close(&format!("{name}: weight {at}"), &values, &expected.values(), TOLERANCE);
        }
        let predicted: Vec<f32> = model.predict(fixture.x.host()).unwrap().iter().copied().collect();
        assert_close(&format!("{name}: predict"), &predicted, &run.predict.values(), TOLERANCE);
        let steps = &model.optimizer_variables().unwrap()[0].value;
        assert_eq!(*steps, OptimizerValue::Int(run.iterations as i64), "{name}");
    }
}
