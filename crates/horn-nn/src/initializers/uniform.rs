//! The uniform distribution.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::initializers::arguments::seed_argument;
use crate::initializers::sample::{Sample, size};
use crate::random::threefry;

/// Draws from a uniform distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomUniform {
    seed: Option<u64>,
    minval: f64,
    maxval: f64,
}

impl RandomUniform {
    /// From -0.05 to 0.05.
    pub fn new() -> Self {
        Self { seed: None, minval: -0.05, maxval: 0.05 }
    }

    /// The least value that is drawn; -0.05 by default.
    #[must_use]
    pub fn minval(mut self, minval: f64) -> Self {
        self.minval = minval;
        self
    }

    /// What all values are below; 0.05 by default.
    #[must_use]
    pub fn maxval(mut self, maxval: f64) -> Self {
        self.maxval = maxval;
        self
    }
}

seed_argument!(RandomUniform);

impl Default for RandomUniform {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for RandomUniform {
    fn sample(&self, shape: &[usize], seed: u64) -> Result<Vec<f32>> {
        let Self { minval, maxval, .. } = *self;
        if !(minval <= maxval && (maxval - minval).is_finite()) {
            return Err(Error::argument("the limits of RandomUniform are not a range")
                .received(format!("minval = {minval}, maxval = {maxval}"))
                .expected("finite limits, the lower one first")
                .hint("leave both out for Keras's -0.05 and 0.05"));
        }
        let key = threefry::key(self.seed.unwrap_or(seed))?;
        Ok(threefry::uniform(key, size(shape), minval as f32, maxval as f32))
    }

    fn needs_seed(&self) -> bool {
        self.seed.is_none()
    }
}
