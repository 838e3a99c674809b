//! Families of layers, and how they read their classes from configurations.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::layer::description::{Layer, Part};
use crate::layer::layer_family::LayerFamily;
use crate::layer::names;
use crate::layer::reading::{ReadContext, within};
use crate::layers::nested::Nested;
use crate::registry::arguments::read_over_defaults;
use crate::tensor::shape::MAX_VALUES;

/// Reads a layer of a class; `None` if the class is not in the family.
pub(crate) type Read = fn(&str, &Value) -> Option<Result<Box<dyn Layer>>>;

/// The layers of a family.
pub(crate) struct Family {
    pub family: LayerFamily,
    pub classes: &'static [&'static str],
    pub read: Read,
    /// The layer of a class with the defaults; `None` if the class is not in the family.
    pub default: fn(&str) -> Option<Box<dyn Layer>>,
}

/// Exports the layers of a module, and defines its `FAMILY`: each class with an instance that has the defaults, and its
/// required arguments.
macro_rules! family {
    ($family:ident; $(
        $name:literal $(| $other:literal)? => $module:ident::$class:ident::$make:ident($($argument:expr),*)
            $(, requires $($key:literal),+)?;
    )+) => {
        $(pub use self::$module::$class;)+

        pub(crate) const FAMILY: $crate::layers::family::Family = $crate::layers::family::Family {
            family: $crate::layer::layer_family::LayerFamily::$family,
            classes: &[$($name),+],
            read: |name, config| match name {
                $($name $(| $other)? => {
                    Some($crate::layers::family::read(&$class::$make($($argument),*), &[$($($key),+)?], config))
                })+
                _ => None,
            },
            default: |name| -> Option<Box<dyn $crate::layer::description::Layer>> {
                match name {
                    $($name $(| $other)? => Some(Box::new($class::$make($($argument),*))),)+
                    _ => None,
                }
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
    let place = place(default, config);
    check_sizes(config).map_err(|error| error.at(&place))?;
    read_over_defaults(default, L::config, required, config, &place)
}

fn place(layer: &dyn Layer, config: &Value) -> String {
    match config["name"].as_str() {
        Some(name) => names::place(name, layer),
        None => format!("class {}", layer.class_name()),
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

/// Applies [`check_size`] to all arguments.
fn check_sizes(config: &Value) -> Result<()> {
    config.as_object().into_iter().flatten().try_for_each(|(key, value)| check_size(key, value))
}

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
