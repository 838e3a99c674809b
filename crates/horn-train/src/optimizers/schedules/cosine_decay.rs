//! A rate that falls along half a cosine wave.

use horn_nn::arguments;
use std::f32::consts::PI;

use horn_nn::Result;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::common::{number, positive, schedule_methods};
use super::schedule::Schedule;
use crate::optimizers::checks::at_least_zero;

/// Falls from `initial_learning_rate` to `alpha` times it over `decay_steps` steps, along half a cosine wave
/// ([Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983)), and stays there. Before that it may rise in a line to
/// another rate.
///
/// ```
/// use horn::optimizers::{Adam, schedules::CosineDecay};
///
/// let optimizer = Adam::new(CosineDecay::new(0.0, 10_000).warmup_target(1e-3).warmup_steps(1000));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineDecay {
    initial_learning_rate: f64,
    decay_steps: Number,
    alpha: f64,
    warmup_target: Option<f64>,
    warmup_steps: Number,
    name: String,
}

impl CosineDecay {
    /// The schedule with Keras's defaults.
    pub fn new(initial_learning_rate: f64, decay_steps: usize) -> Self {
        Self {
            initial_learning_rate,
            decay_steps: decay_steps.into(),
            alpha: 0.0,
            warmup_target: None,
            warmup_steps: 0.into(),
            name: "CosineDecay".to_owned(),
        }
    }

    /// The number of steps in which it rises; 0 by default.
    #[must_use]
    pub fn warmup_steps(mut self, warmup_steps: usize) -> Self {
        self.warmup_steps = warmup_steps.into();
        self
    }
}

arguments!(CosineDecay {
    /// The rate at the end, as a fraction of that from which it falls; 0 by default.
    alpha: f64,
    /// The rate to rise to before the decay; none by default.
    warmup_target: f64,
});

impl Default for CosineDecay {
    /// Only for reading configurations: what has no default is not valid until it is set.
    fn default() -> Self {
        Self::new(0.0, 0)
    }
}

impl Schedule for CosineDecay {
    schedule_methods!(CosineDecay);

    /// In float32, as in Keras.
    fn learning_rate(&self, step: usize) -> f64 {
        let (first, decay_steps, step) = (self.initial_learning_rate as f32, number(&self.decay_steps), step as f32);
        let Some(target) = self.warmup_target else {
            return f64::from(first * half_wave(step.min(decay_steps) / decay_steps, self.alpha as f32));
        };
        let (target, warmup_steps) = (target as f32, number(&self.warmup_steps));
        let step = step.min(decay_steps + warmup_steps);
        f64::from(match step < warmup_steps {
            true => (target - first) * (step / warmup_steps) + first,
            false => target * half_wave((step - warmup_steps) / decay_steps, self.alpha as f32),
        })
    }

    fn validate(&self) -> Result<()> {
        at_least_zero("initial_learning_rate", self.initial_learning_rate)?;
        at_least_zero("alpha", self.alpha)?;
        at_least_zero("warmup_target", self.warmup_target.unwrap_or(0.0))?;
        at_least_zero("warmup_steps", self.warmup_steps.as_f64().unwrap_or(f64::NAN))?;
        positive("decay_steps", &self.decay_steps)
    }
}

/// Half a cosine wave from 1 at 0 to `alpha` at 1.
fn half_wave(progress: f32, alpha: f32) -> f32 {
    (1.0 - alpha) * (0.5 * (1.0 + (PI * progress).cos())) + alpha
}
