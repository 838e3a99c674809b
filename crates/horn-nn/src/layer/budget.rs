//! How many values layers may make while a model from an untrusted file is built.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many values all layers of a model together may still make.
#[derive(Debug)]
pub(crate) struct Budget {
    weights: AtomicU64,
    constants: AtomicU64,
}

/// What layers may compute from their arguments alone and keep, such as the bands of a spectrogram: 128 MB.
const MAX_CONSTANTS: u64 = 1 << 25;

impl Budget {
    /// For weights of so many values.
    pub fn new(weights: u64) -> Self {
        Self { weights: AtomicU64::new(weights), constants: AtomicU64::new(MAX_CONSTANTS) }
    }

    /// Takes values for a weight, or says how many are left.
    pub fn take_weights(&self, values: u64) -> Result<(), u64> {
        take(&self.weights, values)
    }

    /// Takes values that a layer computes from its arguments and keeps, or says how many are left.
    pub fn take_constants(&self, values: u64) -> Result<(), u64> {
        take(&self.constants, values)
    }
}

/// A copy counts for itself: what is taken from it is not taken from the original.
impl Clone for Budget {
    fn clone(&self) -> Self {
        let copy = |values: &AtomicU64| AtomicU64::new(values.load(Ordering::Relaxed));
        Self { weights: copy(&self.weights), constants: copy(&self.constants) }
    }
}

fn take(left: &AtomicU64, wanted: u64) -> Result<(), u64> {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(wanted)).map(drop)
}
