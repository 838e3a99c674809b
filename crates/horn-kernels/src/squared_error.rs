//! The mean of squared differences.

use burn::tensor::Tensor;

/// The mean of `(y_true − y_pred)²` in each row.
///
/// # Shapes
///
/// - `y_true`, `y_pred`: `[rows, features]`
/// - result: `[rows]`
pub fn mean_squared_error(y_true: &Tensor<2>, y_pred: &Tensor<2>) -> Option<Tensor<1>> {
    #[cfg(feature = "flex")]
    return crate::flex::squared_error::mean_squared_error(y_true, y_pred);
    #[cfg(not(feature = "flex"))]
    None
}
