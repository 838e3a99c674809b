//! The mean of the squared differences of logarithms.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, EPSILON, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `(ln(y_true + 1) - ln(y_pred + 1))²` over the last axis. Values below 1e-7 count as 1e-7.
///
/// ```
/// use horn::losses::{MeanSquaredLogarithmicError, Reduction};
///
/// let loss = MeanSquaredLogarithmicError::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanSquaredLogarithmicError {
    #[serde(flatten)]
    common: Common,
}

impl MeanSquaredLogarithmicError {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("mean_squared_logarithmic_error") }
    }
}

common_arguments!(MeanSquaredLogarithmicError);

impl Loss for MeanSquaredLogarithmicError {
    common_methods!(MeanSquaredLogarithmicError);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=f64::INFINITY
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        let log = |x: Tensor<2>| x.clamp_min(EPSILON).add_scalar(1.0).log();
        Ok((log(y_pred) - log(y_true)).square().mean_dim(1).squeeze_dim(1))
    }
}
