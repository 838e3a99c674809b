//! Pooling over one to three spatial axes.

use burn::tensor::Tensor;

use crate::types::slide::Slide;

/// The largest value that a window sees, for each of its positions and each channel. Padding is never the largest.
///
/// The first of several largest values, in row-major order, takes the gradient.
///
/// # Shapes
///
/// - `x`: `[samples, …, channels]`, with a slide for each axis in between
/// - result: the same with the number of positions for each of these axes
pub fn max_pool<const D: usize>(x: &Tensor<D>, slides: &[Slide]) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::convolution::pool::pool(x, slides, crate::flex::convolution::pool::Kind::Max);
    #[cfg(not(feature = "flex"))]
    None
}

/// The mean of what a window sees, for each of its positions and each channel. Padding does not count.
///
/// Shapes are those of [`max_pool`].
pub fn average_pool<const D: usize>(x: &Tensor<D>, slides: &[Slide]) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::convolution::pool::pool(x, slides, crate::flex::convolution::pool::Kind::Average);
    #[cfg(not(feature = "flex"))]
    None
}
