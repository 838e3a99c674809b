//! Crossentropy of binary labels.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::common::{
    Common, axis_argument, axis_method, check_smoothing, clip_probabilities, common_arguments, common_methods,
    exact_on_logits, from_logits_argument,
};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `-y_true * ln(p) - (1 - y_true) * ln(1 - p)` over an axis, the last one by default.
///
/// The probabilities `p` are the predictions, clipped to the range from 1e-7 to 1 - 1e-7. If the predictions are
/// logits, `p` is their sigmoid, in a form that stays exact for any logits.
///
/// ```
/// use horn::losses::BinaryCrossentropy;
///
/// let loss = BinaryCrossentropy::new().from_logits(true).label_smoothing(0.1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryCrossentropy {
    #[serde(flatten)]
    common: Common,
    from_logits: bool,
    label_smoothing: f64,
    axis: Axis,
}

impl BinaryCrossentropy {
    /// The loss with Keras's defaults: from probabilities, without smoothing.
    pub fn new() -> Self {
        Self { common: Common::new("binary_crossentropy"), from_logits: false, label_smoothing: 0.0, axis: Axis::LAST }
    }
}

arguments!(BinaryCrossentropy {
    /// Smooths the targets: moves each towards 1/2 by this fraction, from 0 (the default) to 1.
    label_smoothing: f64,
});

axis_argument!(BinaryCrossentropy);
common_arguments!(BinaryCrossentropy);
from_logits_argument!(BinaryCrossentropy);

impl Loss for BinaryCrossentropy {
    axis_method!();
    common_methods!(BinaryCrossentropy);
    exact_on_logits!(is_sigmoid);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=1.0
    }

    fn validate(&self) -> Result<()> {
        check_smoothing(self.label_smoothing)
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let mut y_true = y_true.into_dense(&y_pred)?;
        if self.label_smoothing > 0.0 {
            y_true = y_true.mul_scalar(1.0 - self.label_smoothing).add_scalar(0.5 * self.label_smoothing);
        }
        Ok(if self.from_logits { from_logits(y_true, y_pred) } else { from_probabilities(y_true, y_pred) })
    }
}

pub(crate) fn from_logits(y_true: Tensor<2>, logits: Tensor<2>) -> Tensor<1> {
    mean(y_true, log_sigmoid(logits.clone()), log_sigmoid(logits.neg()))
}

fn from_probabilities(y_true: Tensor<2>, probabilities: Tensor<2>) -> Tensor<1> {
    let probabilities = clip_probabilities(probabilities);
    let no = probabilities.clone().neg().add_scalar(1.0);
    mean(y_true, probabilities.log(), no.log())
}

fn mean(y_true: Tensor<2>, log_yes: Tensor<2>, log_no: Tensor<2>) -> Tensor<1> {
    let not_true = y_true.clone().neg().add_scalar(1.0);
    (y_true * log_yes + not_true * log_no).mean_dim(1).squeeze_dim::<1>(1).neg()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    const TARGETS: [[f32; 2]; 4] = [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.5]];
    const PROBABILITIES: [[f32; 2]; 4] = [[0.1, 0.9], [0.0, 1.0], [1.0, 0.0], [0.5, 0.25]];
    const LOGITS: [[f32; 2]; 4] = [[1.0, -2.0], [1e4, -1e4], [-1e4, 1e4], [20.0, -0.5]];

    #[test]
    fn follows_keras_from_probabilities() {
        check(
            &BinaryCrossentropy::new(),
            TARGETS,
            PROBABILITIES,
            [0.105360545, 1.1920929e-07, 16.03024, 0.7650677],
            [[0.5555556, -0.5555556], [0.0, 0.0], [0.0, 0.0], [-4.0, -2.6666665]],
        );
    }

    #[test]
    fn follows_keras_from_logits() {
        check(
            &BinaryCrossentropy::new().from_logits(true),
            TARGETS,
            LOGITS,
            [1.7200949, 10000.0, 0.0, 0.3620385],
            [[0.36552927, -0.4403985], [1.0, -1.0], [0.0, 0.0], [-4.1223074e-09, -0.24491867]],
        );
    }

    #[test]
    fn smooths_like_keras() {
        check(
            &BinaryCrossentropy::new().label_smoothing(0.2),
            TARGETS,
            PROBABILITIES,
            [0.32508296, 1.6030239, 14.427216, 0.7650677],
            [[0.0, -3.5762787e-07], [0.0, 0.0], [0.0, 0.0], [-3.2000003, -2.6666665]],
        );
        check(
            &BinaryCrossentropy::new().label_smoothing(0.2).from_logits(true),
            TARGETS,
            LOGITS,
            [1.570095, 9000.0, 999.9998, 1.3620381],
            [[0.31552926, -0.39039853], [0.9, -0.90000004], [-0.15, 0.14999995], [0.19999993, -0.24491867]],
        );
    }
}
