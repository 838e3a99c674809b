//! The memory budget for building a model from an untrusted file.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory;

/// The number of values that the layers of a model may still allocate, all together.
#[derive(Debug)]
pub(crate) struct Budget {
    weights: AtomicU64,
    constants: AtomicU64,
}

/// Constants that layers compute from their arguments, such as the filters of a spectrogram, are held three times while they
/// are made, in float32. Their budget follows the memory, as a model that was built may be saved, and is to be read again.
const BYTES_OF_CONSTANT: u64 = 3 * 4;

impl Budget {
    /// A budget for this number of values in weights.
    pub fn new(weights: u64) -> Self {
        Self { weights: AtomicU64::new(weights), constants: AtomicU64::new(memory::limit() / BYTES_OF_CONSTANT) }
    }

    /// Takes values for a weight from the budget. The error is the number of values that are left.
    pub fn take_weights(&self, values: u64) -> Result<(), u64> {
        take(&self.weights, values)
    }

    /// Takes values for a constant from the budget. The error is the number of values that are left.
    pub fn take_constants(&self, values: u64) -> Result<(), u64> {
        take(&self.constants, values)
    }
}

/// A copy is independent: what is taken from it is not taken from the original.
impl Clone for Budget {
    fn clone(&self) -> Self {
        let copy = |values: &AtomicU64| AtomicU64::new(values.load(Ordering::Relaxed));
        Self { weights: copy(&self.weights), constants: copy(&self.constants) }
    }
}

fn take(left: &AtomicU64, wanted: u64) -> Result<(), u64> {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(wanted)).map(drop)
}
