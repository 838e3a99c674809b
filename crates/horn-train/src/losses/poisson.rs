//! The loss of counts that follow a Poisson distribution.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, EPSILON, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `y_pred - y_true * ln(y_pred + 1e-7)` over the last axis, for counts whose mean is predicted.
///
/// ```
/// use horn::losses::{Poisson, Reduction};
///
/// let loss = Poisson::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poisson {
    #[serde(flatten)]
    common: Common,
}

impl Poisson {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("poisson") }
    }
}

common_arguments!(Poisson);

impl Loss for Poisson {
    common_methods!(Poisson);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=f64::INFINITY
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        let logarithm = y_pred.clone().add_scalar(EPSILON).log();
        Ok((y_pred - y_true * logarithm).mean_dim(1).squeeze_dim(1))
    }
}
