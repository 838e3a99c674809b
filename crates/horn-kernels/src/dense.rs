//! Dense layers: a product with the kernel, the bias and relu in one pass.

use burn::tensor::Tensor;

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
