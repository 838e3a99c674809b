//! Dense layers: a product with the kernel, the bias and relu in one pass.

use burn::tensor::Tensor;

/// `relu?(x · kernel + bias)`.
///
/// # Shapes
///
/// - `x`: `[samples, features]`
/// - `kernel`: `[features, units]`
/// - `bias`: `[units]`
/// - result: `[samples, units]`
pub fn dense(x: &Tensor<2>, kernel: &Tensor<2>, bias: Option<&Tensor<1>>, relu: bool) -> Option<Tensor<2>> {
    #[cfg(feature = "flex")]
    return crate::flex::dense::dense(x, kernel, bias, relu);
    #[cfg(not(feature = "flex"))]
    None
}
