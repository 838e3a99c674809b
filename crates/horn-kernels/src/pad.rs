//! Zeros around images.

use burn::tensor::Tensor;

/// Pads each spatial axis with zeros: `margins` says how many before and after it.
///
/// # Shapes
///
/// - `x`: `[samples, …, channels]`, with margins for each axis in between
/// - result: the same with these axes longer by their margins
pub fn zero_pad<const D: usize>(x: &Tensor<D>, margins: &[(usize, usize)]) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::convolution::pad::zero_pad(x, margins);
    #[cfg(not(feature = "flex"))]
    None
}
