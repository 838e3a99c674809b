//! The layers that prepare data, by the fixture that real Keras made for them.
//!
//! Each layer is read from its configuration, which must come out again; it must announce Keras's shapes, and compute
//! Keras's outputs, twice where the fixture has a second call of the same layer.

use horn::burn::tensor::Device;
use horn::layers::{Input, from_config};
use horn::{Call, Layer, Mode, Model, Signal};
use serde::Deserialize;
use serde_json::Value;

use super::layers::check::{gradients_of, same, tensor};
use crate::fixtures::{Array, assert_close, read, values};

#[derive(Debug, Deserialize)]
struct Case {
    class_name: String,
    case: String,
    config: Value,
    supports_masking: bool,
    inputs: Vec<Value>,
    training: bool,
    outputs: Vec<Value>,
    output_shapes: Vec<Vec<Option<usize>>>,
    next_outputs: Option<Vec<Value>>,
    #[serde(default)]
    cotangents: Vec<Array>,
    #[serde(default)]
    input_grads: Vec<Array>,
}

/// The cases of these classes that Horn can answer as Keras does.
fn cases(classes: &[&str], count: usize) -> Vec<Case> {
    let cases: Vec<Case> = read("layers/preprocessing.json");
    let cases: Vec<Case> = cases.into_iter().filter(|case| classes.contains(&case.class_name.as_str())).collect();
    assert_eq!(cases.len(), count, "number of cases");
    cases
}

/// Cases that Horn answers otherwise, and why.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("Resizing", "integers", FLOATS),
    ("Resizing", "integers, bicubic", FLOATS),
    ("RandomBrightness", "integers", FLOATS),
];
const FLOATS: &str = "a model's inputs are floats, so nothing is rounded to integers";

/// Checks all cases, and names each that fails.
#[track_caller]
fn all(cases: &[Case], check: impl Fn(&Case) + std::panic::RefUnwindSafe) {
    let checked = cases
        .iter()
        .filter(|case| !DIFFERENT.iter().any(|(class, name, _)| case.class_name == *class && case.case == *name));
    let failed: Vec<String> = checked.filter_map(|case| failure(case, &check)).collect();
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// What is wrong with a case.
fn failure(case: &Case, check: &(impl Fn(&Case) + std::panic::RefUnwindSafe)) -> Option<String> {
    let panic = std::panic::catch_unwind(|| check(case)).err()?;
    let message =
        panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    Some(format!("- {} [{}]: {}", case.class_name, case.case, message.unwrap_or_default()))
}

impl Case {
    fn mode(&self) -> Mode {
        if self.training { Mode::Training } else { Mode::Inference }
    }

    /// Has the input an axis for the batch?
    fn is_batched(&self) -> bool {
        self.output_shapes[0].contains(&None)
    }

    fn layer(&self) -> Box<dyn Layer> {
        let layer = from_config(&self.class_name, &self.config).unwrap();
        assert_eq!(layer.class_name(), self.class_name, "class name");
        assert_eq!(layer.supports_masking(), self.supports_masking, "supports_masking");
        let config = layer.config();
        assert!(same(&config, &self.config), "{config} came out, {} went in", self.config);
        layer
    }

    /// The input, as a batch.
    fn input(&self) -> Array {
        self.batch(&self.inputs[0])
    }

    fn batch(&self, array: &Value) -> Array {
        let mut array: Array = serde_json::from_value(array.clone()).unwrap();
        if !self.is_batched() {
            array.shape.insert(0, 1);
        }
        array
    }
}

/// A layer in a model computes what Keras does.
fn in_a_model(case: &Case, relative: f64) {
    let input = case.input();
    let x = Input(&input.shape[1..]).tensor();
    let y = case.layer().shared().apply(&x).unwrap();
    let model = Model::new(x, y).unwrap().build(&Device::default()).unwrap();
    let announced = model.output_shape().sizes().to_vec();
    let expected = &case.output_shapes[0];
    // The fixture has the shape of the output. What Keras announces for `RandomCrop` is that of training.
    if case.class_name != "RandomCrop" || case.training {
        assert_eq!(announced[1..], expected[expected.len() + 1 - announced.len()..], "announced shape");
    }
    let computed = model.clone();
    for expected in [Some(&case.outputs), case.next_outputs.as_ref()].into_iter().flatten() {
        let expected = case.batch(&expected[0]);
        let signal = Signal::new(tensor(&input, model.device()));
        let outputs = computed.call(vec![signal], &mut Call::new(case.mode())).unwrap();
        assert_eq!(outputs[0].sizes(), expected.shape, "sizes");
        let received = values(outputs[0].clone().value().unwrap());
        assert_close("output", &received, &expected.values(), relative);
    }
    if let (Some(expected), false) = (case.input_grads.first(), case.cotangents.is_empty()) {
        let signal = Signal::new(tensor(&input, model.device()));
        let found = gradients_of(&model, vec![signal], &case.cotangents, case.mode());
        assert_close("gradient", found.by_input[0].as_ref().unwrap(), &expected.values(), relative);
    }
}

#[test]
fn images_are_rescaled() {
    all(&cases(&["Rescaling"], 7), |case| in_a_model(case, 1e-5));
}

#[test]
fn images_change_their_size() {
    all(&cases(&["Resizing", "CenterCrop", "RandomCrop"], 62), |case| in_a_model(case, 1e-4));
}

#[test]
fn images_change_at_random() {
    let classes = &["RandomFlip", "RandomContrast", "RandomBrightness"];
    all(&cases(classes, 24), |case| in_a_model(case, 1e-5));
}

#[test]
fn images_move_at_random() {
    let classes = &["RandomRotation", "RandomZoom", "RandomTranslation"];
    all(&cases(classes, 48), |case| in_a_model(case, 1e-4));
}
