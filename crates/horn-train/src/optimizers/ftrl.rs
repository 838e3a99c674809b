//! Ftrl.

use burn::Tensor;
use horn_nn::{Result, Weight, arguments, powf};
use serde::{Deserialize, Serialize};

use super::checks::{at_least_zero, check};
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Ftrl, “follow the regularized leader”: for sparse models with many features
/// ([McMahan et al., 2013](https://research.google.com/pubs/archive/41159.pdf)).
///
/// ```
/// use horn::optimizers::{Ftrl, Optimizer};
///
/// let optimizer = Ftrl::new(0.05).l1_regularization_strength(0.01);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ftrl {
    #[serde(flatten)]
    common: Common,
    learning_rate_power: f64,
    initial_accumulator_value: f64,
    l1_regularization_strength: f64,
    l2_regularization_strength: f64,
    l2_shrinkage_regularization_strength: f64,
    beta: f64,
}

impl Ftrl {
    /// Ftrl with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            common: Common::new("ftrl", learning_rate),
            learning_rate_power: -0.5,
            initial_accumulator_value: 0.1,
            l1_regularization_strength: 0.0,
            l2_regularization_strength: 0.0,
            l2_shrinkage_regularization_strength: 0.0,
            beta: 0.0,
        }
    }
}

arguments!(Ftrl {
    /// How the rate falls with the sum of squared gradients; -0.5 by default, and 0 for a fixed rate.
    learning_rate_power: f64,
    /// What the sum of squares starts with; 0.1 by default.
    initial_accumulator_value: f64,
    /// The strength of the L1 penalty; 0 by default.
    l1_regularization_strength: f64,
    /// The strength of the L2 penalty that keeps weights small; 0 by default.
    l2_regularization_strength: f64,
    /// The strength of the L2 penalty that shrinks weights in proportion to them; 0 by default.
    l2_shrinkage_regularization_strength: f64,
    /// The beta of the paper; 0 by default.
    beta: f64,
});

common_arguments!(Ftrl, common);

impl Default for Ftrl {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Ftrl {
    common_methods!(Ftrl);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![
            SlotSpec::like(weight, "accumulator").starting_at(self.initial_accumulator_value),
            SlotSpec::like(weight, "linear"),
        ])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        let power = self.learning_rate_power;
        check("learning_rate_power", power, power.is_finite() && power <= 0.0, "a number up to 0")?;
        at_least_zero("initial_accumulator_value", self.initial_accumulator_value)?;
        at_least_zero("l1_regularization_strength", self.l1_regularization_strength)?;
        at_least_zero("l2_regularization_strength", self.l2_regularization_strength)?;
        at_least_zero("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength)?;
        at_least_zero("beta", self.beta)
    }
}

burn_rule!(Ftrl, ["accumulator", "linear"]);

impl Ftrl {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let old = state
            .take("accumulator")
            .unwrap_or_else(|| gradient.zeros_like().add_scalar(self.initial_accumulator_value));
        let new = old.clone() + gradient.clone().square();
        let rate = |accumulator: Tensor<D>| powf(accumulator, -self.learning_rate_power);
        let shrunk = gradient + variable.clone().mul_scalar(2.0 * self.l2_shrinkage_regularization_strength);
        let change = shrunk - (rate(new.clone()) - rate(old)).div_scalar(learning_rate) * variable;
        let linear = match state.take("linear") {
            Some(linear) => linear + change,
            None => change,
        };
        let penalty = self.l2_regularization_strength + self.beta / (2.0 * learning_rate);
        let quadratic = rate(new.clone()).div_scalar(learning_rate).add_scalar(2.0 * penalty);
        let limit = self.l1_regularization_strength;
        state.put("accumulator", new);
        state.put("linear", linear.clone());
        (linear.clone().clamp(-limit, limit) - linear) / quadratic
    }
}
