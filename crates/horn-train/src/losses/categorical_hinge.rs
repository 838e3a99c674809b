//! The hinge loss of one-hot encoded classes.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::common::{Common, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// `max(n - p + 1, 0)`, where `p` is the prediction for the true class, and `n` the largest for another class.
///
/// ```
/// use horn::losses::{CategoricalHinge, Reduction};
///
/// let loss = CategoricalHinge::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoricalHinge {
    #[serde(flatten)]
    common: Common,
}

impl CategoricalHinge {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("categorical_hinge") }
    }
}

common_arguments!(CategoricalHinge);

impl Loss for CategoricalHinge {
    common_methods!(CategoricalHinge);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let y_true = y_true.into_dense(&y_pred)?;
        let positive = (y_true.clone() * y_pred.clone()).sum_dim(1);
        let negative = (y_true.neg().add_scalar(1.0) * y_pred).max_dim(1);
        Ok((negative - positive).add_scalar(1.0).clamp_min(0.0).squeeze_dim(1))
    }
}
