//! Crossentropy that is robust against wrong labels.

use burn::Tensor;
use horn_nn::{Result, arguments, powf};
use serde::{Deserialize, Serialize};

use super::common::{Common, check_number, common_arguments, common_methods};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// `(1 - p^q) / q`, where `p` is the probability of the class in the targets: between the crossentropy (`q` towards 0) and
/// the mean absolute error (`q` towards 1) ([Zhang and Sabuncu, 2018](https://arxiv.org/abs/1805.07836)).
///
/// ```
/// use horn::losses::CategoricalGeneralizedCrossEntropy;
///
/// let loss = CategoricalGeneralizedCrossEntropy::new().q(0.7);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoricalGeneralizedCrossEntropy {
    #[serde(flatten)]
    common: Common,
    q: f64,
}

impl CategoricalGeneralizedCrossEntropy {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("categorical_generalized_cross_entropy"), q: 0.5 }
    }
}

arguments!(CategoricalGeneralizedCrossEntropy {
    /// How robust it is, between 0 and 1; 0.5 by default.
    q: f64,
});

common_arguments!(CategoricalGeneralizedCrossEntropy);

impl Loss for CategoricalGeneralizedCrossEntropy {
    common_methods!(CategoricalGeneralizedCrossEntropy);

    fn targets(&self) -> TargetKind {
        TargetKind::Classes
    }

    fn validate(&self) -> Result<()> {
        check_number("q", self.q, self.q > 0.0 && self.q < 1.0, "a number between 0 and 1")
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let classes = y_true.into_classes(&y_pred)?.unsqueeze_dim::<2>(1);
        let probability = y_pred.gather(1, classes).squeeze_dim::<1>(1);
        Ok(powf(probability, self.q).neg().add_scalar(1.0).div_scalar(self.q))
    }
}
