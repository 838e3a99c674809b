//! Activations, each in one pass over memory, and softmax.

use burn::tensor::Tensor;

use crate::types::activation::Activation;

/// Applies a function to each value.
///
/// # Shapes
///
/// - `x`: any
/// - result: as `x`
pub fn activation<const D: usize>(x: &Tensor<D>, activation: Activation) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::activation::activation(x, activation);
    #[cfg(not(feature = "flex"))]
    None
}

/// `e^(x_i − max x) / Σ_k e^(x_k − max x)` along the last axis.
///
/// # Shapes
///
/// - `x`: any
/// - result: as `x`
pub fn softmax<const D: usize>(x: &Tensor<D>) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::softmax::softmax(x, false);
    #[cfg(not(feature = "flex"))]
    None
}

/// `log(softmax(x))` along the last axis, finite wherever `x` is.
///
/// # Shapes
///
/// - `x`: any
/// - result: as `x`
pub fn log_softmax<const D: usize>(x: &Tensor<D>) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::softmax::softmax(x, true);
    #[cfg(not(feature = "flex"))]
    None
}
