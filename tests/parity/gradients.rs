//! Gradients of a loss by inputs, weights and inner layers, compared with Keras.

use horn::{Mode, Model, Result, Signal};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, assert_close, read};

#[derive(Deserialize)]
struct Case {
    name: String,
    model: Value,
    training: bool,
    weights: Vec<Array>,
    x: Vec<Array>,
    loss: f64,
    by_inputs: Vec<Array>,
    by_weights: Vec<Array>,
    inner: Option<String>,
    by_inner: Option<Array>,
}

/// A gradient is a sum over the batch and the way back, in another order than in XLA.
const TOLERANCE: f64 = 2e-6;

#[test]
fn gradients_are_those_of_keras() {
    let cases: Vec<Case> = read("gradients.json");
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["dense", "convnet", "convnet in training", "recurrent", "two inputs"]);
    cases.iter().for_each(check);
}

/// The mean over the samples of `sum((j + 1) * y[j]²)`.
fn loss(outputs: Vec<Signal>) -> Result<horn::burn::Tensor<1>> {
    let y = outputs[0].float::<2>()?;
    let places = horn::burn::Tensor::arange(1..y.dims()[1] as i64 + 1, &y.device().without_autodiff()).float();
    Ok((y.square() * places.unsqueeze_dim(0)).sum_dim(1).mean())
}

fn check(case: &Case) {
    let name = &case.name;
    let mut model = Model::deserialize(&case.model, &horn::default_device().unwrap()).unwrap();
    let array = |array: &Array| ArrayD::from_shape_vec(array.shape.clone(), array.values()).unwrap();
    model.set_weights(&case.weights.iter().map(array).collect::<Vec<_>>()).unwrap();
    let x: Vec<_> = case.x.iter().map(Array::host).collect();
    let mode = if case.training { Mode::Training } else { Mode::Inference };
    let gradients = model.gradients(x.clone(), mode, loss).unwrap_or_else(|error| panic!("{name}: {error}"));

    let same = |what: &str, received: &ArrayD<f32>, expected: &Array| {
        assert_eq!(received.shape(), expected.shape, "{name}: {what}");
        let received: Vec<f32> = received.iter().copied().collect();
        assert_close(&format!("{name}: {what}"), &received, &expected.values(), TOLERANCE);
    };
    assert_close(&format!("{name}: loss"), &[gradients.loss()], &[case.loss as f32], TOLERANCE);
    for (at, expected) in case.by_inputs.iter().enumerate() {
        same(&format!("by input {at}"), gradients.by_input(at).unwrap(), expected);
    }
    assert_eq!(gradients.by_weights().len(), case.by_weights.len(), "{name}");
    for (at, (received, expected)) in gradients.by_weights().iter().zip(&case.by_weights).enumerate() {
        same(&format!("by weight {at}"), received, expected);
    }

    if let (Some(inner), Some(expected)) = (&case.inner, &case.by_inner) {
        let last = model.output_names().next().unwrap().to_owned();
        let (below, above) = (model.submodel(&[], &[inner]).unwrap(), model.submodel(&[inner], &[&last]).unwrap());
        let maps = below.predict(x, 32).unwrap();
        same("by the inner layer", above.gradients(&maps, mode, loss).unwrap().by_input(0).unwrap(), expected);
    }
}
