//! The Huber loss.

use burn::Tensor;
use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};

use super::common::{Common, check_number, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The mean of `d² / 2` over the last axis for differences `d` up to `delta`, and of `delta * |d| - delta² / 2` beyond:
/// the square for small errors, and a line for outliers.
///
/// ```
/// use horn::losses::Huber;
///
/// let loss = Huber::new().delta(2.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Huber {
    #[serde(flatten)]
    common: Common,
    /// Keras does not write it, so it is written only if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delta: Option<f64>,
}

impl Huber {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("huber_loss"), delta: None }
    }
}

arguments!(Huber {
    /// The difference from which on the loss grows as a line; 1 by default.
    delta: f64,
});

common_arguments!(Huber);

impl Loss for Huber {
    common_methods!(Huber);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn validate(&self) -> Result<()> {
        match self.delta {
            Some(delta) => check_number("delta", delta, delta > 0.0, "a number above 0"),
            None => Ok(()),
        }
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let delta = self.delta.unwrap_or(1.0);
        let difference = (y_pred.clone() - y_true.into_dense(&y_pred)?).abs();
        // d² / 2 up to delta, and delta * (d - delta) more from there on.
        let near = difference.clone().clamp_max(delta);
        let far = (difference - near.clone()).mul_scalar(delta);
        Ok((near.square().mul_scalar(0.5) + far).mean_dim(1).squeeze_dim(1))
    }
}
