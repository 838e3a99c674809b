//! Adadelta.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::checks::{at_least_zero, below_one};
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Adadelta: steps in the ratio of the average size of the last steps to that of the last gradients
/// ([Zeiler, 2012](https://arxiv.org/abs/1212.5701)).
///
/// With `v` the average of `g²` and `u` that of the squared steps, the step is `d = -g * √(u + epsilon) / √(v + epsilon)`,
/// and the variable `w` becomes `w + learning_rate * d`.
///
/// ```
/// use horn::optimizers::{Adadelta, Optimizer};
///
/// let optimizer = Adadelta::new(1.0).rho(0.9);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adadelta {
    #[serde(flatten)]
    common: Common,
    rho: f64,
    epsilon: f64,
}

impl Adadelta {
    /// Adadelta with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("adadelta", learning_rate), rho: 0.95, epsilon: 1e-7 }
    }
}

arguments!(Adadelta {
    /// The decay rate of the averages: the fraction that is kept at each update; 0.95 by default.
    rho: f64,
    /// Added under the roots to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
});

common_arguments!(Adadelta, common);

impl Default for Adadelta {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Adadelta {
    common_methods!(Adadelta);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![SlotSpec::like(weight, "accumulated_grad"), SlotSpec::like(weight, "accumulated_delta_var")])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("rho", self.rho)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

burn_rule!(Adadelta, ["accumulated_grad", "accumulated_delta_var"]);

impl Adadelta {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let average = |average: Option<Tensor<D>>, value: Tensor<D>| {
            let new = value.square().mul_scalar(1.0 - self.rho);
            match average {
                Some(average) => average.mul_scalar(self.rho) + new,
                None => new,
            }
        };
        let root = |average: Tensor<D>| average.add_scalar(self.epsilon).sqrt();
        let gradients = average(state.take("accumulated_grad"), gradient.clone());
        let steps = state.take("accumulated_delta_var");
        let size = root(steps.clone().unwrap_or_else(|| gradient.zeros_like()));
        let step = (size * gradient / root(gradients.clone())).neg();
        state.put("accumulated_grad", gradients);
        state.put("accumulated_delta_var", average(steps, step.clone()));
        variable + step.mul_scalar(learning_rate)
    }
}
