//! Adagrad.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::checks::at_least_zero;
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Adagrad: the gradient divided by the root of the sum of all its squares so far, so that variables that change often
/// learn more slowly ([Duchi et al., 2011](https://jmlr.org/papers/v12/duchi11a.html)).
///
/// With `v = v + g²`, the variable `w` becomes `w - learning_rate * g / √(v + epsilon)`.
///
/// ```
/// use horn::optimizers::{Adagrad, Optimizer};
///
/// let optimizer = Adagrad::new(1e-2).initial_accumulator_value(0.5);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adagrad {
    #[serde(flatten)]
    common: Common,
    initial_accumulator_value: f64,
    epsilon: f64,
}

impl Adagrad {
    /// Adagrad with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("adagrad", learning_rate), initial_accumulator_value: 0.1, epsilon: 1e-7 }
    }
}

arguments!(Adagrad {
    /// What the sum of squares starts with; 0.1 by default.
    initial_accumulator_value: f64,
    /// Added under the root to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
});

common_arguments!(Adagrad, common);

impl Default for Adagrad {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Adagrad {
    common_methods!(Adagrad);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![SlotSpec::like(weight, "accumulator").starting_at(self.initial_accumulator_value)])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        at_least_zero("initial_accumulator_value", self.initial_accumulator_value)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

burn_rule!(Adagrad, ["accumulator"]);

impl Adagrad {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let square = gradient.clone().square();
        let accumulator = match state.take("accumulator") {
            Some(accumulator) => accumulator + square,
            None => square.add_scalar(self.initial_accumulator_value),
        };
        state.put("accumulator", accumulator.clone());
        variable - gradient.mul_scalar(learning_rate) / accumulator.add_scalar(self.epsilon).sqrt()
    }
}
