//! Reads schedules from the configurations that Keras writes.

use std::sync::Arc;

use horn_nn::Result;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::schedule::Schedule;
use super::table::KNOWN;
use crate::registry::Registry;

static SCHEDULES: Registry<dyn Schedule> = Registry::new(
    "learning rate schedule",
    "learning_rate",
    "keras.optimizers.schedules",
    |schedule| schedule.validate(),
    KNOWN,
);

/// The class names of Horn's schedules.
///
/// ```
/// assert!(horn::optimizers::schedules::class_names().any(|name| name == "CosineDecay"));
/// ```
pub fn class_names() -> impl Iterator<Item = &'static str> {
    SCHEDULES.class_names()
}

/// Reads a schedule from what Keras writes for it: a name, or an object with a class name.
///
/// # Errors
///
/// If there is no such schedule, or an argument is unknown, has the wrong type or is out of range.
pub fn from_config(object: &Value) -> Result<Arc<dyn Schedule>> {
    SCHEDULES.read(object, |_| json!({}))
}

/// Registers a custom schedule under its class name, or under Keras's registered name (`package>Class`), so that it can
/// be read from a configuration. `serde` reads it, so its [`config`](Schedule::config) should be what `serde` writes.
///
/// ```
/// use horn::optimizers::schedules::{Schedule, register};
/// use horn::optimizers::{Optimizer, from_config};
/// use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Harmonic {
///     initial_learning_rate: f64,
/// }
///
/// impl Schedule for Harmonic {
///     fn class_name(&self) -> &'static str {
///         "Harmonic"
///     }
///     fn learning_rate(&self, step: usize) -> f64 {
///         self.initial_learning_rate / (step + 1) as f64
///     }
///     fn config(&self) -> Value {
///         json!(self)
///     }
/// }
///
/// register::<Harmonic>("Harmonic");
/// let schedule = json!({"class_name": "Harmonic", "config": {"initial_learning_rate": 0.5}});
/// let optimizer = from_config(&json!({"class_name": "SGD", "config": {"learning_rate": schedule}}))?;
/// assert_eq!(optimizer.learning_rate().at(4), 0.1);
/// assert_eq!(optimizer.serialize()["config"]["learning_rate"]["registered_name"], "Custom>Harmonic");
/// # Ok::<(), horn::Error>(())
/// ```
pub fn register<S: Schedule + DeserializeOwned + 'static>(class_name: &str) {
    SCHEDULES.register(class_name, |schedule: S| Arc::new(schedule));
}
