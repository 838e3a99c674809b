//! A custom schedule, from a function.

use std::fmt;

use serde_json::{Value, json};

use super::schedule::Schedule;

/// The learning rates that a function gives. Files hold the name, not what it does.
pub(crate) struct OwnSchedule<F> {
    pub name: &'static str,
    pub function: F,
}

impl<F: Fn(usize) -> f64 + Send + Sync> Schedule for OwnSchedule<F> {
    fn class_name(&self) -> &'static str {
        self.name
    }

    fn learning_rate(&self, step: usize) -> f64 {
        (self.function)(step)
    }

    fn config(&self) -> Value {
        json!({})
    }
}

impl<F> fmt::Debug for OwnSchedule<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnSchedule").field(&self.name).finish()
    }
}
