//! The normal distribution, whole and without its tails.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::initializers::arguments::seed_argument;
use crate::initializers::sample::{Sample, size};
use crate::random::threefry;

/// Draws from a normal distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomNormal {
    seed: Option<u64>,
    mean: f64,
    stddev: f64,
}

/// Draws from a normal distribution, from which what is more than two standard deviations off is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TruncatedNormal {
    seed: Option<u64>,
    mean: f64,
    stddev: f64,
}

/// What both have: the same arguments and defaults.
macro_rules! normal {
    ($class:ident, $draw:path) => {
        impl $class {
            /// Mean 0 and standard deviation 0.05.
            pub fn new() -> Self {
                Self { seed: None, mean: 0.0, stddev: 0.05 }
            }

            /// The mean; 0 by default.
            #[must_use]
            pub fn mean(mut self, mean: f64) -> Self {
                self.mean = mean;
                self
            }

            /// The standard deviation, before anything is cut off; 0.05 by default.
            #[must_use]
            pub fn stddev(mut self, stddev: f64) -> Self {
                self.stddev = stddev;
                self
            }
        }

        seed_argument!($class);

        impl Default for $class {
            fn default() -> Self {
                Self::new()
            }
        }

        impl Sample for $class {
            fn sample(&self, shape: &[usize], seed: u64) -> Result<Vec<f32>> {
                if !(self.stddev >= 0.0 && self.stddev.is_finite()) {
                    return Err(Error::argument(concat!(
                        "the standard deviation of ",
                        stringify!($class),
                        " is out of its range"
                    ))
                    .received(format!("stddev = {}", self.stddev))
                    .expected("a finite number, at least 0")
                    .hint("leave stddev out for Keras's 0.05"));
                }
                let drawn = $draw(threefry::key(self.seed.unwrap_or(seed))?, size(shape));
                Ok(stretch(drawn, self.mean, self.stddev))
            }

            fn needs_seed(&self) -> bool {
                self.seed.is_none()
            }
        }
    };
}

normal!(RandomNormal, threefry::normal);

normal!(TruncatedNormal, threefry::truncated_normal);

/// Gives what was drawn another mean and standard deviation, in two roundings as Keras does.
pub(crate) fn stretch(mut drawn: Vec<f32>, mean: f64, stddev: f64) -> Vec<f32> {
    for x in &mut drawn {
        *x = *x * stddev as f32 + mean as f32;
    }
    drawn
}
