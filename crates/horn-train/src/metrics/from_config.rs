//! Reads metrics from the configurations that Keras writes.

use std::sync::Arc;

use horn_nn::Result;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::accuracy::{Accuracy, is_accuracy};
use super::metric::Metric;
use super::of_losses::OfFunction;
use super::table::KNOWN;
use crate::losses;
use crate::registry::Registry;

pub(super) static METRICS: Registry<dyn Metric> =
    Registry::new("metric", "metrics", "keras.metrics", |metric| metric.validate(), KNOWN);

/// Keras's class names of Horn's metrics, without Horn's [`Accuracy`], which stands for one of them: Keras's class of that
/// name is [`ExactAccuracy`](super::ExactAccuracy).
///
/// ```
/// assert!(horn::metrics::class_names().any(|name| name == "BinaryAccuracy"));
/// ```
pub fn class_names() -> impl Iterator<Item = &'static str> {
    METRICS.class_names()
}

/// Reads a metric from what Keras writes for it: a name, a function, or an object with a class name.
///
/// A metric that is given by a name has that name in the history, as in Keras.
///
/// ```
/// use horn::metrics::from_config;
/// use serde_json::json;
///
/// let metric = from_config(&json!("mae"))?;
/// assert_eq!((metric.class_name(), metric.name()), ("MeanAbsoluteError", "mae"));
/// assert_eq!(from_config(&json!("acc"))?.class_name(), "Accuracy");
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If Horn has no such metric, or an argument is unknown, has the wrong type or is out of range.
pub fn from_config(object: &Value) -> Result<Arc<dyn Metric>> {
    if let Some(name) = object.as_str().filter(|name| is_accuracy(name)) {
        return Ok(Arc::new(Accuracy::new().name(name)));
    }
    let read = METRICS.read(object, |name| json!({"name": name}));
    let function = object["config"].as_str().filter(|_| object["class_name"] == "function");
    match (read, function) {
        (Err(unknown), Some(name)) => match losses::from_config(object) {
            Ok(loss) => Ok(Arc::new(OfFunction { name: name.to_owned(), loss })),
            Err(_) => Err(unknown),
        },
        (read, _) => read,
    }
}

/// Registers a custom metric under its class name, or under Keras's registered name (`package>Class`), so that it can
/// be read from a configuration. `serde` reads it, so its [`config`](Metric::config) should be what `serde` writes.
///
/// ```
/// use horn::metrics::{Accumulator, MeanOfRows, Metric, from_config, register};
/// use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct LargestError {
///     name: String,
/// }
///
/// impl Metric for LargestError {
///     fn class_name(&self) -> &'static str {
///         "LargestError"
///     }
///     fn name(&self) -> &str {
///         &self.name
///     }
///     fn accumulator(&self) -> Box<dyn Accumulator> {
///         MeanOfRows::boxed(|y_true, y_pred| {
///             Ok((y_true.into_dense(&y_pred)? - y_pred).abs().max_dim(1).squeeze_dim(1))
///         })
///     }
///     fn config(&self) -> Value {
///         json!(self)
///     }
/// }
///
/// register::<LargestError>("LargestError");
/// let metric = from_config(&json!({"class_name": "LargestError", "config": {"name": "largest"}}))?;
/// assert_eq!(metric.serialize()["registered_name"], "Custom>LargestError");
/// # Ok::<(), horn::Error>(())
/// ```
pub fn register<M: Metric + DeserializeOwned + 'static>(class_name: &str) {
    METRICS.register(class_name, |metric: M| Arc::new(metric));
}

#[cfg(test)]
mod tests {
    use burn::Tensor;
    use burn::tensor::Device;
    use horn_nn::Shape;

    use super::*;

    #[test]
    fn every_spelling_is_read_and_names_the_metric() {
        for known in METRICS.known {
            for name in known.names.iter().chain([&known.class_name]) {
                let function = json!({"module": "builtins", "class_name": "function", "config": name});
                for object in [json!(name), function] {
                    let metric = match from_config(&object) {
                        Ok(metric) => metric,
                        // Keras's class has an argument without a default, too.
                        Err(error) => {
                            assert!(error.to_string().contains("not as a name"), "{error}");
                            continue;
                        }
                    };
                    assert_eq!((metric.class_name(), metric.name()), (known.class_name, *name), "{object}");
                    assert_eq!(from_config(&metric.serialize()).unwrap().name(), *name);
                }
            }
        }
        for name in ["accuracy", "acc", "ACC", "Accuracy"] {
            let metric = from_config(&json!(name)).unwrap();
            assert_eq!((metric.class_name(), metric.name(), metric.serialize()), ("Accuracy", name, json!(name)));
        }
    }

    /// In Keras, the name "accuracy" stands for other classes than the class and the function of that name.
    #[test]
    fn the_class_accuracy_is_not_the_name() {
        let function = json!({"module": "keras.metrics", "class_name": "function", "config": "accuracy"});
        let class = json!({"module": "keras.metrics", "class_name": "Accuracy", "config": {"name": "right"}});
        for (object, name) in [(function, "accuracy"), (class, "right")] {
            let metric = from_config(&object).unwrap();
            assert!(metric.resolve(&[8], &Shape::batched([3])).is_none(), "{object}");
            let expected = json!({
                "module": "keras.metrics",
                "class_name": "Accuracy",
                "config": {"name": name, "dtype": "float32"},
                "registered_name": null
            });
            assert_eq!(metric.serialize(), expected);
        }
    }

    /// In Keras, each function of targets and predictions can be a metric, but strings name those of `keras.metrics` only.
    #[test]
    fn a_function_of_losses_is_a_metric() {
        let function =
            json!({"module": "builtins", "class_name": "function", "config": "huber", "registered_name": "function"});
        let metric = from_config(&function).unwrap();
        assert_eq!((metric.name(), metric.serialize()), ("huber", function));
        let column = |values: [f32; 2]| Tensor::<2>::from_data([values], &Device::default()).into();
        let mut state = metric.accumulator();
        state.update_state(column([0.0, 0.0]), column([3.0, 0.5]), None).unwrap();
        // The mean of 3 - 1/2 and 0.5² / 2.
        assert!((state.result() - 1.3125).abs() < 1e-6);
        assert!(from_config(&json!("huber")).unwrap_err().to_string().contains("no metric of this name"));
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        for (given, words) in [
            (json!("binary_acuracy"), "write \"binary_accuracy\""),
            (json!({"class_name": "Orbit", "config": {}}), "received \"Orbit\""),
            (json!({"class_name": "BinaryAccuracy", "config": {"dtype": "float16"}}), "of the wrong type"),
            (json!({"class_name": "BinaryAccuracy", "config": {"threshold": 2.0}}), "threshold"),
            (json!(null), "this is not a valid metric"),
        ] {
            let error = from_config(&given).expect_err(&given.to_string());
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
