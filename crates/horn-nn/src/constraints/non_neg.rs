//! `NonNeg`: no value below 0.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Makes negative weights 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonNeg {}

impl NonNeg {
    /// No value below 0.
    pub fn new() -> Self {
        Self {}
    }

    pub(super) fn apply<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        // Not clamped: some backends would make 0 of NaN too, and hide it.
        let negative = weight.clone().lower_elem(0);
        weight.mask_fill(negative, 0)
    }
}
