//! The squared hinge loss.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods};
use super::hinge::margins;
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `max(1 - y_true * y_pred, 0)²` over the last axis. The targets are -1 and 1. If all targets of a batch are
/// 0 or 1, 0 stands for -1.
///
/// ```
/// use horn::losses::{SquaredHinge, Reduction};
///
/// let loss = SquaredHinge::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SquaredHinge {
    #[serde(flatten)]
    common: Common,
}

impl SquaredHinge {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("squared_hinge") }
    }
}

common_arguments!(SquaredHinge);

impl Loss for SquaredHinge {
    common_methods!(SquaredHinge);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        Ok(margins(y_true, y_pred).square().mean_dim(1).squeeze_dim(1))
    }
}
