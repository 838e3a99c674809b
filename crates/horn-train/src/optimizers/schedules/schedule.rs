//! The trait of schedules.

use std::fmt::Debug;

use horn_nn::Result;
use serde_json::Value;

use crate::registry;

/// A learning rate for each step.
///
/// ```
/// use horn::optimizers::SGD;
/// use horn::optimizers::schedules::Schedule;
/// use serde_json::{Value, json};
///
/// /// Halves the rate every `steps` steps.
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
///
/// [`LearningRate::custom`](crate::optimizers::LearningRate::custom) makes one of a function, which files know by name only.
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

    /// Keras's registered name of a custom class, `package>Class`. `None` stands for `Custom>Class`.
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
