//! Helpers for reading the JSON of configurations.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::registry::arguments::array_values;

/// The keys of a dictionary of places; empty for a list, and for a dictionary that contains others.
pub(crate) fn keys(places: &Value) -> Vec<String> {
    let named = places.as_object().filter(|named| named.values().all(is_place));
    named.map(|named| named.keys().cloned().collect()).unwrap_or_default()
}

/// Places in lists or dictionaries that are in others, and a list of one place, which is not the place.
pub(crate) fn nested(places: &Value) -> Option<Value> {
    let is_flat = match places {
        Value::Array(items) => is_place(places) || items.len() != 1 && items.iter().all(is_place),
        Value::Object(named) => named.values().all(is_place),
        _ => true,
    };
    (!is_flat).then(|| places.clone())
}

/// Is it a place: `[layer, call, output]`?
fn is_place(value: &Value) -> bool {
    value[0].is_string()
}

/// Collects the places of all tensors in the arguments of a call.
pub(crate) fn collect(value: &Value, places: &mut Vec<Value>) {
    match value {
        Value::Object(object) => match &object.get("config").unwrap_or(&Value::Null)["keras_history"] {
            Value::Null => object.values().for_each(|value| collect(value, places)),
            place => places.push(place.clone()),
        },
        Value::Array(values) => values.iter().for_each(|value| collect(value, places)),
        _ => {}
    }
}

/// Collects the places of all tensors in the arguments of a call, and the arrays among them.
pub(crate) fn collect_with_arrays(value: &Value, places: &mut Vec<Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect_with_arrays(value, places)),
        Value::Object(_) if is_array(value) => places.push(value.clone()),
        Value::Object(object) if value["config"]["keras_history"].is_null() => {
            object.values().for_each(|value| collect_with_arrays(value, places));
        }
        value => collect(value, places),
    }
}

/// Is it Keras's object of an array?
pub(crate) fn is_array(value: &Value) -> bool {
    array_values(value).is_some()
}

/// Is it a number, a boolean or a string, not a tensor?
pub(crate) fn is_plain(value: &Value) -> bool {
    value.is_boolean() || value.is_number() || value.is_string()
}

pub(crate) fn text<'a>(object: &'a Value, key: &str) -> Result<&'a str> {
    object[key].as_str().ok_or_else(|| {
        let keys = object.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>().join(", "));
        Error::argument(format!("{key} is missing"))
            .received(keys.map_or("no object".to_owned(), |keys| format!("an object with {keys}")))
            .expected("a string")
            .hint("save the model again: its configuration is incomplete")
    })
}

/// The layers of a model.
pub(crate) fn layers(config: &Value) -> Result<&[Value]> {
    list(config, "layers")
}

pub(crate) fn list<'a>(object: &'a Value, key: &str) -> Result<&'a [Value]> {
    let found = object[key].as_array().map(Vec::as_slice);
    found.ok_or_else(|| {
        Error::argument(format!("{key} is missing"))
            .expected("a list")
            .hint("save the model again: its configuration is incomplete")
    })
}
