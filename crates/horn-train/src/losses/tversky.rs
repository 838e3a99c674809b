//! The Tversky loss: an overlap in which the two kinds of errors count differently.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{AnyTensor, Result};
use serde::{Deserialize, Serialize};

use super::common::{Common, EPSILON, check_number, common_arguments, common_methods, whole_batch_values};
use super::loss::Loss;
use super::overlap::{Axes, Overlap, overlap, reduce_overlap};
use super::target::TargetKind;

/// `1 - b / (b + alpha * t + beta * p)`, where `b` is the sum of `y_true * y_pred`, `t` that of what is only in the
/// targets, and `p` that of what is only in the predictions ([Salehi et al., 2017](https://arxiv.org/abs/1706.05721)).
/// With both weights at 0.5 it is the [`Dice`](super::Dice) loss.
///
/// The sums are over all values of a batch, or over the given axes.
///
/// ```
/// use horn::losses::Tversky;
///
/// // What is missed counts more than what is too much; one value for each image.
/// let loss = Tversky::new().alpha(0.7).beta(0.3).axis([1, 2, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tversky {
    #[serde(flatten)]
    common: Common,
    alpha: f64,
    beta: f64,
    axis: Option<Axes>,
}

impl Tversky {
    /// The loss with Keras's defaults: one value for a batch, and equal weights.
    pub fn new() -> Self {
        Self { common: Common::new("tversky"), alpha: 0.5, beta: 0.5, axis: None }
    }

    /// The axes of the sums; all by default. The samples are along axis 0.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Vec<i64>>) -> Self {
        self.axis = Some(Axes::Several(axis.into()));
        self
    }
}

arguments!(Tversky {
    /// The weight of what is only in the targets; 0.5 by default.
    alpha: f64,
    /// The weight of what is only in the predictions; 0.5 by default.
    beta: f64,
});

common_arguments!(Tversky);

impl Loss for Tversky {
    common_methods!(Tversky);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=1.0
    }

    fn validate(&self) -> Result<()> {
        check_number("alpha", self.alpha, self.alpha >= 0.0, "a number of at least 0")?;
        check_number("beta", self.beta, self.beta >= 0.0, "a number of at least 0")
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
        let sums = both.clone() + only_true.mul_scalar(self.alpha) + only_predicted.mul_scalar(self.beta);
        let values = (both / sums.add_scalar(EPSILON)).neg().add_scalar(1.0);
        reduce_overlap(values, mask, sample_weight, self.common.reduction)
    }
}
