//! A rate that falls with the inverse of the time.

use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::common::{number, positive, schedule_methods};
use super::schedule::Schedule;
use crate::optimizers::checks::at_least_zero;

/// `initial_learning_rate / (1 + decay_rate * step / decay_steps)`.
///
/// ```
/// use horn::optimizers::{Adam, schedules::InverseTimeDecay};
///
/// let optimizer = Adam::new(InverseTimeDecay::new(1e-2, 1000, 0.5));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseTimeDecay {
    initial_learning_rate: f64,
    decay_steps: Number,
    decay_rate: f64,
    staircase: bool,
    name: String,
}

impl InverseTimeDecay {
    /// The schedule with Keras's defaults.
    pub fn new(initial_learning_rate: f64, decay_steps: usize, decay_rate: f64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps: decay_steps.into(),
            decay_rate,
            staircase: false,
            name: "InverseTimeDecay".to_owned(),
        }
    }
}

arguments!(InverseTimeDecay {
    /// Whether the rate changes only every `decay_steps` steps; false by default.
    staircase: bool,
});

impl Default for InverseTimeDecay {
    /// Only for reading configurations: what has no default is not valid until it is set.
    fn default() -> Self {
        Self::new(0.0, 0, 0.0)
    }
}

impl Schedule for InverseTimeDecay {
    schedule_methods!(InverseTimeDecay);

    /// In float32, as in Keras.
    fn learning_rate(&self, step: usize) -> f64 {
        let progress = step as f32 / number(&self.decay_steps);
        let progress = if self.staircase { progress.floor() } else { progress };
        f64::from(self.initial_learning_rate as f32 / (1.0 + self.decay_rate as f32 * progress))
    }

    fn validate(&self) -> Result<()> {
        at_least_zero("initial_learning_rate", self.initial_learning_rate)?;
        at_least_zero("decay_rate", self.decay_rate)?;
        positive("decay_steps", &self.decay_steps)
    }
}
