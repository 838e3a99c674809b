//! Dense layers: a product with the kernel, the bias and relu in one pass.

use burn::tensor::Tensor;

use crate::types::dense_layer::DenseLayer;

/// `relu?(x · kernel + bias)`.
///
/// # Shapes
///
/// - `x`: `[…, features]`
/// - `kernel`: `[features, units]`
/// - `bias`: `[units]`
/// - result: `[…, units]`
pub fn dense<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<2>,
    bias: Option<&Tensor<1>>,
    relu: bool,
) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::dense::dense(x, kernel, bias, relu);
    #[cfg(not(feature = "flex"))]
    None
}

/// Dense layers one after the other. Each thread takes its part of the samples through all of them.
///
/// There may be [`MAX_LAYERS`](DenseLayer::MAX_LAYERS) at most, and each kernel should be
/// [small](DenseLayer::is_small).
///
/// # Shapes
///
/// - `x`: `[…, features]`
/// - result: `[…, units of the last layer]`
pub fn dense_stack<const D: usize>(x: &Tensor<D>, layers: &[DenseLayer]) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::stack::dense_stack(x, layers);
    #[cfg(not(feature = "flex"))]
    None
}
