//! The preprocessing layers, with all fixtures that real Keras made for them. One file has our own cases, another has
//! the calls in Keras's tests.
//!
//! Each layer is read from its configuration and must write the same configuration. It must declare Keras's output
//! shapes, and compute Keras's outputs, twice if the fixture has a second call of the layer.

use std::collections::{BTreeSet, HashSet};

use horn::burn::tensor::Device;
use horn::layers::{
    Discretization, Hashing, Input, IntegerLookup, LayerFamily, Normalization, StringLookup, TextVectorization, Token,
    classes_of, from_config,
};
use horn::{Apply, CallContext, HostArray, Layer, Mode, Model, Signal};
use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::layers::check::{gradients_of, same, tensor};
use crate::fixtures::{Array, assert_close, read, values};

#[derive(Debug, Deserialize)]
pub struct Case {
    pub class_name: String,
    pub case: String,
    config: Value,
    supports_masking: bool,
    inputs: Vec<Value>,
    training: bool,
    outputs: Vec<Value>,
    output_shapes: Vec<Vec<Option<usize>>>,
    next_outputs: Option<Vec<Value>>,
    next_training: Option<bool>,
    #[serde(default)]
    adapt: Vec<Value>,
    #[serde(default)]
    config_after: Map<String, Value>,
    vocabulary: Option<Value>,
    idf_weights: Option<Array>,
    #[serde(default)]
    kwargs: Map<String, Value>,
    #[serde(default)]
    cotangents: Vec<Array>,
    #[serde(default)]
    input_grads: Vec<Array>,
    /// The weights of a `Normalization` after `adapt`.
    #[serde(default)]
    weights: Vec<Array>,
    /// The test in Keras that makes this call.
    test: Option<String>,
}

fn all_cases() -> Vec<Case> {
    let of_keras = read::<Vec<Case>>("layers/keras_preprocessing.json");
    read::<Vec<Case>>("layers/preprocessing.json").into_iter().chain(of_keras).collect()
}

/// The cases of the classes in a family, but of those that have a test of their own.
fn cases_of(family: LayerFamily) -> Vec<Case> {
    let classes: HashSet<&str> = classes_of(family).filter(|class| !ALONE.contains(class)).collect();
    all_cases().into_iter().filter(|case| classes.contains(case.class_name.as_str())).collect()
}

/// The cases of a class.
fn cases(class: &str) -> Vec<Case> {
    assert!(ALONE.contains(&class), "{class}");
    all_cases().into_iter().filter(|case| case.class_name == class).collect()
}

/// The classes that learn from data or that work on the host, each of which has a test of its own.
const ALONE: [&str; 6] =
    ["Discretization", "Hashing", "IntegerLookup", "Normalization", "StringLookup", "TextVectorization"];

/// Classes that other fixtures and the tests in their own files check.
const ELSEWHERE: [&str; 3] = ["HashedCrossing", "MelSpectrogram", "Pipeline"];

#[test]
fn every_layer_has_cases_and_every_case_is_checked() {
    let cases = all_cases();
    let given: BTreeSet<&str> = cases.iter().map(|case| case.class_name.as_str()).collect();
    let known: BTreeSet<&str> = [LayerFamily::Augmentation, LayerFamily::Preprocessing]
        .into_iter()
        .flat_map(classes_of)
        .filter(|class| !ELSEWHERE.contains(class))
        .chain(["Normalization"])
        .collect();
    assert_eq!(given, known);
    // Our own cases, and the calls in Keras's tests.
    let of_keras = cases.iter().filter(|case| case.test.is_some()).count();
    assert_eq!([cases.len() - of_keras, of_keras], [473, 212], "number of cases");
}

/// Cases in which Horn's result differs from Keras's, and why.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("Resizing", "integers", FLOATS),
    ("Resizing", "integers, bicubic", FLOATS),
    ("RandomBrightness", "integers", FLOATS),
    ("CategoryEncoding", "one_hot, scalar", BATCHES),
    ("CategoryEncoding", "batched_multi_hot_dense 2", BATCHES),
];
const BATCHES: &str = "a model's inputs have a batch axis";
const FLOATS: &str = "a model's inputs are floats, so nothing is rounded to integers";

/// Checks all cases. The failure names each case that fails. A case that is listed as different must fail.
#[track_caller]
fn all(cases: &[Case], check: impl Fn(&Case) + std::panic::RefUnwindSafe) {
    let mut wrong = Vec::new();
    for case in cases {
        match (failure(case, &check), is_different(case)) {
            (Some(failure), false) => wrong.push(failure),
            (None, true) => wrong.push(format!("- {} [{}] is as in Keras", case.class_name, case.case)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases fail:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn is_different(case: &Case) -> bool {
    DIFFERENT.iter().any(|(class, name, _)| case.class_name == *class && case.case == *name)
}

#[test]
fn what_is_different_is_in_the_fixtures() {
    let found = all_cases().iter().filter(|case| is_different(case)).count();
    assert_eq!(found, DIFFERENT.len(), "cases found");
}

/// One case for each class that computes on the device. Lookups, bins and hashes are computed on the host, and are the
/// same for every device.
pub fn one_of_each() -> Vec<Case> {
    let on_host =
        ["CategoryEncoding", "Discretization", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"];
    let mut seen = HashSet::new();
    let mut cases = all_cases();
    cases.retain(|case| {
        let on_device = !on_host.contains(&case.class_name.as_str()) && case.adapt.is_empty();
        on_device && !is_different(case) && seen.insert(case.class_name.clone())
    });
    cases
}

/// The failure of a case, if it fails.
fn failure(case: &Case, check: &(impl Fn(&Case) + std::panic::RefUnwindSafe)) -> Option<String> {
    let panic = std::panic::catch_unwind(|| check(case)).err()?;
    let message =
        panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    Some(format!("- {} [{}]: {}", case.class_name, case.case, message.unwrap_or_default()))
}

fn mode(training: bool) -> Mode {
    if training { Mode::Training } else { Mode::Inference }
}

impl Case {
    fn mode(&self) -> Mode {
        mode(self.training)
    }

    /// The expected outputs of each call of the layer.
    fn calls(&self) -> impl Iterator<Item = (Mode, &Vec<Value>)> {
        let next = self.next_training.map_or(self.mode(), mode);
        std::iter::once((self.mode(), &self.outputs))
            .chain(self.next_outputs.iter().map(move |next_outputs| (next, next_outputs)))
    }

    /// Does the input have a batch axis?
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

    /// The layer's configuration after `adapt`.
    fn config_after(&self) -> Value {
        let mut config = self.config.clone();
        config.as_object_mut().unwrap().extend(self.config_after.clone());
        config
    }

    /// Compares the output of a layer that is called outside of a model.
    fn compare(&self, received: &ArrayD<f64>) {
        let expected: Array = serde_json::from_value(self.outputs[0].clone()).unwrap();
        assert_eq!(received.shape(), expected.shape, "sizes");
        let received: Vec<f32> = received.iter().map(|value| *value as f32).collect();
        assert_close("output", &received, &expected.values(), 1e-5);
    }

    /// Adds a batch axis to an array that has none.
    fn batch(&self, array: &Value) -> Array {
        let mut array: Array = serde_json::from_value(array.clone()).unwrap();
        if !self.is_batched() {
            array.shape.insert(0, 1);
        }
        array
    }
}

/// Checks one case on a device.
pub fn on_device(case: &Case, device: &Device, relative: f64) {
    layer_on_device(case, case.layer(), device, relative);
}

/// Checks that a layer in a model computes Keras's outputs.
fn in_a_model(case: &Case, relative: f64) {
    layer_in_a_model(case, case.layer(), relative);
}

fn layer_in_a_model(case: &Case, layer: impl Layer, relative: f64) {
    layer_on_device(case, layer, &Device::default(), relative);
}

fn layer_on_device(case: &Case, layer: impl Layer, device: &Device, relative: f64) {
    let inputs: Vec<Array> = case.inputs.iter().chain(case.kwargs.values()).map(|input| case.batch(input)).collect();
    let signals = |device: &Device| inputs.iter().map(|input| Signal::new(tensor(input, device))).collect::<Vec<_>>();
    // As the script does. `AugMix` draws from the global generator.
    horn::random::set_random_seed(1);
    let x: Vec<_> = inputs.iter().map(|input| Input(&input.shape[1..]).tensor()).collect();
    let y = layer.shared().apply_all(x.as_slice()).unwrap();
    let model = Model::new(x, y).unwrap().build(device).unwrap();
    for (announced, expected) in model.output_shapes().zip(&case.output_shapes) {
        let announced = announced.sizes();
        // The fixture has the shape of the outputs. For `RandomCrop`, Keras always declares the shape in training.
        if case.class_name != "RandomCrop" || case.training {
            assert_eq!(announced[1..], expected[expected.len() + 1 - announced.len()..], "announced shape");
        }
    }
    let computed = model.clone();
    for (mode, expected) in case.calls() {
        let outputs = computed.call(signals(model.device()), &mut CallContext::new(mode)).unwrap();
        assert_eq!(outputs.len(), expected.len(), "number of outputs");
        for (output, expected) in outputs.into_iter().zip(expected) {
            let expected = case.batch(expected);
            assert_eq!(output.sizes(), expected.shape, "sizes");
            assert_close("output", &values(output.value().unwrap()), &expected.values(), relative);
        }
    }
    if let (Some(expected), false) = (case.input_grads.first(), case.cotangents.is_empty()) {
        horn::random::set_random_seed(1);
        let found = gradients_of(&model, signals(model.device()), &case.cotangents, case.mode());
        assert_close("gradient", found.by_input[0].as_ref().unwrap(), &expected.values(), relative);
    }
}

#[test]
fn images_are_changed_as_in_keras() {
    all(&cases_of(LayerFamily::Augmentation), |case| in_a_model(case, 1e-5));
}

#[test]
fn data_are_prepared_as_in_keras() {
    all(&cases_of(LayerFamily::Preprocessing), |case| in_a_model(case, 1e-5));
}

#[test]
fn data_are_normalized() {
    all(&cases("Normalization"), |case| {
        case.layer();
        let mut layer: Normalization = serde_json::from_value(case.config.clone()).unwrap();
        let batches: Vec<Array> =
            case.adapt.iter().map(|batch| serde_json::from_value(batch.clone()).unwrap()).collect();
        if let Some(first) = batches.first() {
            // Horn takes all data in one call.
            let samples = batches.iter().map(|batch| batch.shape[0]).sum();
            let shape = [&[samples], &first.shape[1..]].concat();
            let data: Vec<f32> = batches.iter().flat_map(Array::values).collect();
            layer.adapt(HostArray::new(data, shape).unwrap()).unwrap();
        }
        let x: Array = serde_json::from_value(case.inputs[0].clone()).unwrap();
        let input = Input(&x.shape[1..]).tensor();
        let model = Model::new(&input, layer.clone().apply(&input).unwrap()).unwrap();
        let weights = model.build(&Device::default()).unwrap().get_weights();
        assert_eq!(weights.len(), case.weights.len(), "number of weights");
        for (received, expected) in weights.iter().zip(&case.weights) {
            assert_eq!(received.shape(), expected.shape, "weight");
            assert_close("weight", &received.iter().copied().collect::<Vec<_>>(), &expected.values(), 1e-5);
        }
        layer_in_a_model(case, layer, 1e-5);
    });
}

/// An array of tokens in the fixture's format.
fn tokens<T: Token>(value: &Value) -> ArrayD<T> {
    let shape: Vec<usize> = serde_json::from_value(value["shape"].clone()).unwrap();
    let data: Vec<T> = serde_json::from_value(value["data"].clone()).unwrap();
    ArrayD::from_shape_vec(IxDyn(&shape), data).unwrap()
}

/// Makes a layer, adapts it if the case says so, and compares its state with Keras's.
macro_rules! adapted {
    ($class:ident, $token:ty, $case:expr) => {{
        let case = $case;
        case.layer();
        let mut layer = $class::from_config(&case.config).unwrap();
        let batches: Vec<ArrayD<$token>> = case.adapt.iter().map(tokens).collect();
        match batches.as_slice() {
            [] => {}
            [data] => layer.adapt(data).unwrap(),
            batches => layer.adapt_batches(batches).unwrap(),
        }
        let config = layer.config();
        assert!(same(&config, &case.config_after()), "{config} after adapt, Keras has {}", case.config_after());
        assert_eq!(Some(json!(layer.get_vocabulary().unwrap())), case.vocabulary, "vocabulary");
        if let Some(weights) = &case.idf_weights {
            assert_close("weights", &layer.get_idf_weights().unwrap(), &weights.values(), 1e-5);
        }
        layer
    }};
}

#[test]
fn numbers_are_put_into_bins() {
    all(&cases("Discretization"), |case| {
        let mut layer: Discretization = serde_json::from_value(case.config.clone()).unwrap();
        let batches: Vec<Array> =
            case.adapt.iter().map(|batch| serde_json::from_value(batch.clone()).unwrap()).collect();
        if batches.is_empty() {
            case.layer();
        } else {
            let before = layer.config();
            assert!(same(&before, &case.config), "{before} came out, {} went in", case.config);
            layer.adapt_batches(batches.iter().map(Array::host)).unwrap();
            let edges = case.config_after["bin_boundaries"].as_array().unwrap().iter();
            let edges: Vec<f32> = edges.map(|edge| edge.as_f64().unwrap() as f32).collect();
            let config = layer.config();
            let learned = config["bin_boundaries"].as_array().unwrap().iter();
            let learned: Vec<f32> = learned.map(|edge| edge.as_f64().unwrap() as f32).collect();
            assert_eq!(learned, edges);
        }
        layer_in_a_model(case, layer, 0.0);
    });
}

#[test]
fn integers_are_looked_up() {
    all(&cases("IntegerLookup"), |case| {
        let layer = adapted!(IntegerLookup, i64, case);
        let input = tokens::<i64>(&case.inputs[0]);
        if case.config["invert"] == true {
            case.compare(&layer.tokens(&input).unwrap().map(|token| *token as f64));
        } else {
            case.compare(&layer.call(&input).unwrap());
        }
        layer_in_a_model(case, layer, 1e-5);
    });
}

#[test]
fn strings_are_looked_up() {
    all(&cases("StringLookup"), |case| {
        let layer = adapted!(StringLookup, String, case);
        if case.config["invert"] == true {
            let received = layer.tokens(&tokens::<i64>(&case.inputs[0])).unwrap();
            assert_eq!(received, tokens::<String>(&case.outputs[0]));
        } else {
            case.compare(&layer.call(&tokens::<String>(&case.inputs[0])).unwrap());
        }
    });
}

#[test]
fn texts_are_vectorized() {
    all(&cases("TextVectorization"), |case| {
        let layer = adapted!(TextVectorization, String, case);
        case.compare(&layer.call(&tokens::<String>(&case.inputs[0])).unwrap());
    });
}

#[test]
fn categories_are_hashed() {
    all(&cases("Hashing"), |case| {
        case.layer();
        let layer: Hashing = serde_json::from_value(case.config.clone()).unwrap();
        let input = &case.inputs[0];
        match input["dtype"].as_str() {
            Some("string") => case.compare(&layer.call(&tokens::<String>(input)).unwrap()),
            Some(_) => case.compare(&layer.call(&tokens::<i64>(input)).unwrap()),
            None => {
                let floats: Array = serde_json::from_value(input.clone()).unwrap();
                let whole: Vec<i64> = floats.values().iter().map(|value| *value as i64).collect();
                let whole = ArrayD::from_shape_vec(IxDyn(&floats.shape), whole).unwrap();
                case.compare(&layer.call(&whole).unwrap());
            }
        }
    });
}
