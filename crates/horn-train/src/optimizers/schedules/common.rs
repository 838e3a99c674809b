//! What Horn's schedules share.

use horn_nn::{Result, float32};
use serde_json::Number;

use crate::optimizers::checks::check;

/// A number in single precision. A configuration keeps whether it is an integer.
pub(super) fn number(value: &Number) -> f32 {
    value.as_f64().unwrap_or(f64::NAN) as f32
}

pub(super) fn positive(name: &str, value: &Number) -> Result<()> {
    let value = value.as_f64().unwrap_or(f64::NAN);
    check(name, value, float32::is_finite(value) && value > 0.0, "a number above 0")
}

/// The methods of [`Schedule`](super::Schedule) that all of Horn's schedules share.
macro_rules! schedule_methods {
    ($schedule:ident) => {
        fn class_name(&self) -> &'static str {
            stringify!($schedule)
        }

        fn config(&self) -> serde_json::Value {
            $crate::keras_config::write(self)
        }

        fn keras_module(&self) -> Option<&'static str> {
            Some("keras.optimizers.schedules")
        }
    };
}
pub(super) use schedule_methods;
