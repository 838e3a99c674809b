//! From Keras's configurations back to layers.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, Layer, Result};

/// Reads a layer from its configuration, as Keras writes it for the class.
///
/// Arguments that the configuration lacks get their defaults.
///
/// ```
/// use horn_nn::layers::from_config;
/// use serde_json::json;
///
/// let layer = from_config("Dense", &json!({"units": 10, "activation": "softmax"}))?;
/// assert_eq!(layer.config()["use_bias"], true);
/// assert!(from_config("Dense", &json!({"units": 10, "biass": true})).is_err());
/// # Ok::<(), horn_nn::Error>(())
/// ```
///
/// # Errors
///
/// Where Horn has no such class, an argument is missing that has no default, or one is unknown or of another kind.
pub fn from_config(class_name: &str, config: &Value) -> Result<Box<dyn Layer>> {
    super::FAMILIES.iter().find_map(|family| family(class_name, config)).unwrap_or_else(|| {
        Err(Error::argument("there is no layer of this class")
            .received(class_name)
            .expected("a class of Keras's layers")
            .mend("register it, if it is your own"))
    })
}

/// Reads one layer of a family; `None` where the class is of another.
pub(super) type Family = fn(&str, &Value) -> Option<Result<Box<dyn Layer>>>;

/// Makes `from_config` of a family: each class with an instance that holds the defaults, and the arguments without one.
macro_rules! family {
    ($($class:literal => $default:expr $(, requires $($key:literal),+)?;)+) => {
        pub(super) fn from_config(
            class_name: &str,
            config: &serde_json::Value,
        ) -> Option<$crate::Result<Box<dyn $crate::Layer>>> {
            match class_name {
                $($class => Some($crate::layers::registry::read(&$default, &[$($($key),+)?], config)),)+
                _ => None,
            }
        }
    };
}
pub(super) use family;

/// Reads a layer's description: the defaults, overlaid by what the configuration says.
pub(super) fn read<L: Layer + Serialize + DeserializeOwned>(
    default: &L,
    required: &[&str],
    config: &Value,
) -> Result<Box<dyn Layer>> {
    let class = default.class_name().to_owned();
    let given = config.as_object().ok_or_else(|| {
        Error::argument("the configuration is no object").at(format!("class {class}")).received(config)
    })?;
    let mut whole: Map<String, Value> = match default.config() {
        Value::Object(whole) => whole,
        _ => Map::new(),
    };
    if let Some(missing) = required.iter().find(|key| !given.contains_key(**key)) {
        return Err(Error::argument("an argument is missing").at(format!("class {class}")).expected(*missing));
    }
    whole.extend(given.clone());
    let layer: L = serde_json::from_value(Value::Object(whole)).map_err(|error| {
        Error::argument("an argument is of another kind").at(format!("class {class}")).received(config).because(error)
    })?;
    // What the layer does not say again, it has not read.
    let read = layer.config();
    if let Some((key, _)) = given.iter().find(|(key, value)| read.get(key).is_none() && !value.is_null()) {
        let known = read.as_object().map(|read| read.keys().cloned().collect::<Vec<_>>().join(", "));
        return Err(Error::argument("the layer has no such argument")
            .at(format!("class {class}"))
            .received(key)
            .expected(known.unwrap_or_default()));
    }
    Ok(Box::new(layer))
}
