//! The layers and models of Keras 2, translated into those of Keras 3.
//!
//! The arguments are those in which the configurations of all layers differ. An argument that Keras 3 no longer has and
//! that changes what the layer does is kept, so that the layer is refused.

use horn_nn::{Activation, Error, Result};
use serde_json::{Map, Value, json};

use super::{calls, composed, functions, shapes};
use crate::layers::STORED_AS;

/// Arguments that Keras 3 doesn't have, with the value at which they have no effect. Those with `None` never have an
/// effect on a model.
const GONE: [(&str, Option<Value>); 10] = [
    ("batch_input_shape", None),
    ("input_length", None),
    ("implementation", None),
    ("query_shape", None),
    ("key_shape", None),
    ("value_shape", None),
    ("rng_type", None),
    ("ragged", Some(Value::Bool(false))),
    ("time_major", Some(Value::Bool(false))),
    ("softmax_robust_masking", Some(Value::Bool(false))),
];

/// Classes that have another name in Keras 3.
const RENAMED: [(&str, &str); 6] = [
    ("BatchNormalizationV1", "BatchNormalization"),
    ("BatchNormalizationV2", "BatchNormalization"),
    ("SyncBatchNormalization", "BatchNormalization"),
    ("ThresholdedReLU", "ReLU"),
    ("UnifiedGRU", "GRU"),
    ("UnifiedLSTM", "LSTM"),
];

/// Classes that Keras 3 doesn't have, or that do something else there, with what can be used instead.
const LOST: [(&str, &str); 7] = [
    ("CuDNNGRU", "GRU"),
    ("CuDNNLSTM", "LSTM"),
    ("LocallyConnected1D", "Conv1D"),
    ("LocallyConnected2D", "Conv2D"),
    ("RandomCrop", "Resizing with crop_to_aspect_ratio=True"),
    ("RandomHeight", "RandomZoom"),
    ("RandomWidth", "RandomZoom"),
];

/// The layers of `add_loss` and `add_metric`, which Keras 3 doesn't have.
const ADDED: [&str; 2] = ["AddLoss", "AddMetric"];

/// Does the graph add a loss to those of the outputs?
pub(crate) fn adds_a_loss(object: &Value) -> bool {
    object["class_name"] == "AddLoss" || object["config"]["layers"].as_array().into_iter().flatten().any(adds_a_loss)
}

/// Translates the object of a model or a layer.
///
/// # Errors
///
/// If it has a layer that can't be expressed in Keras 3.
pub(crate) fn translate(object: &mut Value) -> Result<()> {
    let old_class = object["class_name"].as_str().unwrap_or_default().to_owned();
    if let Some((_, instead)) = LOST.iter().find(|(lost, _)| *lost == old_class) {
        return Err(lost(object, &old_class, instead));
    }
    let class = RENAMED.iter().find(|(old, _)| *old == old_class).map_or(old_class.as_str(), |(_, new)| *new);
    if class != old_class {
        object["class_name"] = class.into();
        object[STORED_AS] = old_class.as_str().into();
    }
    let is_causal = take_causal(object, class);
    calls::renumber(object);
    if let Some(nodes) = object.get_mut("inbound_nodes").and_then(Value::as_array_mut) {
        for node in nodes {
            calls::translate(node);
            if is_causal && node["kwargs"].is_object() {
                node["kwargs"]["use_causal_mask"] = true.into();
            }
        }
    }
    if matches!(class, "TFOpLambda" | "SlicingOpLambda") {
        return functions::translate(object);
    }
    let Some(config) = object.get_mut("config") else { return Ok(()) };
    if class == "Sequential" && config.is_array() {
        *config = json!({"name": "sequential", "layers": config.take()});
    }
    let Some(arguments) = config.as_object_mut() else { return Ok(()) };
    let outputs = arguments.get("output_layers").cloned().unwrap_or_default();
    if let Some(layers) = arguments.get_mut("layers").and_then(Value::as_array_mut) {
        if class == "Sequential" {
            add_input(layers);
        }
        // They give what they take. Their losses and metrics are none of the outputs.
        layers.retain(|layer| !ADDED.iter().any(|added| layer["class_name"] == *added));
        shapes::resolve(layers, translate);
        shapes::leave_out_unread(layers, &outputs);
        composed::expand(layers);
        layers.iter_mut().try_for_each(translate)?;
    } else {
        translate_arguments(class, arguments);
    }
    // Wrappers and stacked cells contain other layers.
    for key in ["layer", "backward_layer", "cell"] {
        arguments.get_mut(key).filter(|inner| inner.is_object()).map_or(Ok(()), translate)?;
    }
    match arguments.get_mut("cells").and_then(Value::as_array_mut) {
        Some(cells) => cells.iter_mut().try_for_each(translate),
        None => Ok(()),
    }
}

fn lost(object: &Value, class: &str, instead: &str) -> Error {
    let name = object["config"]["name"].as_str().or_else(|| object["name"].as_str());
    Error::argument("Keras 3 has no layer that does what this layer of Keras 2 did")
        .at(format!("layer {:?}", name.unwrap_or("without a name")))
        .received(class)
        .expected("a layer of Keras 3")
        .hint(format!("use {instead} in the program that saves the model"))
}

fn translate_arguments(class: &str, arguments: &mut Map<String, Value>) {
    arguments.values_mut().for_each(unwrap_numbers);
    let mut rename = |old: &str, new: &str| {
        if let Some(value) = arguments.remove(old) {
            arguments.entry(new).or_insert(value);
        }
    };
    match class {
        "InputLayer" => rename("batch_input_shape", "batch_shape"),
        "LeakyReLU" => rename("alpha", "negative_slope"),
        // That of a `ThresholdedReLU`.
        "ReLU" => rename("theta", "threshold"),
        _ => {}
    }
    match class {
        "BatchNormalization" => {
            let axis = arguments.get("axis").and_then(Value::as_array).filter(|axes| axes.len() == 1);
            if let Some(axis) = axis.map(|axes| axes[0].clone()) {
                arguments.insert("axis".to_owned(), axis);
            }
        }
        "CategoryEncoding" if arguments.get("sparse") == Some(&Value::Bool(false)) => drop(arguments.remove("sparse")),
        // The dtype of the bins, to which Keras 3 would round the values.
        "Discretization" => arguments.retain(|key, value| key != "trainable" && (key != "dtype" || *value != "int64")),
        "SpatialDropout1D" | "SpatialDropout2D" | "SpatialDropout3D" => {
            arguments.remove("trainable");
        }
        // The first versions had no such argument, and did as if it were false.
        "GRU" | "GRUCell" => drop(arguments.entry("reset_after").or_insert(false.into())),
        "MultiHeadAttention" => {
            if let Some(size) = arguments.get_mut("output_shape").filter(|size| size.is_number()) {
                *size = json!([size.take()]);
            }
        }
        "SeparableConv1D" | "SeparableConv2D" => {
            for key in ["kernel_initializer", "kernel_regularizer", "kernel_constraint"] {
                arguments.remove(key);
            }
        }
        _ => {}
    }
    // Plain convolutions have `groups` in Keras 3, too.
    let is_plain = matches!(class, "Conv1D" | "Conv2D" | "Conv3D");
    arguments.retain(|key, value| {
        let says_nothing = |nothing: &Option<Value>| nothing.as_ref().is_none_or(|nothing| nothing == value);
        let is_gone = GONE.iter().any(|(gone, nothing)| gone == key && says_nothing(nothing));
        !is_gone && (key != "groups" || is_plain || *value != 1)
    });
    let is_policy = |dtype: &&Value| dtype["class_name"].as_str().is_some_and(|class| class.starts_with("Policy"));
    if let Some(name) = arguments.get("dtype").filter(is_policy).map(|policy| policy["config"]["name"].clone()) {
        arguments.insert("dtype".to_owned(), name);
    }
    for (key, value) in arguments {
        if key.ends_with("_initializer") {
            translate_initializer(value);
        } else if key.ends_with("activation") && *value == "hard_sigmoid" {
            // That of Keras 3 has a slope of 1/6.
            *value = serde_json::to_value(Activation::hard_sigmoid(0.2)).unwrap_or_default();
        }
    }
}

fn translate_initializer(initializer: &mut Value) {
    let Some(config) = initializer.get_mut("config").and_then(Value::as_object_mut) else { return };
    config.remove("dtype");
    if config.get("distribution").is_some_and(|distribution| distribution == "normal") {
        config.insert("distribution".to_owned(), "truncated_normal".into());
    }
}

/// Old versions wrote a number of NumPy as `{"type": "ndarray", "value": 0.3}`.
fn unwrap_numbers(value: &mut Value) {
    match value {
        Value::Object(object) if object.get("type").is_some_and(|it| it == "ndarray") => {
            *value = object.remove("value").unwrap_or_default();
        }
        Value::Object(object) => object.values_mut().for_each(unwrap_numbers),
        Value::Array(values) => values.iter_mut().for_each(unwrap_numbers),
        _ => {}
    }
}

/// Takes away the argument that was later given with each call.
fn take_causal(object: &mut Value, class: &str) -> bool {
    let is_attention = matches!(class, "AdditiveAttention" | "Attention");
    let arguments = object.get_mut("config").and_then(Value::as_object_mut).filter(|_| is_attention);
    arguments.and_then(|arguments| arguments.remove("causal")).is_some_and(|causal| causal == true)
}

/// The oldest files have no input layer. The first layer has the input's shape.
fn add_input(layers: &mut Vec<Value>) {
    let Some(first) = layers.first().filter(|first| first["class_name"] != "InputLayer") else { return };
    let Some(shape) = first["config"].get("batch_input_shape") else { return };
    let name = format!("{}_input", first["config"]["name"].as_str().unwrap_or("layer"));
    let config = json!({"batch_shape": shape, "dtype": first["config"]["dtype"], "name": name});
    layers.insert(0, json!({"class_name": "InputLayer", "config": config}));
}
