//! Reads losses from the configurations that Keras writes.

use std::sync::Arc;

use horn_nn::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::loss::Loss;
use super::table::KNOWN;
use crate::registry::Registry;

pub(super) static LOSSES: Registry<dyn Loss> =
    Registry::new("loss", "loss", "keras.losses", |loss| loss.validate(), KNOWN);

/// The class names of Horn's losses.
///
/// ```
/// assert!(horn::losses::class_names().any(|name| name == "MeanSquaredError"));
/// ```
pub fn class_names() -> impl Iterator<Item = &'static str> {
    LOSSES.class_names()
}

/// Reads a loss from what Keras writes for it: a name, a function, or an object with a class name.
///
/// Arguments that are not in the configuration get their defaults.
///
/// ```
/// use horn::losses::from_config;
/// use serde_json::json;
///
/// assert_eq!(from_config(&json!("mse"))?.class_name(), "MeanSquaredError");
/// let object = json!({"class_name": "BinaryCrossentropy", "config": {"from_logits": true}});
/// assert_eq!(from_config(&object)?.config()["from_logits"], true);
/// assert!(from_config(&json!("msee")).is_err());
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If Horn has no such loss, or an argument is unknown, has the wrong type or is out of range.
pub fn from_config(object: &Value) -> Result<Arc<dyn Loss>> {
    if let Some(name @ ("crossentropy" | "ce")) = object.as_str().map(str::to_lowercase).as_deref() {
        return Err(Error::argument("the crossentropy must be named")
            .at("loss")
            .received(format!("{name:?}"))
            .expected("one of Keras's three")
            .hint(
                "write \"binary_crossentropy\", \"categorical_crossentropy\" or \"sparse_categorical_crossentropy\"",
            ));
    }
    LOSSES.read(object, |_| json!({}))
}

/// Registers a custom loss under its class name, or under Keras's registered name (`package>Class`), so that it can be
/// read from a configuration. `serde` reads it, so its [`config`](Loss::config) should be what `serde` writes.
///
/// ```
/// use horn::losses::{Loss, from_config, register};
/// # use burn::Tensor;
/// # use horn::Result;
/// # use horn::losses::{Reduction, Target, TargetKind};
/// use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Power {
///     exponent: f32,
/// }
///
/// impl Loss for Power {
///     fn class_name(&self) -> &'static str {
///         "Power"
///     }
///     fn config(&self) -> Value {
///         json!(self)
///     }
///     // …
/// #     fn name(&self) -> &str { "power" }
/// #     fn reduction(&self) -> Reduction { Reduction::SumOverBatchSize }
/// #     fn targets(&self) -> TargetKind { TargetKind::Dense }
/// #     fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
/// #         Ok((y_true.into_dense(&y_pred)? - y_pred).abs().powf_scalar(self.exponent).mean_dim(1).squeeze_dim(1))
/// #     }
/// }
///
/// register::<Power>("Power");
/// let loss = from_config(&json!({"class_name": "Power", "config": {"exponent": 4.0}}))?;
/// assert_eq!(from_config(&loss.serialize())?.config(), json!({"exponent": 4.0}));
/// # Ok::<(), horn::Error>(())
/// ```
pub fn register<L: Loss + DeserializeOwned + 'static>(class_name: &str) {
    LOSSES.register(class_name, |loss: L| Arc::new(loss));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        for known in LOSSES.known {
            for name in known.names.iter().chain([&known.class_name]) {
                let function = json!({
                    "module": "builtins", "class_name": "function", "config": name, "registered_name": "function",
                });
                for object in [json!(name), function, json!({"class_name": name, "config": null})] {
                    assert_eq!(from_config(&object).unwrap().class_name(), known.class_name, "{object}");
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for known in LOSSES.known {
            let written = from_config(&json!(known.class_name)).unwrap().serialize();
            assert_eq!(written["module"], "keras.losses");
            assert_eq!(from_config(&written).unwrap().serialize(), written);
        }
    }

    /// `.keras` files have the name of the class beside the registered one, legacy files the registered one in its place.
    #[test]
    fn a_custom_class_is_found_by_each_of_its_names() {
        let config = crate::losses::Huber::new().config();
        register::<crate::losses::Huber>("Bent");
        for class_name in ["Bent", "Custom>Bent"] {
            let read = from_config(&json!({"class_name": class_name, "config": config})).unwrap();
            assert_eq!(read.class_name(), "Huber", "{class_name}");
        }
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        let object = |config: Value| json!({"class_name": "CategoricalCrossentropy", "config": config});
        for (given, words) in [
            (json!("mean_square_error"), "write \"mean_squared_error\""),
            (
                json!({"class_name": "function", "config": "Custom>mine", "registered_name": "function"}),
                "received \"Custom>mine\", expected one of Horn's, or one that `losses::register` was called for. Hint: it \
                 is custom code",
            ),
            (json!("ce"), "\"binary_crossentropy\""),
            (json!(3), "this is not a valid loss"),
            (json!({"class_name": "function"}), "this is not a valid loss"),
            (json!({"class_name": "Contrast", "config": {}}), "received \"Contrast\""),
            (object(json!({"axis": "last"})), "axis"),
            (object(json!({"smoothing": 1})), "received smoothing = 1"),
            (object(json!({"label_smoothing": 2})), "label_smoothing"),
            (object(json!([])), "not an object"),
        ] {
            let error = from_config(&given).expect_err(&given.to_string());
            assert!(error.is_argument(), "{error}");
            let whole = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
            assert!(whole.contains(words), "{whole}");
        }
    }
}
