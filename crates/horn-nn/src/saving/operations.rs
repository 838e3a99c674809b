//! Keras's operations between layers in the configuration of a graph.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::description::Layer;
use crate::saving::json::text;

/// Operations that Keras adds to a graph to compute masks. Horn propagates masks together with the values instead.
pub(crate) const MASK_OPERATIONS: [&str; 3] = ["Any", "LogicalOr", "NotEqual"];

/// Further operations that Keras adds to merge masks. If their output is not used for a mask, they are operations of the
/// user.
pub(crate) const MASK_SHAPING: [&str; 5] = ["Concatenate", "ConvertToTensor", "ExpandDims", "OnesLike", "ZerosLike"];

/// The operation that Keras adds between layers of different floating-point types.
const CAST: &str = "Cast";

/// Rejects a function on tensors, unless it is a cast to a float type or equivalent to the layer of the same name.
pub(crate) fn check_operation(object: &Value, layer: Option<&dyn Layer>) -> Result<()> {
    // Functions align the last axes of shapes with different ranks, layers the first ones.
    let mut shapes = Vec::new();
    collect_shapes(&object["inbound_nodes"], &mut shapes);
    let aligned = shapes.windows(2).all(|pair| pair[0].len() == pair[1].len());
    if layer.is_some_and(|layer| layer.conventions().is_operation) && aligned {
        return Ok(());
    }
    Err(Error::model("Keras's function on tensors is no layer")
        .received(text(object, "class_name")?)
        .expected("layers, or a function that means one, such as Add or Concatenate")
        .hint("use a layer for this operation in the program that saves the model"))
}

/// Is it a cast to another floating-point type? Horn has a single float type, so such a cast does nothing.
pub(crate) fn is_cast(object: &Value) -> bool {
    let to_float = object["config"]["dtype"].as_str().is_some_and(|dtype| dtype.contains("float"));
    object["class_name"] == CAST && to_float
}

/// The shapes of the tensors in a call's arguments.
fn collect_shapes<'a>(value: &'a Value, shapes: &mut Vec<&'a Vec<Value>>) {
    match value {
        Value::Object(object) => match object.get("config").filter(|config| !config["keras_history"].is_null()) {
            None => object.values().for_each(|value| collect_shapes(value, shapes)),
            Some(config) => shapes.extend(config["shape"].as_array()),
        },
        Value::Array(values) => values.iter().for_each(|value| collect_shapes(value, shapes)),
        _ => {}
    }
}

/// A number or an array among the arguments of a call, where layers only take tensors.
pub(crate) fn constant(value: &Value) -> Option<&Value> {
    match value {
        Value::Null => None,
        Value::Array(values) => values.iter().find_map(constant),
        Value::Object(object) if object.get("config").is_some_and(|config| !config["keras_history"].is_null()) => None,
        // Keras writes arrays as objects with a class.
        Value::Object(object) if !object.contains_key("class_name") => object.values().find_map(constant),
        value => Some(value),
    }
}

/// Is it one of Keras's functions on tensors instead of a layer?
pub(crate) fn is_operation(object: &Value) -> bool {
    object["module"].as_str().is_some_and(|module| module.starts_with("keras.src.ops"))
}

/// The layers whose outputs are all boolean, as recorded in the calls that take them.
pub(crate) fn collect_truths<'a>(value: &'a Value, truths: &mut HashMap<&'a str, bool>) {
    match value {
        Value::Object(object) => match object.get("config").and_then(|config| config["keras_history"][0].as_str()) {
            None => object.values().for_each(|value| collect_truths(value, truths)),
            Some(layer) => *truths.entry(layer).or_insert(true) &= object["config"]["dtype"] == "bool",
        },
        Value::Array(values) => values.iter().for_each(|value| collect_truths(value, truths)),
        _ => {}
    }
}
