//! Reads the arguments of a class by `serde`, and says which of them does not fit.

use std::cell::Cell;

use serde::Serialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::not_finite;

/// Reads a class from its configuration.
///
/// # Errors
///
/// What does not fit, for [`Error::received`](crate::Error::received), and `serde`'s error.
pub fn read_arguments<T: DeserializeOwned>(config: &Value) -> std::result::Result<T, (String, serde_json::Error)> {
    let Some(arguments) = config.as_object() else {
        return T::deserialize(config).map_err(|error| (start_of(config), error));
    };
    // The argument whose value is being read; none once all have been read.
    let current = Cell::new(None);
    let mut left = arguments.iter();
    let entries = std::iter::from_fn(|| {
        let next = left.next();
        current.set(next);
        next.map(|(key, value)| (key.as_str(), value))
    });
    T::deserialize(MapDeserializer::new(entries)).map_err(|error| {
        let received = match current.get() {
            Some((key, value)) => format!("{key} = {}", start_of(value)),
            None => format!("the arguments {}", keys(arguments)),
        };
        (received, in_words(current.get().map(|(_, value)| value), error))
    })
}

/// Reads a class of Horn's: its defaults, overlaid with what the configuration has. `config_of` gives what the class
/// writes itself.
///
/// # Errors
///
/// At `place`: if the configuration is not an object, lacks a `required` argument, or has an argument of the wrong type
/// or one that the class does not have.
pub fn read_over_defaults<T: Serialize + DeserializeOwned>(
    default: &T,
    config_of: fn(&T) -> Value,
    required: &[&str],
    config: &Value,
    place: &str,
) -> Result<T> {
    // Not the configuration of the default instance: that has values that follow from other arguments.
    let defaults = serde_json::to_value(default).ok();
    let mut object = None;
    check_arguments(defaults.as_ref().and_then(Value::as_object), required, config, &mut |arguments| {
        Ok(config_of(object.insert(serde_json::from_value(arguments)?)))
    })
    .map_err(|error| error.at(place))?;
    Ok(object.expect("arguments are right only once the class was read from them"))
}

/// The checks of [`read_over_defaults`], compiled once and not for each class. `read` reads the class from its arguments,
/// and returns those that it writes itself.
fn check_arguments(
    defaults: Option<&Map<String, Value>>,
    required: &[&str],
    config: &Value,
    read: &mut dyn FnMut(Value) -> serde_json::Result<Value>,
) -> Result<()> {
    let given = config.as_object().ok_or_else(|| {
        Error::argument("the configuration is not an object")
            .received(start_of(config))
            .hint("write the arguments as a JSON object")
    })?;
    if let Some(missing) = required.iter().find(|key| !given.contains_key(**key)) {
        return Err(Error::argument("an argument is missing").expected(*missing).hint("add it to the configuration"));
    }
    let over_defaults = |arguments: &mut dyn Iterator<Item = (&String, &Value)>| {
        let mut whole = defaults.cloned().unwrap_or_default();
        whole.extend(arguments.map(|(key, value)| (key.clone(), value.clone())));
        Value::Object(whole)
    };
    let known = read(over_defaults(&mut given.iter())).map_err(|error| {
        // Objects inside of objects are not read again at every level, as that would double the work with each.
        let wrong = given
            .iter()
            .find(|&argument| objects(argument.1) <= 1 && read(over_defaults(&mut std::iter::once(argument))).is_err());
        let received = match wrong {
            Some((key, value)) => format!("{key} = {}", start_of(value)),
            None => format!("the arguments {}", keys(given)),
        };
        Error::argument("an argument is of the wrong type")
            .received(received)
            .because(in_words(wrong.map(|(_, value)| value), error))
            .hint("give the argument a value of the right type")
    })?;
    // A key that the class does not write again was not read.
    match given.iter().find(|(key, value)| known.get(key).is_none() && !value.is_null()) {
        None => Ok(()),
        Some((key, value)) => Err(Error::argument("the class has no such argument")
            .received(format!("{key} = {}", start_of(value)))
            .expected(known.as_object().map(keys).unwrap_or_default())
            .hint("remove it from the configuration")),
    }
}

/// What is wrong with a value. `serde` would call a number that is not finite a string.
fn in_words(value: Option<&Value>, error: serde_json::Error) -> serde_json::Error {
    match value.is_some_and(not_finite::is_in) {
        true => serde_json::Error::custom("the number is not finite, which only functions on tensors can take"),
        false => error,
    }
}

fn keys(arguments: &Map<String, Value>) -> String {
    arguments.keys().cloned().collect::<Vec<_>>().join(", ")
}

/// The number of Keras's objects in a value, itself included.
fn objects(value: &Value) -> usize {
    match value {
        Value::Object(object) => {
            usize::from(object.contains_key("class_name")) + object.values().map(objects).sum::<usize>()
        }
        Value::Array(values) => values.iter().map(objects).sum(),
        _ => 0,
    }
}

/// Keras's names for arrays among arguments: numpy's, and those of a backend.
pub(crate) const ARRAYS: [&str; 2] = ["__numpy__", "__tensor__"];

/// The values of Keras's object of an array, in lists; `None` for anything else.
pub fn array_values(value: &Value) -> Option<&Value> {
    value["class_name"].as_str().filter(|class| ARRAYS.contains(class)).map(|_| &value["config"]["value"])
}

/// A value as JSON, cut off if it is long.
pub fn start_of(value: &Value) -> String {
    const MAX_CHARACTERS: usize = 80;
    let mut text = not_finite::to_json(value);
    if let Some((end, _)) = text.char_indices().nth(MAX_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Class {
        units: usize,
        rate: Option<f64>,
    }

    #[test]
    fn the_argument_that_does_not_fit_is_named() {
        for (config, expected) in [
            (json!({"rate": null, "units": "4"}), "units = \"4\""),
            (json!({"rate": "x", "units": 4}), "rate = \"x\""),
            (json!({"units": -1}), "units = -1"),
            (json!({"rate": 0.5}), "the arguments rate"),
            (json!(3), "3"),
        ] {
            let (received, error) = read_arguments::<Class>(&config).unwrap_err();
            assert_eq!(received, expected, "{error}");
        }
        assert_eq!(read_arguments::<Class>(&json!({"units": 4, "rate": 0.5})).unwrap().units, 4);
        let (received, error) =
            read_arguments::<Class>(&json!({"units": 4, "rate": not_finite::value(f64::NAN)})).unwrap_err();
        assert_eq!(received, "rate = NaN");
        assert_eq!(error.to_string(), "the number is not finite, which only functions on tensors can take");
    }
}
