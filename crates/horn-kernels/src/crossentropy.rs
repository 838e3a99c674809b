//! The softmax and the crossentropy of its probabilities, from logits.

use burn::tensor::{Int, Tensor};

/// The crossentropy of class numbers: `ln Σ exp(logits) - logits[label]` in each row.
///
/// # Shapes
///
/// - `labels`: `[rows]`, numbers from 0 to `classes - 1`; `None` is returned for others
/// - `logits`: `[rows, classes]`
/// - result: `[rows]`
pub fn sparse_crossentropy(labels: &Tensor<1, Int>, logits: &Tensor<2>) -> Option<Tensor<1>> {
    #[cfg(feature = "flex")]
    return crate::flex::crossentropy::sparse(labels, logits);
    #[cfg(not(feature = "flex"))]
    None
}

/// The crossentropy of probabilities that are given: `Σ targets · (ln Σ exp(logits) - logits)` in each row. The targets get no gradient.
///
/// # Shapes
///
/// - `targets`, `logits`: `[rows, classes]`
/// - result: `[rows]`
pub fn crossentropy(targets: &Tensor<2>, logits: &Tensor<2>) -> Option<Tensor<1>> {
    #[cfg(feature = "flex")]
    return crate::flex::crossentropy::dense(targets, logits);
    #[cfg(not(feature = "flex"))]
    None
}
