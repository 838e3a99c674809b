//! What an initializer does: it makes the values of a weight.

use crate::error::Result;

/// What each initializer does, behind [`Initializer`].
pub(crate) trait Sample {
    /// The values of a weight; `seed` is for those that have none of their own.
    fn sample(&self, shape: &[usize], seed: u64) -> Result<Vec<f32>>;

    /// Must it be given a seed?
    fn needs_seed(&self) -> bool {
        false
    }
}

/// How many values a weight has; `Initializer::sample` has seen to it that they fit.
pub(crate) fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}
