//! The mean of the absolute differences.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `|y_true - y_pred|` over the last axis.
///
/// ```
/// use horn::losses::{MeanAbsoluteError, Reduction};
///
/// let loss = MeanAbsoluteError::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanAbsoluteError {
    #[serde(flatten)]
    common: Common,
}

impl MeanAbsoluteError {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("mean_absolute_error") }
    }
}

common_arguments!(MeanAbsoluteError);

impl Loss for MeanAbsoluteError {
    common_methods!(MeanAbsoluteError);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        Ok(mean_absolute_error_of_rows(y_true.into_dense(&y_pred)?, y_pred))
    }
}

pub(crate) fn mean_absolute_error_of_rows(y_true: Tensor<2>, y_pred: Tensor<2>) -> Tensor<1> {
    (y_true - y_pred).abs().mean_dim(1).squeeze_dim(1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ONE_HOT, PROBABILITIES, check};
    use super::*;

    #[test]
    fn follows_keras() {
        check(
            &MeanAbsoluteError::new(),
            ONE_HOT,
            PROBABILITIES,
            [0.20000002, 0.46666667, 0.6666667, 1.0],
            [
                [0.33333334, 0.33333334, -0.33333334],
                [-0.6666667, 0.6666667, 0.6666667],
                [-1.0, 1.0, 1.0],
                // Target and prediction are both 1. The derivative of |x| at 0 is 1 in JAX, which gives -1.3333334, and
                // 0 in Burn.
                [1.3333334, 0.0, 1.3333334],
            ],
        );
    }
}
