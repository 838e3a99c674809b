//! The hinge loss.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `max(1 - y_true * y_pred, 0)` over the last axis. The targets are -1 and 1. If all targets of a batch are
/// 0 or 1, 0 stands for -1.
///
/// ```
/// use horn::losses::{Hinge, Reduction};
///
/// let loss = Hinge::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hinge {
    #[serde(flatten)]
    common: Common,
}

impl Hinge {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("hinge") }
    }
}

common_arguments!(Hinge);

impl Loss for Hinge {
    common_methods!(Hinge);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        Ok(margins(y_true, y_pred).mean_dim(1).squeeze_dim(1))
    }
}

/// By how much each prediction falls short of its target.
pub(super) fn margins(y_true: Tensor<2>, y_pred: Tensor<2>) -> Tensor<2> {
    (signs(y_true) * y_pred).neg().add_scalar(1.0).clamp_min(0.0)
}

/// The targets with -1 in the place of 0, if all are 0 or 1. Nothing is read from the device.
fn signs(y_true: Tensor<2>) -> Tensor<2> {
    let binary = y_true.clone().equal_elem(0.0).bool_or(y_true.clone().equal_elem(1.0));
    let all = binary.all().float().reshape([1, 1]);
    y_true.clone() + y_true.sub_scalar(1.0) * all
}
