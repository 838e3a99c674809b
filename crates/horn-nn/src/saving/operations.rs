//! Keras's operations between layers, as they stand in a graph's configuration.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::description::Layer;
use crate::saving::json::text;

/// Operations that Keras puts into a graph to compute masks; here masks go along with the values.
pub(crate) const MASK_OPERATIONS: [&str; 3] = ["Any", "LogicalOr", "NotEqual"];

/// Other such operations, by which the masks of merged values are brought together. They may also be steps of the user's
/// own, if what they give is not for a mask.
pub(crate) const MASK_SHAPING: [&str; 5] = ["Concatenate", "ConvertToTensor", "ExpandDims", "OnesLike", "ZerosLike"];

/// Between layers of other floating-point types Keras casts.
const CAST: &str = "Cast";

/// Refuses a function on tensors that is no cast to a float type, and the layer of its name, if there is one, is not what
/// it means.
pub(crate) fn check_operation(object: &Value, layer: Option<&dyn Layer>) -> Result<()> {
    // Functions align shapes of other ranks at their ends, layers at the samples.
    let mut shapes = Vec::new();
    collect_shapes(&object["inbound_nodes"], &mut shapes);
    let aligned = shapes.windows(2).all(|pair| pair[0].len() == pair[1].len());
    if layer.is_some_and(|layer| layer.conventions().is_operation) && aligned {
        return Ok(());
    }
    Err(Error::model("Keras's function on tensors is no layer")
        .received(text(object, "class_name")?)
        .expected("layers, or a function that means one, such as Add or Concatenate")
        .hint("write the step as a layer in the program that saves the model"))
}

/// Is it a cast to another floating-point type? Here all floats are of one type, so that nothing is left to do.
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

/// A number or an array among a call's arguments, which no layer takes there.
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

/// Is it one of Keras's functions on tensors, and no layer?
pub(crate) fn is_operation(object: &Value) -> bool {
    object["module"].as_str().is_some_and(|module| module.starts_with("keras.src.ops"))
}

/// Which layers give nothing but tensors of truth values, as those that take them note.
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
