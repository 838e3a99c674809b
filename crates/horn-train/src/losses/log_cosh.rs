//! The mean logarithm of the hyperbolic cosine of the differences.

use std::f32::consts::LN_2;

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `ln(cosh(y_pred - y_true))` over the last axis: about `d² / 2` for a small difference `d`, and
/// `|d| - ln(2)` for a large one.
///
/// ```
/// use horn::losses::{LogCosh, Reduction};
///
/// let loss = LogCosh::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogCosh {
    #[serde(flatten)]
    common: Common,
}

impl LogCosh {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("log_cosh") }
    }
}

common_arguments!(LogCosh);

impl Loss for LogCosh {
    common_methods!(LogCosh);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        // ln(cosh(d)) = d + ln(1 + exp(-2d)) - ln(2), in a form that does not overflow.
        let difference = y_pred - y_true;
        let logarithm = difference.clone() - log_sigmoid(difference.mul_scalar(2.0));
        Ok(logarithm.sub_scalar(LN_2).mean_dim(1).squeeze_dim(1))
    }
}
