//! How much a random layer changes: a number, or a range.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// From where to where a random amount is drawn. A single number stands for as much either way.
///
/// ```
/// use horn::layers::Factor;
///
/// assert_eq!(Factor::from(0.2).range(), [-0.2, 0.2]);
/// assert_eq!(Factor::from((0.1, 0.3)).range(), [0.1, 0.3]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Factor {
    /// As much up as down.
    Number(f64),
    /// From the one to the other.
    Range([f64; 2]),
}

impl Factor {
    /// The least and the most.
    pub fn range(self) -> [f64; 2] {
        match self {
            Self::Number(factor) => [-factor.abs(), factor.abs()],
            Self::Range([a, b]) => [a.min(b), a.max(b)],
        }
    }

    /// Are both ends within these bounds?
    pub(super) fn check(self, argument: &str, least: f64, most: f64) -> Result<()> {
        if self.range().iter().all(|end| (least..=most).contains(end)) {
            return Ok(());
        }
        Err(Error::argument("the factor is too large")
            .received(format!("{argument} = {:?}", self.range()))
            .expected(format!("from {least} to {most}"))
            .hint("give a fraction: 0.2 for a fifth"))
    }
}

/// A factor that a configuration has as a range. What one number stands for does not reach below `LEAST`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Factor")]
pub(crate) struct Spread<const LEAST: i8>([f64; 2]);

impl<const LEAST: i8> Spread<LEAST> {
    /// The least and the most.
    pub fn range(self) -> [f64; 2] {
        self.0
    }

    /// Are both ends within these bounds?
    pub fn check(self, argument: &str, least: f64, most: f64) -> Result<()> {
        Factor::Range(self.0).check(argument, least, most)
    }
}

impl<const LEAST: i8> From<Factor> for Spread<LEAST> {
    fn from(factor: Factor) -> Self {
        let [low, high] = factor.range();
        match factor {
            Factor::Number(_) => Self([low.max(LEAST.into()), high]),
            Factor::Range(_) => Self([low, high]),
        }
    }
}

impl From<f64> for Factor {
    fn from(factor: f64) -> Self {
        Self::Number(factor)
    }
}

impl From<[f64; 2]> for Factor {
    fn from(range: [f64; 2]) -> Self {
        Self::Range(range)
    }
}

impl From<(f64, f64)> for Factor {
    fn from((low, high): (f64, f64)) -> Self {
        Self::Range([low, high])
    }
}
