//! The calls of a graph of Keras 2, translated into those of Keras 3.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// Translates a call. Keras 2 writes `[["layer", 0, 0, {arguments}], …]`, a list of the tensors in the first argument.
pub(crate) fn translate(node: &mut Value) {
    let Some(listed) = node.as_array_mut() else { return };
    // A single tensor may be written without the outer list.
    let mut listed = match listed.first() {
        Some(Value::String(_)) => vec![Value::Array(std::mem::take(listed))],
        _ => std::mem::take(listed),
    };
    let arguments = listed.iter_mut().find_map(|tensor| Some(tensor.get_mut(3)?.take()).filter(is_filled));
    let mut arguments = arguments.unwrap_or_else(|| json!({}));
    arguments.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(translate_tensors);
    listed.iter_mut().for_each(translate_tensors);
    let first = if listed.len() == 1 { listed.remove(0) } else { listed.into() };
    *node = json!({"args": [first], "kwargs": arguments});
}

fn is_filled(arguments: &Value) -> bool {
    arguments.as_object().is_some_and(|arguments| !arguments.is_empty())
}

/// Is it `["layer", 0, 0]`, or the same with arguments?
fn is_tensor(values: &[Value]) -> bool {
    matches!(values, [Value::String(_), Value::Number(_), Value::Number(_), ..])
}

/// Translates each `["layer", 0, 0]`, at any depth, and each `["_CONSTANT_VALUE", -1, 2.0]`.
fn translate_tensors(value: &mut Value) {
    let Some(values) = value.as_array_mut() else { return };
    if values.len() > 2 && values[0] == "_CONSTANT_VALUE" {
        *value = values[2].take();
    } else if is_tensor(values) {
        values.truncate(3);
        *value = json!({"class_name": "__keras_tensor__", "config": {"keras_history": values}});
    } else {
        values.iter_mut().for_each(translate_tensors);
    }
}

/// Gives the calls of nested models Keras 3's numbers, before the calls are translated.
///
/// In Keras 2, a model with inputs of its own has been called once when another model calls it, so that its calls there
/// count from 1. They can be told by their numbers, as every call is used: with two calls, one has the number 2.
pub(crate) fn renumber(object: &mut Value) {
    let Some(config) = object.get_mut("config").and_then(Value::as_object_mut) else { return };
    let Some(layers) = config.get("layers").and_then(Value::as_array) else { return };
    let mut nested: HashMap<String, Nested> = HashMap::new();
    for layer in layers.iter().filter(|layer| layer["config"]["layers"].is_array()) {
        let (Some(name), Some(calls)) = (layer["name"].as_str(), layer["inbound_nodes"].as_array()) else { continue };
        let is_graph = matches!(layer["class_name"].as_str(), Some("Functional" | "Model"));
        nested.insert(name.to_owned(), Nested { calls: calls.len() as u64, counts_from_1: false, is_graph });
    }
    if nested.is_empty() {
        return;
    }
    let mut places: Vec<&mut Value> = Vec::new();
    for (key, value) in config.iter_mut() {
        match key.as_str() {
            "layers" => {
                let layers = value.as_array_mut().into_iter().flatten();
                places.extend(layers.filter_map(|layer| layer.get_mut("inbound_nodes")));
            }
            "output_layers" => places.push(value),
            _ => {}
        }
    }
    let mut check = |name: &str, call: &mut Value| {
        if let (Some(nested), Some(call)) = (nested.get_mut(name), call.as_u64()) {
            nested.counts_from_1 |= call >= nested.calls;
        }
    };
    places.iter_mut().for_each(|place| each_tensor(place, &mut check));
    for place in places {
        each_tensor(place, &mut |name, call| {
            if let (Some(nested), Some(number)) = (nested.get(name), call.as_u64()) {
                *call = number.saturating_sub(u64::from(nested.counts_from_1)).into();
            }
        });
    }
    // Keras 3 counts from 1 where a graph is an output.
    if let Some(outputs) = config.get_mut("output_layers") {
        each_tensor(outputs, &mut |name, call| {
            if let Some(number) = call.as_u64().filter(|_| nested.get(name).is_some_and(|nested| nested.is_graph)) {
                *call = number.saturating_add(1).into();
            }
        });
    }
}

/// A model among the layers of a graph.
struct Nested {
    calls: u64,
    counts_from_1: bool,
    is_graph: bool,
}

/// Visits the layer and the call of each `["layer", call, output]`, at any depth.
fn each_tensor(value: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Array(values) => {
            if is_tensor(values)
                && let [Value::String(name), call, ..] = values.as_mut_slice()
            {
                visit(name, call);
            }
            values.iter_mut().for_each(|value| each_tensor(value, visit));
        }
        Value::Object(members) => members.values_mut().for_each(|value| each_tensor(value, visit)),
        _ => {}
    }
}

/// Visits all texts in a value, such as the names of layers in calls.
pub(super) fn each_text(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(values) => values.iter().for_each(|value| each_text(value, visit)),
        Value::Object(values) => values.values().for_each(|value| each_text(value, visit)),
        _ => {}
    }
}
