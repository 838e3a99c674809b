//! Adamax.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::adam::power;
use super::checks::{at_least_zero, below_one};
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::elementwise::approached;
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Adamax: [`Adam`](super::Adam) with the largest of the last gradients in the place of their average square
/// ([Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980), section 7.1).
///
/// With `m` the average gradient, `u = max(beta_2 * u, |g|)` and `t` the number of updates, the variable `w` becomes
/// `w - learning_rate * m / ((1 - beta_1ᵗ) * (u + epsilon))`.
///
/// ```
/// use horn::optimizers::{Adamax, Optimizer};
///
/// let optimizer = Adamax::new(1e-3).beta_1(0.8);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adamax {
    #[serde(flatten)]
    common: Common,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
}

impl Adamax {
    /// Adamax with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("adamax", learning_rate), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

arguments!(Adamax {
    /// The decay rate of the average gradient: the fraction that is kept at each update; 0.9 by default.
    beta_1: f64,
    /// How slowly the largest gradient is forgotten: the fraction that is kept at each update; 0.999 by default.
    beta_2: f64,
    /// Added to the denominator to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
});

common_arguments!(Adamax, common);

impl Default for Adamax {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Adamax {
    common_methods!(Adamax);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![SlotSpec::like(weight, "momentum"), SlotSpec::like(weight, "norm")])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("beta_1", self.beta_1)?;
        below_one("beta_2", self.beta_2)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

burn_rule!(Adamax, ["momentum", "norm"]);

impl Adamax {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let momentum = approached(state.take_or_zeros("momentum", &variable), gradient.clone(), 1.0 - self.beta_1);
        let norm = match state.take("norm") {
            Some(norm) => norm.mul_scalar(self.beta_2).max_pair(gradient.abs()),
            None => gradient.abs(),
        };
        state.put("momentum", momentum.clone());
        state.put("norm", norm.clone());
        let correction = 1.0 - power(self.beta_1, state.iterations);
        variable - momentum.mul_scalar(learning_rate) / norm.add_scalar(self.epsilon).mul_scalar(correction)
    }
}
