//! The mean of the differences as percentages of the targets.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, EPSILON, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `100 * |y_true - y_pred| / |y_true|` over the last axis. Targets near 0 count as 1e-7.
///
/// ```
/// use horn::losses::{MeanAbsolutePercentageError, Reduction};
///
/// let loss = MeanAbsolutePercentageError::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanAbsolutePercentageError {
    #[serde(flatten)]
    common: Common,
}

impl MeanAbsolutePercentageError {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("mean_absolute_percentage_error") }
    }
}

common_arguments!(MeanAbsolutePercentageError);

impl Loss for MeanAbsolutePercentageError {
    common_methods!(MeanAbsolutePercentageError);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        let size = y_true.clone().abs().clamp_min(EPSILON);
        let relative = ((y_true - y_pred) / size).abs();
        Ok(relative.mean_dim(1).squeeze_dim::<1>(1).mul_scalar(100.0))
    }
}
