//! The Dice loss: how much targets and predictions overlap.

use burn::Tensor;
use horn_nn::{AnyTensor, Result};
use serde::{Deserialize, Serialize};

use super::common::{Common, EPSILON, common_arguments, common_methods, whole_batch_values};
use super::loss::Loss;
use super::overlap::{Axes, Overlap, overlap, reduce_overlap};
use super::target::TargetKind;

/// `1 - 2 * Σ(y_true * y_pred) / (Σ y_true + Σ y_pred)`: 0 where targets and predictions are the same, and 1 where they
/// do not overlap.
///
/// The sums are over all values of a batch, or over the given axes.
///
/// ```
/// use horn::losses::Dice;
///
/// // One value for each image.
/// let loss = Dice::new().axis([1, 2, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dice {
    #[serde(flatten)]
    common: Common,
    axis: Option<Axes>,
}

impl Dice {
    /// The loss with Keras's defaults: one value for a batch.
    pub fn new() -> Self {
        Self { common: Common::new("dice"), axis: None }
    }

    /// The axes of the sums; all by default. The samples are along axis 0.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Vec<i64>>) -> Self {
        self.axis = Some(Axes::Several(axis.into()));
        self
    }
}

common_arguments!(Dice);

impl Loss for Dice {
    common_methods!(Dice);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=1.0
    }

    whole_batch_values!();

    fn call_masked(
        &self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<Tensor<1>> {
        let Overlap { both, only_true, only_predicted } = overlap(y_true, y_pred, self.axis.as_ref())?;
        let twice = both.mul_scalar(2.0);
        let sums = twice.clone() + only_true + only_predicted;
        let values = (twice / sums.add_scalar(EPSILON)).neg().add_scalar(1.0);
        reduce_overlap(values, mask, sample_weight, self.common.reduction)
    }
}
