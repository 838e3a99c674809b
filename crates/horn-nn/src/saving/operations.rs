//! Keras's functions on tensors in the configuration of a graph.

use serde_json::Value;

use crate::saving::json::is_array;

/// Is it one of Keras's functions on tensors instead of a layer? An activation is one, too, if a program calls it, and so is
/// a quantization that is only played.
pub(crate) fn is_operation(object: &Value) -> bool {
    let modules = ["keras.src.ops", "keras.src.activations", "keras.src.quantizers"];
    object["module"].as_str().is_some_and(|module| modules.iter().any(|own| module.starts_with(own)))
}

/// A number or another object among the arguments of a call, where layers only take tensors.
pub(crate) fn constant(value: &Value) -> Option<&Value> {
    match value {
        // An option that is off is at its default.
        Value::Null | Value::Bool(false) => None,
        Value::Array(values) => values.iter().find_map(constant),
        Value::Object(object) if object.get("config").is_some_and(|config| !config["keras_history"].is_null()) => None,
        value if is_array(value) => None,
        Value::Object(object) if !object.contains_key("class_name") => object.values().find_map(constant),
        value => Some(value),
    }
}
