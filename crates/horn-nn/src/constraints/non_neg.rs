//! `NonNeg`: values are not negative.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Replaces negative values by 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonNeg {}

impl NonNeg {
    /// The constraint.
    pub fn new() -> Self {
        Self {}
    }

    pub(super) fn apply<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        // Not a clamp: some backends would also replace NaN by 0, and hide it.
        let negative = weight.clone().lower_elem(0);
        weight.mask_fill(negative, 0)
    }
}
