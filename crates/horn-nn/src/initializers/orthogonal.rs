//! `Orthogonal`: a matrix that keeps lengths.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::initializers::arguments::seed_argument;
use crate::initializers::sample::{Sample, size};
use crate::random::threefry;

/// Draws an orthogonal matrix: its columns, or its rows where there are fewer of them, are of length `gain` and at
/// right angles to each other (Saxe et al., 2014).
///
/// A kernel of more than two axes is taken as the matrix of its last axis and all those before it.
///
/// ```
/// use horn::initializers::{Initializer, Orthogonal};
///
/// let kernel = Initializer::from(Orthogonal::new()).sample(&[2, 2], 42)?;
/// assert!((kernel[0] * kernel[1] + kernel[2] * kernel[3]).abs() < 1e-6);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Orthogonal {
    seed: Option<u64>,
    gain: f64,
}

impl Orthogonal {
    /// Lengths of 1.
    pub fn new() -> Self {
        Self { seed: None, gain: 1.0 }
    }

    /// What the matrix is multiplied by; 1 by default.
    #[must_use]
    pub fn gain(mut self, gain: f64) -> Self {
        self.gain = gain;
        self
    }
}

seed_argument!(Orthogonal);

impl Default for Orthogonal {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for Orthogonal {
    fn sample(&self, shape: &[usize], seed: u64) -> Result<Vec<f32>> {
        let [leading @ .., columns] = shape else { return Err(low_rank(shape)) };
        if leading.is_empty() {
            return Err(low_rank(shape));
        }
        let (columns, rows) = (*columns, size(leading));
        let (length, count) = (rows.max(columns), rows.min(columns));
        let drawn = threefry::normal(threefry::key(self.seed.unwrap_or(seed))?, size(shape));
        let mut vectors: Vec<Vec<f64>> =
            (0..count).map(|i| (0..length).map(|j| f64::from(drawn[j * count + i])).collect()).collect();
        orthonormalize(&mut vectors);
        let scaled = |value: f64| self.gain as f32 * value as f32;
        Ok(if rows < columns {
            vectors.into_iter().flatten().map(scaled).collect()
        } else {
            (0..rows).flat_map(|row| vectors.iter().map(move |vector| scaled(vector[row]))).collect()
        })
    }

    fn needs_seed(&self) -> bool {
        self.seed.is_none()
    }
}

/// Makes the vectors orthonormal by the modified Gram-Schmidt process.
///
/// Keras takes the Q of a QR decomposition whose R has a positive diagonal. There is only one such Q, and this is it;
/// in double precision what the process loses of the right angles is far below what a weight can tell.
fn orthonormalize(vectors: &mut [Vec<f64>]) {
    for i in 0..vectors.len() {
        let (done, rest) = vectors.split_at_mut(i + 1);
        let vector = &mut done[i];
        let length = dot(vector, vector).sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x /= length);
        }
        for other in rest {
            let shadow = dot(vector, other);
            other.iter_mut().zip(&*vector).for_each(|(x, v)| *x -= shadow * v);
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn low_rank(shape: &[usize]) -> Error {
    Error::argument("Orthogonal fills weights of two and more axes")
        .received(format!("the shape {shape:?}"))
        .expected("at least two axes")
        .hint("use Zeros or RandomNormal for vectors")
}
