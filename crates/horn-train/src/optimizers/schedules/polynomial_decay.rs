//! A rate that falls to another by a power of the time.

use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::common::{number, positive, schedule_methods};
use super::schedule::Schedule;
use crate::optimizers::checks::at_least_zero;

/// Falls from `initial_learning_rate` to `end_learning_rate` over `decay_steps` steps, by
/// `(1 - step / decay_steps) ^ power`, and stays there.
///
/// ```
/// use horn::optimizers::{Adam, schedules::PolynomialDecay};
///
/// let optimizer = Adam::new(PolynomialDecay::new(1e-2, 1000).end_learning_rate(1e-3).power(2.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolynomialDecay {
    initial_learning_rate: f64,
    decay_steps: Number,
    end_learning_rate: f64,
    power: f64,
    cycle: bool,
    name: String,
}

impl PolynomialDecay {
    /// The schedule with Keras's defaults.
    pub fn new(initial_learning_rate: f64, decay_steps: usize) -> Self {
        Self {
            initial_learning_rate,
            decay_steps: decay_steps.into(),
            end_learning_rate: 0.0001,
            power: 1.0,
            cycle: false,
            name: "PolynomialDecay".to_owned(),
        }
    }
}

arguments!(PolynomialDecay {
    /// The rate at the end; 0.0001 by default.
    end_learning_rate: f64,
    /// The power; 1 by default: a line.
    power: f64,
    /// Whether the rate rises again after the end, for a decay over twice the time, and so on; false by default.
    cycle: bool,
});

impl Default for PolynomialDecay {
    /// Only for reading configurations: what has no default is not valid until it is set.
    fn default() -> Self {
        Self::new(0.0, 0)
    }
}

impl Schedule for PolynomialDecay {
    schedule_methods!(PolynomialDecay);

    /// In float32, as in Keras.
    fn learning_rate(&self, step: usize) -> f64 {
        let (step, decay_steps) = (step as f32, number(&self.decay_steps));
        let (step, decay_steps) = match self.cycle {
            true => (step, decay_steps * (step / decay_steps).ceil().max(1.0)),
            false => (step.min(decay_steps), decay_steps),
        };
        let (first, last) = (self.initial_learning_rate as f32, self.end_learning_rate as f32);
        f64::from((first - last) * (1.0 - step / decay_steps).powf(self.power as f32) + last)
    }

    fn validate(&self) -> Result<()> {
        at_least_zero("initial_learning_rate", self.initial_learning_rate)?;
        at_least_zero("end_learning_rate", self.end_learning_rate)?;
        at_least_zero("power", self.power)?;
        positive("decay_steps", &self.decay_steps)
    }
}
