//! Lamb.

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

/// Lamb: [`Adam`](super::Adam) whose step for each variable has the length of the variable, times the learning rate, for
/// training in large batches ([You et al., 2019](https://arxiv.org/abs/1904.00962)).
///
/// ```
/// use horn::optimizers::{Lamb, Optimizer};
///
/// let optimizer = Lamb::new(1e-3).beta_1(0.8);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lamb {
    #[serde(flatten)]
    common: Common,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
}

impl Lamb {
    /// Lamb with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("lamb", learning_rate), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

arguments!(Lamb {
    /// The decay rate of the average gradient: the fraction that is kept at each update; 0.9 by default.
    beta_1: f64,
    /// The decay rate of the average squared gradient: the fraction that is kept at each update; 0.999 by default.
    beta_2: f64,
    /// Added to the denominator to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
});

common_arguments!(Lamb, common);

impl Default for Lamb {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Lamb {
    common_methods!(Lamb);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![SlotSpec::like(weight, "momentum"), SlotSpec::like(weight, "velocity")])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("beta_1", self.beta_1)?;
        below_one("beta_2", self.beta_2)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

burn_rule!(Lamb, ["momentum", "velocity"]);

impl Lamb {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let momentum = approached(state.take_or_zeros("momentum", &variable), gradient.clone(), 1.0 - self.beta_1);
        let velocity = approached(state.take_or_zeros("velocity", &variable), gradient.square(), 1.0 - self.beta_2);
        state.put("momentum", momentum.clone());
        state.put("velocity", velocity.clone());
        let spread = velocity.div_scalar(1.0 - power(self.beta_2, state.iterations)).sqrt().add_scalar(self.epsilon);
        let step = momentum.div_scalar(1.0 - power(self.beta_1, state.iterations)) / spread;
        let norm = |x: Tensor<D>| x.square().sum().sqrt();
        let (length, step_length) = (norm(variable.clone()), norm(step.clone()));
        let zero = length.clone().equal_elem(0.0).bool_or(step_length.clone().equal_elem(0.0));
        let ratio = (length / step_length).mask_fill(zero, 1.0).reshape([1; D]);
        variable - ratio * step.mul_scalar(learning_rate)
    }
}
