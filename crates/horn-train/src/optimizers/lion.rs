//! Lion.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::checks::below_one;
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::elementwise::{Elementwise, Value};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Lion: each variable moves by the learning rate, in the direction of the sign of its momentum
/// ([Chen et al., 2023](https://arxiv.org/abs/2302.06675)).
///
/// With the momentum `m`, the variable `w` becomes `w - learning_rate * sign(beta_1 * m + (1 - beta_1) * g)`; then `m`
/// becomes `beta_2 * m + (1 - beta_2) * g`. The learning rate is usually a tenth of Adam's.
///
/// ```
/// use horn::optimizers::{Lion, Optimizer};
///
/// let optimizer = Lion::new(1e-4).beta_2(0.98);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lion {
    #[serde(flatten)]
    common: Common,
    beta_1: f64,
    beta_2: f64,
}

impl Lion {
    /// Lion with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("lion", learning_rate), beta_1: 0.9, beta_2: 0.99 }
    }
}

arguments!(Lion {
    /// The fraction of the momentum in the direction of a step; 0.9 by default.
    beta_1: f64,
    /// The fraction of the momentum that is kept at each update; 0.99 by default.
    beta_2: f64,
});

common_arguments!(Lion, common);

impl Default for Lion {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Lion {
    common_methods!(Lion);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![SlotSpec::like(weight, "momentum")])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("beta_1", self.beta_1)?;
        below_one("beta_2", self.beta_2)
    }
}

burn_rule!(Lion, ["momentum"]);

impl Lion {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let rule = Rule { step: learning_rate, beta_1: self.beta_1, beta_2: self.beta_2 };
        let momentum = state.take_or_zeros("momentum", &variable);
        let [variable, momentum] = rule.apply_all(gradient, [variable, momentum]);
        state.put("momentum", momentum);
        variable
    }
}

/// The numbers of one update.
struct Rule {
    step: f64,
    beta_1: f64,
    beta_2: f64,
}

impl Elementwise<2> for Rule {
    #[inline(always)]
    fn apply<V: Value>(&self, gradient: V, [variable, momentum]: [V; 2]) -> [V; 2] {
        // In float32, where 1 - 0.99 is not 0.01.
        let blend = |beta: f64| momentum.clone().times(beta) + gradient.clone().times((1.0 - beta as f32).into());
        [variable - blend(self.beta_1).signum().times(self.step), blend(self.beta_2)]
    }
}
