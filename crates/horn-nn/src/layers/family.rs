//! Families of layers, and how they read their classes from configurations.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::layer::description::{Layer, Part};
use crate::layer::names;
use crate::layer::reading::{ReadContext, within};
use crate::layers::nested::Nested;
use crate::registry::arguments::start_of;
use crate::tensor::shape::MAX_VALUES;

/// Reads a layer of a class; `None` if the class is not in the family.
pub(crate) type Read = fn(&str, &Value) -> Option<Result<Box<dyn Layer>>>;

/// A family of layers.
pub(crate) struct Family {
    pub classes: &'static [&'static str],
    pub read: Read,
}

/// Defines the `FAMILY` of a module: each class with an instance that has the defaults, and its required arguments.
macro_rules! family {
    ($($class:literal $(| $other:literal)? => $default:expr $(, requires $($key:literal),+)?;)+) => {
        pub(crate) const FAMILY: $crate::layers::family::Family = $crate::layers::family::Family {
            classes: &[$($class),+],
            read: |class_name, config| match class_name {
                $($class $(| $other)? => Some($crate::layers::family::read(&$default, &[$($($key),+)?], config)),)+
                _ => None,
            },
        };
    };
}
pub(crate) use family;

/// Reads a layer's description: the defaults, overridden by the configuration.
pub(super) fn read<L: Layer + Serialize + DeserializeOwned>(
    default: &L,
    required: &[&str],
    config: &Value,
) -> Result<Box<dyn Layer>> {
    Ok(Box::new(read_as(default, required, config)?))
}

/// Reads a layer's description as [`read`] does, and returns its concrete type.
pub(crate) fn read_as<L: Layer + Serialize + DeserializeOwned>(
    default: &L,
    required: &[&str],
    config: &Value,
) -> Result<L> {
    let class = default.class_name();
    let place = match config["name"].as_str() {
        Some(name) => names::place(name, default),
        None => format!("class {class}"),
    };
    let given = config.as_object().ok_or_else(|| {
        Error::argument("the configuration is no object")
            .at(&place)
            .received(start_of(config))
            .hint("write the arguments as a JSON object")
    })?;
    given.iter().try_for_each(|(key, value)| check_size(key, value)).map_err(|error| error.at(&place))?;
    // Not the configuration of the default instance: that has values that follow from other arguments.
    let mut whole: Map<String, Value> = match serde_json::to_value(default) {
        Ok(Value::Object(whole)) => whole,
        _ => Map::new(),
    };
    if let Some(missing) = required.iter().find(|key| !given.contains_key(**key)) {
        return Err(Error::argument("an argument is missing")
            .at(&place)
            .expected(*missing)
            .hint("add it to the configuration"));
    }
    let defaults = whole.clone();
    whole.extend(given.clone());
    let layer: L = serde_json::from_value(Value::Object(whole)).map_err(|error| {
        Error::argument("an argument is of another kind")
            .at(&place)
            .received(argument_of_another_kind::<L>(&defaults, given))
            .because(error)
            .hint("give the argument a value of the right type")
    })?;
    // A key that the layer does not write again was not read.
    let read = layer.config();
    if let Some((key, _)) = given.iter().find(|(key, value)| read.get(key).is_none() && !value.is_null()) {
        let known = read.as_object().map(|read| read.keys().cloned().collect::<Vec<_>>().join(", "));
        return Err(Error::argument("the layer has no such argument")
            .at(&place)
            .received(key)
            .expected(known.unwrap_or_default())
            .hint("remove it from the configuration"));
    }
    Ok(layer)
}

/// The argument that the layer can't be read with, and its value.
fn argument_of_another_kind<L: DeserializeOwned>(defaults: &Map<String, Value>, given: &Map<String, Value>) -> String {
    // Layers inside of layers are not read again at every level, as that would double the work with each.
    let is_wrong = |(key, value): &(&String, &Value)| {
        if objects(value) > 1 {
            return false;
        }
        let mut whole = defaults.clone();
        whole.insert((*key).clone(), (*value).clone());
        serde_json::from_value::<L>(Value::Object(whole)).is_err()
    };
    match given.iter().find(is_wrong) {
        Some((key, value)) => format!("{key} = {}", start_of(value)),
        None => format!("the arguments {}", given.keys().cloned().collect::<Vec<_>>().join(", ")),
    }
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

/// The layer with other values for some arguments; its inner layers are kept.
pub(crate) fn changed<L: Layer + Serialize + DeserializeOwned>(
    layer: &L,
    arguments: &Map<String, Value>,
) -> Result<Box<dyn Layer>> {
    let config = Value::Object(arguments.clone());
    within(Arc::new(Parts(layer.parts())), || read(layer, &[], &config))
}

/// A context that returns the inner layers of an existing layer.
struct Parts(Vec<Part>);

impl ReadContext for Parts {
    fn read(&self, object: &Value) -> Result<Box<dyn Layer>> {
        let is_it = |part: &&Part| {
            serde_json::to_value(Nested::from(part.layer.clone())).is_ok_and(|written| written == *object)
        };
        match self.0.iter().find(is_it) {
            Some(part) => Ok(Box::new(part.layer.clone())),
            None => Err(Error::argument("this is not one of the inner layers")
                .received(object)
                .hint("change only arguments that are not layers")),
        }
    }
}

/// Arguments that are values of the data, not sizes.
const NUMBERS: [&str; 11] = [
    "bin_boundaries",
    "idf_weights",
    "mask_token",
    "mean",
    "offset",
    "oov_token",
    "salt",
    "scale",
    "seed",
    "variance",
    "vocabulary",
];

/// The limit for sizes, so that computing with them does not overflow.
const MAX_SIZE: u64 = MAX_VALUES / 2;

/// Rejects sizes, counts and axes that are too large for any layer. Inner layers are read and checked separately.
fn check_size(key: &str, value: &Value) -> Result<()> {
    if NUMBERS.contains(&key) {
        return Ok(());
    }
    match value {
        Value::Array(values) => values.iter().try_for_each(|value| check_size(key, value)),
        Value::Number(number) => {
            let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if size.is_none_or(|size| size <= MAX_SIZE) {
                return Ok(());
            }
            Err(Error::argument("an argument is larger than any layer can be")
                .received(format!("{key} = {number}"))
                .expected(format!("at most {MAX_SIZE}"))
                .hint("choose a smaller number"))
        }
        _ => Ok(()),
    }
}
