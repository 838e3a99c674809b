//! Models as graphs, compared with Keras: the order of layers, weights, summaries, outputs, gradients and training.

use horn::burn::tensor::Device;
use horn::prelude::*;
use horn::{CallContext, Functional, Signal, metrics};
use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::layers::check::{self, NamedWeight};
use crate::fixtures::{Array, assert_close, read, values};

#[derive(Deserialize)]
struct Entry {
    case: String,
    model: Value,
    layers: Vec<(String, String)>,
    weights: Vec<NamedWeight>,
    summaries: Vec<SummaryEntry>,
    inputs: Vec<Array>,
    outputs: Vec<Array>,
    output_shapes: Vec<Vec<Option<usize>>>,
    cotangents: Vec<Array>,
    weight_grads: Vec<Array>,
    input_grads: Vec<Option<Array>>,
}

#[derive(Deserialize)]
struct SummaryEntry {
    arguments: Map<String, Value>,
    text: String,
}

impl Entry {
    fn is_operation(&self, name: &str) -> bool {
        let layers = self.model["config"]["layers"].as_array().unwrap();
        let layer = layers.iter().find(|layer| layer["config"]["name"] == name).unwrap();
        is_operation(layer)
    }

    fn build(&self) -> Model {
        let config = &self.model["config"];
        let model = match self.model["class_name"].as_str() {
            Some("Sequential") => Sequential::from_config(config).unwrap().build(&Device::default()),
            _ => Functional::from_config(config).unwrap().build(&Device::default()),
        };
        let mut model = model.unwrap();
        model.set_weights(&self.weights.iter().map(|weight| array(&weight.array)).collect::<Vec<_>>()).unwrap();
        model
    }
}

/// Operations with which Keras computes masks in the graph are not layers. Horn has none of them.
fn is_operation(layer: &Value) -> bool {
    layer["module"].as_str().is_some_and(|module| module.starts_with("keras.src.ops"))
}

fn array(array: &Array) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(&array.shape), array.values()).unwrap()
}

fn entries() -> Vec<Entry> {
    read("graphs.json")
}

#[test]
fn layers_and_weights_come_in_keras_s_order() {
    for entry in entries() {
        let model = entry.build();
        let layers: Vec<_> =
            model.layers().map(|layer| (layer.name().to_owned(), layer.layer().class_name().to_owned())).collect();
        let expected: Vec<_> = entry.layers.iter().filter(|(name, _)| !entry.is_operation(name)).cloned().collect();
        assert_eq!(layers, expected, "{}", entry.case);
        let names = |trainable: bool| -> Vec<&str> {
            entry
                .weights
                .iter()
                .filter(|weight| weight.trainable == trainable)
                .map(|weight| weight.name.as_str())
                .collect()
        };
        let own: Vec<String> = model.weight_paths().collect();
        let all: Vec<_> = entry.weights.iter().map(|weight| weight.name.clone()).collect();
        assert_eq!(own, all, "{}", entry.case);
        assert_eq!(model.trainable_weights().count(), names(true).len(), "{}", entry.case);
    }
}

#[test]
fn outputs_and_gradients() {
    let entries = entries();
    for entry in &entries {
        println!("{}", entry.case);
        let model = entry.build();
        let shapes: Vec<_> = model.output_shapes().map(|shape| shape.sizes().to_vec()).collect();
        assert_eq!(shapes, entry.output_shapes, "{}", entry.case);
        let inputs = entry.inputs.iter().map(|input| Signal::new(check::tensor(input, model.device()))).collect();
        let outputs = model.call(inputs, &mut CallContext::new(Mode::Inference)).unwrap();
        for (at, (output, expected)) in outputs.into_iter().zip(&entry.outputs).enumerate() {
            assert_eq!(output.sizes(), expected.shape, "{}", entry.case);
            let received = values(output.value().unwrap());
            assert_close(&format!("{}: output {at}", entry.case), &received, &expected.values(), 1e-5);
        }
        let inputs: Vec<Signal> =
            entry.inputs.iter().map(|input| Signal::new(check::tensor(input, model.device()))).collect();
        let found = check::gradients_of(&model, inputs, &entry.cotangents, Mode::Inference);
        for (at, (received, expected)) in found.by_input.iter().zip(&entry.input_grads).enumerate() {
            let Some(expected) = expected else { continue };
            let zeros = vec![0.0; expected.data.len()];
            let what = format!("{}: by input {at}", entry.case);
            assert_close(&what, received.as_ref().unwrap_or(&zeros), &expected.values(), 1e-5);
        }
        assert_eq!(found.by_weight.len(), entry.weight_grads.len(), "{}", entry.case);
        for (at, (received, expected)) in found.by_weight.iter().zip(&entry.weight_grads).enumerate() {
            let zeros = vec![0.0; expected.data.len()];
            let what = format!("{}: by weight {at}", entry.case);
            assert_close(&what, received.as_ref().unwrap_or(&zeros), &expected.values(), 1e-5);
        }
    }
    assert!(entries.len() >= 21);
}

#[test]
fn summaries() {
    let mut checked = 0;
    for entry in entries() {
        for SummaryEntry { arguments, text } in &entry.summaries {
            let model = entry.build();
            let mut summary = if arguments.get("expand_nested") == Some(&Value::Bool(true)) {
                model.to_expanded_summary()
            } else {
                model.to_summary()
            };
            summary.show_trainable = arguments.get("show_trainable") == Some(&Value::Bool(true));
            let received = summary.render(80, false);
            assert_eq!(received.trim_end(), text.trim_end(), "{} {arguments:?}:\n{received}\n{text}", entry.case);
            checked += 1;
        }
    }
    assert!(checked >= 28, "{checked}");
}

/// Training with several losses, frozen layers and masks.
#[test]
fn training() {
    #[derive(Deserialize)]
    struct Trained {
        #[serde(flatten)]
        entry: Entry,
        training: Training,
    }

    #[derive(Deserialize)]
    struct Training {
        x: Value,
        y: Value,
        history: Map<String, Value>,
        final_weights: Vec<Array>,
    }

    let entries: Vec<Value> = read("graphs.json");
    let trained = entries.into_iter().filter(|entry| entry.get("training").is_some());
    let mut checked = 0;
    for value in trained {
        let Trained { entry, training } = serde_json::from_value(value).unwrap();
        let model = entry.build();
        let names: Vec<String> = model.input_names().map(str::to_owned).collect();
        let x = arrays(&training.x, &names);
        let device = Device::default();
        let mut model = match entry.case.as_str() {
            "two inputs, two outputs" => {
                let loss = (MeanSquaredError::new(), SparseCategoricalCrossentropy::new());
                let metrics = (metrics::MeanAbsoluteError::new().name("mae"), Accuracy::new());
                model.compile_on(&device, Adam::new(0.01), loss.loss_weights([1.0, 0.5]), metrics)
            }
            "nested Sequential" => {
                let optimizer = SGD::new(0.05).momentum(0.9);
                model.compile_on(&device, optimizer, BinaryCrossentropy::new(), [Accuracy::new()])
            }
            "frozen layers" => model.compile_on(&device, SGD::new(0.1), MeanSquaredError::new(), ()),
            "masked embedding" => {
                model.compile_on(&device, Adam::new(0.01), BinaryCrossentropy::new(), [Accuracy::new()])
            }
            "dicts" => {
                // Keras sorts the outputs by their keys.
                let loss = (SparseCategoricalCrossentropy::new(), MeanAbsoluteError::new());
                let metrics = (Accuracy::new(), metrics::MeanSquaredError::new().name("mse"));
                model.compile_on(&device, SGD::new(0.1), loss.loss_weights([2.0, 0.25]), metrics)
            }
            case => panic!("a new case: {case}"),
        }
        .unwrap();
        let outputs = match &training.y {
            Value::Object(named) if named.get("shape").is_none() => ["kind", "price"].map(str::to_owned).to_vec(),
            _ => Vec::new(),
        };
        let y = arrays(&training.y, &outputs);
        let fit = Fit::epochs(2).batch_size(8).shuffle(false).verbose(Verbose::Silent);
        let history = model.fit(x, y, fit).unwrap();
        for (key, expected) in &training.history {
            let expected: Vec<f32> = serde_json::from_value(expected.clone()).unwrap();
            let received: Vec<f32> = history[key.as_str()].iter().map(|value| *value as f32).collect();
            assert_close(&format!("{}: {key}", entry.case), &received, &expected, 1e-5);
        }
        let weights = model.model().unwrap().get_weights();
        for (at, (received, expected)) in weights.iter().zip(&training.final_weights).enumerate() {
            let received: Vec<f32> = received.iter().copied().collect();
            assert_close(&format!("{}: weight {at}", entry.case), &received, &expected.values(), 1e-5);
        }
        checked += 1;
    }
    assert_eq!(checked, 5);
}

/// An array, a list of arrays, or a dictionary of arrays.
fn arrays(value: &Value, names: &[String]) -> Vec<HostArray<'static>> {
    let read = |value: &Value| serde_json::from_value::<Array>(value.clone()).unwrap().host();
    match value {
        Value::Array(list) => list.iter().map(read).collect(),
        Value::Object(object) if object.contains_key("shape") => vec![read(value)],
        Value::Object(named) => names.iter().map(|name| read(&named[name])).collect(),
        value => panic!("no arrays: {value}"),
    }
}

#[test]
fn models_are_written_as_keras_writes_them() {
    for entry in entries() {
        let written = entry.build().serialize().unwrap();
        let (own, keras) = (essence(&written), essence(&entry.model));
        assert_eq!(difference(&own, &keras), None, "{}", entry.case);
        let again = Model::deserialize(&written, &Device::default()).unwrap();
        assert_eq!(again.serialize().unwrap(), written, "{}", entry.case);
        let empty = horn::deserialize(&written).unwrap();
        assert_eq!(empty.config(), written["config"], "{}", entry.case);
    }
}

/// The path of the first difference, and both values.
fn difference(own: &Value, keras: &Value) -> Option<String> {
    let parts: Vec<(String, &Value, &Value)> = match (own, keras) {
        (Value::Object(a), Value::Object(b)) if a.keys().all(|key| b.contains_key(key)) && a.len() == b.len() => {
            a.iter().map(|(key, value)| (key.clone(), value, &b[key])).collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().map(|(at, (a, b))| (at.to_string(), a, b)).collect()
        }
        _ if check::same(own, keras) => Vec::new(),
        _ => return Some(format!(": {own}, and not {keras}")),
    };
    parts.into_iter().find_map(|(key, own, keras)| Some(format!("/{key}{}", difference(own, keras)?)))
}

/// A model's object, without the ids by which Keras finds shared objects.
fn essence(value: &Value) -> Value {
    let Value::Object(object) = value else {
        return match value {
            Value::Array(values) => values.iter().map(essence).collect(),
            value => value.clone(),
        };
    };
    let part = |(key, value): (&String, &Value)| {
        let value = match key.as_str() {
            "shared_object_id" | "compile_config" => return None,
            // A list of a single input or output is the same as that input or output.
            "input_layers" | "output_layers" => match value.as_array().map(Vec::as_slice) {
                Some([one @ Value::Array(_)]) => one.clone(),
                _ => value.clone(),
            },
            _ => essence(value),
        };
        Some((key.clone(), value))
    };
    Value::Object(object.iter().filter_map(part).collect())
}
