//! A rate that falls by the same factor in the same time.

use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::common::{number, positive, schedule_methods};
use super::schedule::Schedule;
use crate::optimizers::checks::at_least_zero;

/// `initial_learning_rate * decay_rate ^ (step / decay_steps)`.
///
/// ```
/// use horn::optimizers::{Adam, schedules::ExponentialDecay};
///
/// let optimizer = Adam::new(ExponentialDecay::new(1e-2, 1000, 0.9).staircase(true));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExponentialDecay {
    initial_learning_rate: f64,
    decay_steps: Number,
    decay_rate: f64,
    staircase: bool,
    name: String,
}

impl ExponentialDecay {
    /// The schedule with Keras's defaults.
    pub fn new(initial_learning_rate: f64, decay_steps: usize, decay_rate: f64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps: decay_steps.into(),
            decay_rate,
            staircase: false,
            name: "ExponentialDecay".to_owned(),
        }
    }
}

arguments!(ExponentialDecay {
    /// Whether the rate changes only every `decay_steps` steps; false by default.
    staircase: bool,
});

impl Default for ExponentialDecay {
    /// Only for reading configurations: what has no default is not valid until it is set.
    fn default() -> Self {
        Self::new(0.0, 0, 0.0)
    }
}

impl Schedule for ExponentialDecay {
    schedule_methods!(ExponentialDecay);

    /// In float32, as in Keras.
    fn learning_rate(&self, step: usize) -> f64 {
        let progress = step as f32 / number(&self.decay_steps);
        let progress = if self.staircase { progress.floor() } else { progress };
        f64::from(self.initial_learning_rate as f32 * (self.decay_rate as f32).powf(progress))
    }

    fn validate(&self) -> Result<()> {
        at_least_zero("initial_learning_rate", self.initial_learning_rate)?;
        at_least_zero("decay_rate", self.decay_rate)?;
        positive("decay_steps", &self.decay_steps)
    }
}
