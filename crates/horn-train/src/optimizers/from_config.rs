//! Reads optimizers from the configurations that Keras writes.

use std::sync::Arc;

use horn_nn::Result;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::optimizer::Optimizer;
use super::table::KNOWN;
use crate::registry::Registry;

pub(super) static OPTIMIZERS: Registry<dyn Optimizer> = Registry::<dyn Optimizer>::new(
    "optimizer",
    "optimizer",
    "keras.optimizers",
    |optimizer| optimizer.validate(),
    KNOWN,
)
.any_case();

/// The class names of Horn's optimizers.
///
/// ```
/// assert!(horn::optimizers::class_names().any(|name| name == "Adam"));
/// ```
pub fn class_names() -> impl Iterator<Item = &'static str> {
    OPTIMIZERS.class_names()
}

/// Reads an optimizer from what Keras writes for it: a name, or an object with a class name. Case does not matter.
///
/// ```
/// use horn::optimizers::from_config;
/// use serde_json::json;
///
/// assert_eq!(from_config(&json!("adam"))?.learning_rate().at(0), 0.001);
/// let object = json!({"class_name": "SGD", "config": {"learning_rate": 0.5, "momentum": 0.9}});
/// assert_eq!(from_config(&object)?.config()["momentum"], 0.9);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If Horn has no such optimizer or learning rate schedule, or an argument is unknown, has the wrong type, is out of
/// range or is not supported by Horn.
pub fn from_config(object: &Value) -> Result<Arc<dyn Optimizer>> {
    OPTIMIZERS.read(object, |_| json!({}))
}

/// Registers a custom optimizer under its class name, or under Keras's registered name (`package>Class`), so that it
/// can be read from a configuration. `serde` reads it, so its [`config`](Optimizer::config) should be what `serde`
/// writes.
///
/// ```
/// use horn::optimizers::{LearningRate, Optimizer, SGD, from_config, register};
/// # use burn::optim::ModuleOptimizer;
/// # use horn::Result;
/// use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Halved {
///     learning_rate: f64,
/// }
///
/// impl Optimizer for Halved {
///     fn class_name(&self) -> &'static str {
///         "Halved"
///     }
///     fn learning_rate(&self) -> LearningRate {
///         (self.learning_rate / 2.0).into()
///     }
///     fn config(&self) -> Value {
///         json!(self)
///     }
///     // …
/// #     fn validate(&self) -> Result<()> { Ok(()) }
/// #     fn to_module_optimizer(&self) -> ModuleOptimizer { SGD::new(1.0).to_module_optimizer() }
/// }
///
/// register::<Halved>("Custom>Halved");
/// let object = json!({"class_name": "Halved", "config": {"learning_rate": 0.5}, "registered_name": "Custom>Halved"});
/// assert_eq!(from_config(&object)?.learning_rate().at(0), 0.25);
/// # Ok::<(), horn::Error>(())
/// ```
pub fn register<O: Optimizer + DeserializeOwned + 'static>(class_name: &str) {
    OPTIMIZERS.register(class_name, |optimizer: O| Arc::new(optimizer));
}

#[cfg(test)]
mod tests {
    use super::super::adam::Adam;
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        let is_made_of_others = |class| ["LossScaleOptimizer", "MultiOptimizer"].contains(class);
        for known in OPTIMIZERS.known.iter().filter(|known| !is_made_of_others(&known.class_name)) {
            for name in [known.class_name.to_owned(), known.class_name.to_lowercase(), known.class_name.to_uppercase()]
            {
                for object in [json!(name), json!({"class_name": name, "config": {"jit_compile": true}})] {
                    assert_eq!(from_config(&object).unwrap().class_name(), known.class_name, "{object}");
                }
            }
        }
    }

    #[test]
    fn what_horn_can_not_follow_is_an_error() {
        let adam = |config: Value| json!({"class_name": "Adam", "config": config});
        let schedule = json!({
            "module": "keras.optimizers.schedules", "class_name": "Spiral", "config": {},
        });
        for (given, words) in [
            (json!("rmspro"), "write \"rmsprop\""),
            (json!("lossscaleoptimizer"), "inner_optimizer: the optimizer is missing"),
            (json!({"class_name": "MultiOptimizer", "config": {}}), "default_optimizer: the optimizer is missing"),
            (
                json!({"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": "adam", "clipnorm": 1.0}}),
                "received clipnorm = 1.0",
            ),
            (
                json!({"class_name": "MultiOptimizer", "config": {"optimizer_map": "choose"}}),
                "received optimizer_map = \"choose\"",
            ),
            (
                adam(json!({"learning_rate": schedule})),
                "there is no learning rate schedule of this name; received \"Spiral\"",
            ),
            (adam(json!({"use_ema": true, "ema_momentum": 1.5})), "ema_momentum"),
            (adam(json!({"use_ema": true, "ema_overwrite_frequency": 0})), "ema_overwrite_frequency"),
            (adam(json!({"loss_scale_factor": 0.0})), "loss_scale_factor"),
            (adam(json!({"gradient_accumulation_steps": 1})), "gradient_accumulation_steps"),
            (adam(json!({"decay": 0.1})), "received decay = 0.1"),
            (adam(json!({"beta_1": "high"})), "of the wrong type"),
            (adam(json!({"beta_1": 1.5})), "beta_1"),
        ] {
            let error = from_config(&given).expect_err(&given.to_string());
            assert!(error.is_argument(), "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn the_rate_is_written_in_single_precision() {
        let object = Optimizer::serialize(&Adam::new(0.001));
        assert_eq!(object["config"]["learning_rate"], 0.0010000000474974513);
        assert_eq!(object["config"]["name"], "adam");
        assert_eq!(from_config(&object).unwrap().serialize(), object);
    }
}
