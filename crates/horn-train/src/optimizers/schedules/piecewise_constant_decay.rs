//! A rate that changes at given steps.

use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::common::{number, schedule_methods};
use super::schedule::Schedule;
use crate::optimizers::checks::at_least_zero;

/// The first of the values up to the first boundary, the second up to the second, and so on; the last from the last boundary
/// on.
///
/// ```
/// use horn::optimizers::{Adam, schedules::PiecewiseConstantDecay};
///
/// let optimizer = Adam::new(PiecewiseConstantDecay::new([1000, 2000], [1e-2, 1e-3, 1e-4]));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PiecewiseConstantDecay {
    boundaries: Vec<Number>,
    values: Vec<f64>,
    name: String,
}

impl PiecewiseConstantDecay {
    /// The schedule with Keras's defaults.
    pub fn new(boundaries: impl Into<Vec<usize>>, values: impl Into<Vec<f64>>) -> Self {
        Self {
            boundaries: boundaries.into().into_iter().map(Number::from).collect(),
            values: values.into(),
            name: "PiecewiseConstant".to_owned(),
        }
    }
}

impl Default for PiecewiseConstantDecay {
    /// Only for reading configurations: what has no default is not valid until it is set.
    fn default() -> Self {
        Self::new([], [])
    }
}

impl Schedule for PiecewiseConstantDecay {
    schedule_methods!(PiecewiseConstantDecay);

    /// In float32, as in Keras.
    fn learning_rate(&self, step: usize) -> f64 {
        // Keras casts the boundaries to the type of the step, an integer.
        let passed =
            self.boundaries.iter().take_while(|&boundary| step as f64 > f64::from(number(boundary)).trunc()).count();
        f64::from(self.values.get(passed).copied().unwrap_or(0.0) as f32)
    }

    fn validate(&self) -> Result<()> {
        if self.values.len() != self.boundaries.len() + 1 {
            return Err(Error::argument("there must be one value more than boundaries")
                .at("values")
                .received(format!("{} values, {} boundaries", self.values.len(), self.boundaries.len()))
                .expected(format!("{} values", self.boundaries.len() + 1))
                .hint("give a value for the steps before, between and after the boundaries"));
        }
        self.values.iter().try_for_each(|&value| at_least_zero("values", value))
    }
}
