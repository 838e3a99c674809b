//! Crossentropy of one-hot encoded classes.

use burn::Tensor;
use burn::tensor::activation::log_softmax;
use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::common::{
    Common, axis_argument, axis_method, check_smoothing_of_classes, clip_probabilities, common_arguments,
    common_methods, exact_on_logits, from_logits_argument,
};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The sum of `-y_true * ln(p)` over the classes, the last axis by default.
///
/// The probabilities `p` are the predictions divided by their sum, and clipped to the range from 1e-7 to 1 - 1e-7. If
/// the predictions are logits, `p` is their softmax, in a form that stays exact for any logits.
///
/// ```
/// use horn::losses::CategoricalCrossentropy;
///
/// let loss = CategoricalCrossentropy::new().from_logits(true).label_smoothing(0.1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoricalCrossentropy {
    #[serde(flatten)]
    common: Common,
    from_logits: bool,
    label_smoothing: f64,
    axis: Axis,
}

impl CategoricalCrossentropy {
    /// The loss with Keras's defaults: from probabilities, without smoothing.
    pub fn new() -> Self {
        Self {
            common: Common::new("categorical_crossentropy"),
            from_logits: false,
            label_smoothing: 0.0,
            axis: Axis::LAST,
        }
    }
}

arguments!(CategoricalCrossentropy {
    /// Smooths the targets: spreads this fraction of them evenly over all classes, from 0 (the default) to 1.
    label_smoothing: f64,
});

axis_argument!(CategoricalCrossentropy);
common_arguments!(CategoricalCrossentropy);
from_logits_argument!(CategoricalCrossentropy);

impl Loss for CategoricalCrossentropy {
    axis_method!();
    common_methods!(CategoricalCrossentropy);
    exact_on_logits!(is_softmax);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=1.0
    }

    fn validate(&self) -> Result<()> {
        check_smoothing_of_classes(self.label_smoothing, self.axis)
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let mut y_true = y_true.into_dense(&y_pred)?;
        if self.label_smoothing > 0.0 {
            let classes = y_true.dims()[1] as f64;
            y_true = y_true.mul_scalar(1.0 - self.label_smoothing).add_scalar(self.label_smoothing / classes);
        }
        Ok(if self.from_logits { from_logits(y_true, y_pred) } else { from_probabilities(y_true, y_pred) })
    }
}

pub(crate) fn from_logits(y_true: Tensor<2>, logits: Tensor<2>) -> Tensor<1> {
    if let Some(losses) = horn_kernels::crossentropy(&y_true, &logits) {
        return losses;
    }
    expected(y_true, log_softmax(logits, 1))
}

fn from_probabilities(y_true: Tensor<2>, probabilities: Tensor<2>) -> Tensor<1> {
    let total = probabilities.clone().sum_dim(1);
    expected(y_true, clip_probabilities(probabilities / total).log())
}

fn expected(y_true: Tensor<2>, logarithms: Tensor<2>) -> Tensor<1> {
    (y_true * logarithms).sum_dim(1).squeeze_dim::<1>(1).neg()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{FROM_LOGITS, FROM_PROBABILITIES, LOGITS, ONE_HOT, PROBABILITIES, check};
    use super::*;

    #[test]
    fn follows_keras_from_probabilities() {
        let (expected, gradient) = FROM_PROBABILITIES;
        check(&CategoricalCrossentropy::new(), ONE_HOT, PROBABILITIES, expected, gradient);
    }

    #[test]
    fn follows_keras_from_logits() {
        let (expected, gradient) = FROM_LOGITS;
        check(&CategoricalCrossentropy::new().from_logits(true), ONE_HOT, LOGITS, expected, gradient);
    }

    #[test]
    fn smooths_like_keras() {
        check(
            &CategoricalCrossentropy::new().label_smoothing(0.1),
            ONE_HOT,
            PROBABILITIES,
            [0.46329743, 1.1943834, 15.089766, 1.3631895],
            [
                [0.6666666, 0.8333333, -0.33333337],
                [-4.222222, 1.7777778, 1.8333334],
                [0.20000002, 0.0, 0.0],
                [0.93333334, -2.7333333, 0.8666667],
            ],
        );
        check(
            &CategoricalCrossentropy::new().label_smoothing(0.1).from_logits(true),
            ONE_HOT,
            LOGITS,
            [1.0712636, 1000.0, 19000.0, 1.0986123],
            [
                [0.57041556, -0.0032744473, -0.5671411],
                [0.13333333, -0.06666667, -0.06666667],
                [-2.8, 2.8999999, -0.10000001],
                [1.2, -2.4, 1.2],
            ],
        );
    }
}
