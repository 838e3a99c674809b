//! Crossentropy of binary labels that pays attention to the hard ones.

use burn::Tensor;
use burn::tensor::activation::sigmoid;
use horn_nn::{Result, arguments, powf};
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::common::{
    Common, axis_argument, axis_method, check_number, check_smoothing, clip_probabilities, common_arguments,
    common_methods, from_logits_argument,
};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean over an axis, the last one by default, of the binary crossentropy, times `(1 - p)^gamma`, where `p` is the
/// probability of the true label ([Lin et al., 2017](https://arxiv.org/abs/1708.02002)).
///
/// ```
/// use horn::losses::BinaryFocalCrossentropy;
///
/// let loss = BinaryFocalCrossentropy::new().gamma(3.0).apply_class_balancing(true).alpha(0.4);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryFocalCrossentropy {
    #[serde(flatten)]
    common: Common,
    from_logits: bool,
    label_smoothing: f64,
    axis: Axis,
    apply_class_balancing: bool,
    alpha: f64,
    gamma: f64,
}

impl BinaryFocalCrossentropy {
    /// The loss with Keras's defaults: from probabilities, without smoothing and class balancing.
    pub fn new() -> Self {
        Self {
            common: Common::new("binary_focal_crossentropy"),
            from_logits: false,
            label_smoothing: 0.0,
            axis: Axis::LAST,
            apply_class_balancing: false,
            alpha: 0.25,
            gamma: 2.0,
        }
    }
}

arguments!(BinaryFocalCrossentropy {
    /// Weights labels of 1 by `alpha`, and labels of 0 by `1 - alpha`.
    apply_class_balancing: bool,
    /// The weight of the examples whose label is 1, if the classes are balanced, from 0 to 1; 0.25 by default.
    alpha: f64,
    /// How much less well predicted examples count; 2 by default, and 0 for the plain crossentropy.
    gamma: f64,
    /// Smooths the targets: moves each towards 1/2 by this fraction, from 0 (the default) to 1.
    label_smoothing: f64,
});

axis_argument!(BinaryFocalCrossentropy);
common_arguments!(BinaryFocalCrossentropy);
from_logits_argument!(BinaryFocalCrossentropy);

impl Loss for BinaryFocalCrossentropy {
    axis_method!();
    common_methods!(BinaryFocalCrossentropy);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=1.0
    }

    fn validate(&self) -> Result<()> {
        check_smoothing(self.label_smoothing)?;
        check_number("alpha", self.alpha, (0.0..=1.0).contains(&self.alpha), "a number from 0 to 1")?;
        check_number("gamma", self.gamma, self.gamma >= 0.0, "a number of at least 0")
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let mut y_true = y_true.into_dense(&y_pred)?;
        if self.label_smoothing > 0.0 {
            y_true = y_true.mul_scalar(1.0 - self.label_smoothing).add_scalar(0.5 * self.label_smoothing);
        }
        let yes = if self.from_logits { sigmoid(y_pred) } else { y_pred };
        let crossentropy = {
            let yes = clip_probabilities(yes.clone());
            let no = not(yes.clone());
            (y_true.clone() * yes.log() + not(y_true.clone()) * no.log()).neg()
        };
        let right = y_true.clone() * yes.clone() + not(y_true.clone()) * not(yes);
        let mut focal = powf(not(right), self.gamma) * crossentropy;
        if self.apply_class_balancing {
            focal = (y_true.clone().mul_scalar(self.alpha) + not(y_true).mul_scalar(1.0 - self.alpha)) * focal;
        }
        Ok(focal.mean_dim(1).squeeze_dim(1))
    }
}

/// The probability of the opposite.
fn not(probability: Tensor<2>) -> Tensor<2> {
    probability.neg().add_scalar(1.0)
}
