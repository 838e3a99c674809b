//! Reading the arguments of losses, metrics and optimizers from Keras's configurations.

use horn_nn::{Error, Result, array_values, read_arguments, read_over_defaults};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Reads an object of one of Horn's classes: the defaults, overlaid with what the configuration has.
pub(crate) fn read<C: Default + Serialize + DeserializeOwned>(class_name: &str, config: &Value) -> Result<C> {
    read_over_defaults(&C::default(), write, &[], &with_lists(config), &format!("class {class_name}"))
}

/// The arguments that Keras keeps as tensors, such as AUC's `label_weights`, as the lists that they were given as.
fn with_lists(config: &Value) -> Value {
    let listed = |value: &Value| array_values(value).unwrap_or(value).clone();
    match config.as_object() {
        Some(arguments) => arguments.iter().map(|(key, value)| (key.clone(), listed(value))).collect(),
        None => config.clone(),
    }
}

/// The arguments of an object, under Keras's keys.
pub(crate) fn write<C: Serialize>(object: &C) -> Value {
    serde_json::to_value(object).expect("names, numbers and booleans under string keys are JSON")
}

/// Reads a custom object from its configuration alone, without defaults.
pub(crate) fn read_own<C: DeserializeOwned>(class_name: &str, config: &Value) -> Result<C> {
    read_arguments(config).map_err(|(received, error)| {
        Error::argument("the configuration does not fit the class")
            .at(format!("class {class_name}"))
            .received(received)
            .because(error)
            .hint("write the arguments that the registered class takes, with values of the right types")
    })
}

/// The only dtype that metrics compute in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Option<String>")]
pub(crate) enum Float32 {
    #[default]
    #[serde(rename = "float32")]
    Float32,
}

/// The first versions of Keras 3 write no dtype.
impl TryFrom<Option<String>> for Float32 {
    type Error = String;

    fn try_from(dtype: Option<String>) -> Result<Self, String> {
        match dtype.as_deref() {
            None | Some("float32") => Ok(Self::Float32),
            Some(other) => Err(format!("metrics are computed in float32, not in {other}")),
        }
    }
}

/// The only axis that Keras's metrics of class numbers support, whatever their argument is: the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub(crate) struct LastAxis;

impl TryFrom<i64> for LastAxis {
    type Error = String;

    fn try_from(axis: i64) -> Result<Self, String> {
        if axis == -1 { Ok(Self) } else { Err(format!("the classes must be along the last axis: axis -1, not {axis}")) }
    }
}

impl From<LastAxis> for i64 {
    fn from(_: LastAxis) -> Self {
        -1
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_dtype_is_float32() {
        #[derive(Default, Serialize, Deserialize)]
        struct Metric {
            dtype: Float32,
        }
        for config in [json!({"dtype": null}), json!({"dtype": "float32"}), json!({})] {
            assert_eq!(read::<Metric>("Metric", &config).ok().map(|metric| metric.dtype), Some(Float32::Float32));
        }
        let error = format!("{:#}", read::<Metric>("Metric", &json!({"dtype": "float16"})).err().unwrap());
        assert!(error.contains("metrics are computed in float32, not in float16"), "{error}");
    }
}
