//! The cosine of the angle between targets and predictions.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::common::{Common, axis_argument, axis_method, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// Minus the cosine of the angle between targets and predictions along an axis, the last one by default: -1 for the same
/// direction, and 1 for the opposite one.
///
/// ```
/// use horn::losses::{CosineSimilarity, Reduction};
///
/// let loss = CosineSimilarity::new().reduction(Reduction::Sum);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineSimilarity {
    #[serde(flatten)]
    common: Common,
    /// Keras does not write it, so it is written only if it is given.
    #[serde(default, skip_serializing_if = "Axis::is_last")]
    axis: Axis,
}

impl CosineSimilarity {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("cosine_similarity"), axis: Axis::LAST }
    }
}

axis_argument!(CosineSimilarity);
common_arguments!(CosineSimilarity);

impl Loss for CosineSimilarity {
    axis_method!();
    common_methods!(CosineSimilarity);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        Ok(cosine(y_true.into_dense(&y_pred)?, y_pred).neg())
    }
}

/// The cosine of the angle between each row and its counterpart.
pub(crate) fn cosine(one: Tensor<2>, other: Tensor<2>) -> Tensor<1> {
    (unit(one) * unit(other)).sum_dim(1).squeeze_dim(1)
}

/// Each row divided by its length, which counts as at least 1e-7.
fn unit(rows: Tensor<2>) -> Tensor<2> {
    let inverse = rows.clone().square().sum_dim(1).sqrt().recip().clamp_max(1e7);
    rows * inverse
}
