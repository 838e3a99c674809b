//! Layers from the arguments that a program passes. Arguments that are left out have their defaults.

use horn::burn::module::{Module, ModuleVisitor, Param};
use horn::burn::tensor::{Device, Gradients, Tensor};
use horn::layers::{Input, from_config};
use horn::{AnyTensor, Mode, Model, Sequential, by_rank};
use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::check::tensor;
use crate::fixtures::{Array, assert_close, read};

#[derive(Deserialize)]
struct Entry {
    class_name: String,
    args: Map<String, Value>,
    input: Array,
    weights: Vec<Array>,
    output: Array,
    output_shape: Vec<Option<usize>>,
    /// The gradients are those of the sum of the outputs, weighted by these.
    w: Option<Array>,
    grads: Option<Vec<Array>>,
    dinput: Option<Array>,
}

impl Entry {
    fn what(&self) -> String {
        format!("{} {}", self.class_name, Value::Object(self.args.clone()))
    }

    fn model(&self) -> Model {
        // The fixture's gradients are those of a trainable layer, whatever the argument says.
        let args = self.args.iter().filter(|(argument, _)| *argument != "trainable");
        let args = args.map(|(argument, value)| (argument.clone(), value.clone())).collect();
        let layer = from_config(&self.class_name, &Value::Object(args)).unwrap();
        let model = Sequential::new().add(Input(&self.input.shape[1..])).add(layer);
        let mut model = model.build(&Device::default()).unwrap();
        let array = |weight: &Array| ArrayD::from_shape_vec(IxDyn(&weight.shape), weight.values()).unwrap();
        model.set_weights(&self.weights.iter().map(array).collect::<Vec<_>>()).unwrap();
        model
    }
}

#[test]
fn outputs_and_shapes() {
    let entries: Vec<Entry> = read("layers.json");
    for entry in &entries {
        let (what, model) = (entry.what(), entry.model());
        assert_eq!(model.output_shape().sizes(), entry.output_shape, "{what}");
        let output = model.predict(entry.input.host(), 32).unwrap();
        assert_eq!(output.shape(), entry.output.shape, "{what}");
        assert_close(&what, output.as_slice().unwrap(), &entry.output.values(), 1e-6);
    }
    assert!(entries.len() >= 32, "{}", entries.len());
}

#[test]
fn gradients() {
    let entries: Vec<Entry> = read("layers.json");
    let mut checked = 0;
    for entry in &entries {
        if let (Some(w), Some(grads), Some(dinput)) = (&entry.w, &entry.grads, &entry.dinput) {
            check_gradients(entry, w, grads, dinput);
            checked += 1;
        }
    }
    assert!(checked >= 7, "{checked}");
}

fn check_gradients(entry: &Entry, w: &Array, grads: &[Array], dinput: &Array) {
    let what = entry.what();
    let device = Device::default().autodiff();
    let model = entry.model().train();
    let x = by_rank!(tensor(&entry.input, &device), |x| AnyTensor::from(x.require_grad())).unwrap();
    let y = model.forward(x.clone(), Mode::Training).unwrap();
    let sum = by_rank!(y, |y| tensor(w, &device).float().map(|w| (y * w).sum())).unwrap().unwrap();
    let gradients = sum.backward();

    // Keras's gradients have errors of up to 5e-6 here: `1 − tanh²` is inexact for outputs near 1.
    let relative = if entry.args.get("activation").is_some_and(|name| name == "tanh") { 1e-5 } else { 1e-6 };
    let by_input: Vec<f32> =
        by_rank!(x, |x| x.grad(&gradients).expect("x is tracked").into_data().iter().collect()).unwrap();
    assert_close(&format!("by the input of {what}"), &by_input, &dinput.values(), relative);
    let mut reader = Reader { gradients: &gradients, found: Vec::new() };
    model.visit(&mut reader);
    assert_eq!(reader.found.len(), grads.len(), "{what}");
    for (at, ((shape, received), expected)) in reader.found.iter().zip(grads).enumerate() {
        assert_eq!(shape, &expected.shape, "{what}");
        assert_close(&format!("by weight {at} of {what}"), received, &expected.values(), relative);
    }
}

/// Collects the gradients of the weights, in the order of the weights.
struct Reader<'a> {
    gradients: &'a Gradients,
    found: Vec<(Vec<usize>, Vec<f32>)>,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).expect("every weight is trained");
        self.found.push((gradient.dims().to_vec(), gradient.into_data().iter().collect()));
    }
}
