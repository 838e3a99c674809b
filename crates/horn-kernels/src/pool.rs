//! Pooling over one to three spatial axes.

use burn::tensor::Tensor;

use crate::types::pooling::Pooling;

/// The largest value or the mean of what a window sees, for each of its positions and each channel.
///
/// # Shapes
///
/// - `x`: `[samples, …, channels]`, with a slide for each axis in between
/// - result: the same with the number of positions for each of these axes
pub fn pool<const D: usize>(x: &Tensor<D>, pooling: Pooling) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::convolution::pool::pool(x, pooling);
    #[cfg(not(feature = "flex"))]
    None
}
