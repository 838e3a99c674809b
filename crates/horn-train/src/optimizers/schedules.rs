//! Learning rates that change from step to step: Keras's `LearningRateSchedule`.

use std::fmt::Debug;
use std::sync::Arc;

use horn_nn::Result;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::registry::{self, Registry};

/// A learning rate for each step.
///
/// ```
/// use horn::optimizers::SGD;
/// use horn::optimizers::schedules::Schedule;
/// use serde_json::{Value, json};
///
/// /// Halves the rate every so many steps.
/// #[derive(Debug)]
/// struct Halve {
///     steps: usize,
/// }
///
/// impl Schedule for Halve {
///     fn class_name(&self) -> &'static str {
///         "Halve"
///     }
///     fn learning_rate(&self, step: usize) -> f64 {
///         0.5_f64.powi((step / self.steps) as i32)
///     }
///     fn config(&self) -> Value {
///         json!({"steps": self.steps})
///     }
/// }
///
/// let optimizer = SGD::new(Halve { steps: 1000 }).momentum(0.9);
/// ```
pub trait Schedule: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The learning rate of a step. Steps are counted from 0 over all runs of `fit` together.
    fn learning_rate(&self, step: usize) -> f64;

    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// An argument is out of range.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// The arguments, under Keras's keys.
    fn config(&self) -> Value;

    /// Keras's registered name of a custom class, `package>Class`. `None` stands for the class name.
    fn registered_name(&self) -> Option<&str> {
        None
    }

    /// Keras's module of the class; `None` for a class that is not Keras's.
    #[doc(hidden)]
    fn keras_module(&self) -> Option<&'static str> {
        None
    }

    /// The schedule as Keras writes it, with its class and arguments.
    fn serialize(&self) -> Value {
        registry::object(self.keras_module(), self.class_name(), self.registered_name(), self.config())
    }
}

pub(super) static SCHEDULES: Registry<dyn Schedule> = Registry::new(
    "learning rate schedule",
    "learning_rate",
    "keras.optimizers.schedules",
    |schedule| schedule.validate(),
    &[],
);

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
/// assert_eq!(optimizer.serialize()["config"]["learning_rate"]["registered_name"], "Harmonic");
/// # Ok::<(), horn::Error>(())
/// ```
pub fn register<S: Schedule + DeserializeOwned + 'static>(class_name: &str) {
    SCHEDULES.register(class_name, |schedule: S| Arc::new(schedule));
}
