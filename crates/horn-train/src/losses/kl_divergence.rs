//! The Kullback-Leibler divergence.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, EPSILON, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The sum of `y_true * ln(y_true / y_pred)` over the last axis, of probabilities clipped to the range from 1e-7 to 1.
///
/// ```
/// use horn::losses::{KLDivergence, Reduction};
///
/// let loss = KLDivergence::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KLDivergence {
    #[serde(flatten)]
    common: Common,
}

impl KLDivergence {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("kl_divergence") }
    }
}

common_arguments!(KLDivergence);

impl Loss for KLDivergence {
    common_methods!(KLDivergence);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=1.0
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        let (y_true, y_pred) = (y_true.clamp(EPSILON, 1.0), y_pred.clamp(EPSILON, 1.0));
        let ratio = y_true.clone() / y_pred;
        Ok((y_true * ratio.log()).sum_dim(1).squeeze_dim(1))
    }
}
