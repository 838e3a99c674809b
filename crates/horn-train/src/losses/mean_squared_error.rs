//! The mean of the squared differences.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `(y_true - y_pred)²` over the last axis.
///
/// ```
/// use horn::losses::{MeanSquaredError, Reduction};
///
/// let loss = MeanSquaredError::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanSquaredError {
    #[serde(flatten)]
    common: Common,
}

impl MeanSquaredError {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("mean_squared_error") }
    }
}

common_arguments!(MeanSquaredError);

impl Loss for MeanSquaredError {
    common_methods!(MeanSquaredError);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        Ok(mean_squared_error_of_rows(y_true.into_dense(&y_pred)?, y_pred))
    }
}

pub(crate) fn mean_squared_error_of_rows(y_true: Tensor<2>, y_pred: Tensor<2>) -> Tensor<1> {
    match horn_kernels::mean_squared_error(&y_true, &y_pred) {
        Some(means) => means,
        None => (y_true - y_pred).square().mean_dim(1).squeeze_dim(1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ONE_HOT, PROBABILITIES, check};
    use super::*;

    #[test]
    fn follows_keras() {
        check(
            &MeanSquaredError::new(),
            ONE_HOT,
            PROBABILITIES,
            [0.046666674, 0.24666667, 0.5, 1.6666667],
            [
                [0.06666667, 0.13333334, -0.20000002],
                [-0.93333334, 0.40000004, 0.53333336],
                [-2.0, 1.0, 1.0],
                [5.3333335, 0.0, 2.6666667],
            ],
        );
    }
}
