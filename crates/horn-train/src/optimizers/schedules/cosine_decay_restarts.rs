//! A rate that falls along half a cosine wave, again and again.

use horn_nn::arguments;
use std::f32::consts::PI;

use horn_nn::Result;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::common::{number, positive, schedule_methods};
use super::schedule::Schedule;
use crate::optimizers::checks::{at_least_zero, check};

/// Falls from `initial_learning_rate` to `alpha` times it along half a cosine wave, and starts again, each time for a longer
/// or shorter time, from a higher or lower rate ([Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983)).
///
/// ```
/// use horn::optimizers::{Adam, schedules::CosineDecayRestarts};
///
/// let optimizer = Adam::new(CosineDecayRestarts::new(1e-2, 1000).m_mul(0.9));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineDecayRestarts {
    initial_learning_rate: f64,
    first_decay_steps: Number,
    t_mul: f64,
    m_mul: f64,
    alpha: f64,
    name: String,
}

impl CosineDecayRestarts {
    /// The schedule with Keras's defaults.
    pub fn new(initial_learning_rate: f64, first_decay_steps: usize) -> Self {
        Self {
            initial_learning_rate,
            first_decay_steps: first_decay_steps.into(),
            t_mul: 2.0,
            m_mul: 1.0,
            alpha: 0.0,
            name: "SGDRDecay".to_owned(),
        }
    }
}

arguments!(CosineDecayRestarts {
    /// By what factor each decay is longer than the one before; 2 by default.
    t_mul: f64,
    /// By what factor each decay starts higher than the one before; 1 by default.
    m_mul: f64,
    /// The rate at the end of a decay, as a fraction of the first rate; 0 by default.
    alpha: f64,
});

impl Default for CosineDecayRestarts {
    /// Only for reading configurations: what has no default is not valid until it is set.
    fn default() -> Self {
        Self::new(0.0, 0)
    }
}

impl Schedule for CosineDecayRestarts {
    schedule_methods!(CosineDecayRestarts);

    /// In float32, as in Keras.
    fn learning_rate(&self, step: usize) -> f64 {
        let (growth, progress) = (self.t_mul as f32, step as f32 / number(&self.first_decay_steps));
        let (restarts, progress) = if growth == 1.0 {
            (progress.floor(), progress - progress.floor())
        } else {
            // The decays are 1, growth, growth², … times as long as the first.
            let restarts = ((1.0 - progress * (1.0 - growth)).ln() / growth.ln()).floor();
            let begin = (1.0 - growth.powf(restarts)) / (1.0 - growth);
            (restarts, (progress - begin) / growth.powf(restarts))
        };
        let wave = 0.5 * (self.m_mul as f32).powf(restarts) * (1.0 + (PI * progress).cos());
        let alpha = self.alpha as f32;
        f64::from(self.initial_learning_rate as f32 * ((1.0 - alpha) * wave + alpha))
    }

    fn validate(&self) -> Result<()> {
        at_least_zero("initial_learning_rate", self.initial_learning_rate)?;
        at_least_zero("alpha", self.alpha)?;
        at_least_zero("m_mul", self.m_mul)?;
        check("t_mul", self.t_mul, self.t_mul.is_finite() && self.t_mul >= 1.0, "a number of at least 1")?;
        positive("first_decay_steps", &self.first_decay_steps)
    }
}
