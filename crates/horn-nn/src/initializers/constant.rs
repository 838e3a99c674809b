//! Initializers that draw nothing: `Zeros`, `Ones`, `Constant` and `Identity`.

use serde::{Deserialize, Serialize};

use super::{Sample, size};
use crate::{Error, Result};

/// Fills a weight with zeros.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zeros {}

impl Zeros {
    /// Zeros.
    pub fn new() -> Self {
        Self {}
    }
}

impl Sample for Zeros {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        Ok(vec![0.0; size(shape)])
    }
}

/// Fills a weight with ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ones {}

impl Ones {
    /// Ones.
    pub fn new() -> Self {
        Self {}
    }
}

impl Sample for Ones {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        Ok(vec![1.0; size(shape)])
    }
}

/// Fills a weight with one value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {
    value: f64,
}

impl Constant {
    /// This value everywhere.
    pub fn new(value: f64) -> Self {
        Self { value }
    }
}

impl Sample for Constant {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        Ok(vec![self.value as f32; size(shape)])
    }
}

/// Makes of a matrix the identity: `gain` on the diagonal, zeros elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Keras never writes the gain, and so loses it; it does read it.
    #[serde(skip_serializing_if = "is_one")]
    gain: f64,
}

impl Identity {
    /// Ones on the diagonal.
    pub fn new() -> Self {
        Self { gain: 1.0 }
    }

    /// What stands on the diagonal; 1 by default.
    #[must_use]
    pub fn gain(mut self, gain: f64) -> Self {
        self.gain = gain;
        self
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for Identity {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        let [rows, columns] = *shape else {
            return Err(Error::argument("Identity fills matrices only")
                .received(format!("the shape {shape:?}"))
                .expected("two axes")
                .mend("use Orthogonal for kernels of more axes"));
        };
        let mut values = vec![0.0; size(shape)];
        for i in 0..rows.min(columns) {
            values[i * columns + i] = self.gain as f32;
        }
        Ok(values)
    }
}

fn is_one(gain: &f64) -> bool {
    *gain == 1.0
}
