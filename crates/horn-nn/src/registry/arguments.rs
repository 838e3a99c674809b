//! Reads the arguments of a class by `serde`, and says which of them does not fit.

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::Value;

/// Reads a class from its configuration.
///
/// # Errors
///
/// What does not fit, for [`Error::received`](crate::Error::received), and `serde`'s error.
pub fn read_arguments<T: DeserializeOwned>(config: &Value) -> Result<T, (String, serde_json::Error)> {
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
            None => format!("the arguments {}", arguments.keys().cloned().collect::<Vec<_>>().join(", ")),
        };
        (received, error)
    })
}

/// A value as JSON, cut off if it is long.
pub fn start_of(value: &Value) -> String {
    const MAX_CHARACTERS: usize = 80;
    let mut text = value.to_string();
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
    }
}
