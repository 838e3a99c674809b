//! Adam.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::checks::{at_least_zero, below_one};
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::elementwise::{Elementwise, Value, approached};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Adam: each variable moves by its average gradient, divided by the root of its average squared gradient.
///
/// With `m` and `v` these averages and `t` the number of updates, `w` becomes
/// `w - learning_rate * √(1 - beta_2ᵗ) / (1 - beta_1ᵗ) * m / (√v + epsilon)`
/// ([Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980), the formula just before section 2.1).
///
/// ```
/// use horn::optimizers::{Adam, Optimizer};
///
/// let optimizer = Adam::new(1e-3).beta_1(0.8).clipnorm(1.0);
/// assert!(optimizer.validate().is_ok());
/// assert!(Adam::new(1e-3).beta_1(1.0).validate().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    #[serde(flatten)]
    pub(super) common: Common,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    amsgrad: bool,
}

impl Adam {
    /// Adam with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("adam", learning_rate), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false }
    }

    /// The learning rate, corrected for the bias of averages that start at zero.
    ///
    /// In float32, as in Keras: rounding `beta_2` changes `1 - beta_2` by a relative 1e-5, and so the first updates.
    fn corrected(&self, learning_rate: f64, iterations: usize) -> f32 {
        learning_rate as f32 * (1.0 - power(self.beta_2, iterations)).sqrt() / (1.0 - power(self.beta_1, iterations))
    }

    /// The update of this number, counted from 1.
    pub(super) fn rule(&self, learning_rate: f64, iterations: usize) -> Rule {
        Rule {
            average: 1.0 - self.beta_1,
            spread: 1.0 - self.beta_2,
            step: self.corrected(learning_rate, iterations).into(),
            epsilon: self.epsilon,
        }
    }
}

arguments!(Adam {
    /// The decay rate of the average gradient: the fraction that is kept at each update; 0.9 by default.
    beta_1: f64,
    /// The decay rate of the average squared gradient: the fraction that is kept at each update; 0.999 by default.
    beta_2: f64,
    /// Added to the denominator to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
    /// Divides by the root of the largest average of squared gradients so far
    /// ([Reddi et al., 2018](https://arxiv.org/abs/1904.09237)).
    amsgrad: bool,
});

common_arguments!(Adam, common);

impl Default for Adam {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Adam {
    common_methods!(Adam);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        let mut slots = vec![SlotSpec::like(weight, "momentum"), SlotSpec::like(weight, "velocity")];
        slots.extend(self.amsgrad.then(|| SlotSpec::like(weight, "velocity_hat").in_block(1)));
        Some(slots)
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("beta_1", self.beta_1)?;
        below_one("beta_2", self.beta_2)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

burn_rule!(Adam, ["momentum", "velocity", "velocity_hat"]);

impl Adam {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let rule = self.rule(learning_rate, state.iterations);
        let momentum = state.take_or_zeros("momentum", &variable);
        let velocity = state.take_or_zeros("velocity", &variable);
        if !self.amsgrad {
            let [variable, momentum, velocity] = rule.apply_all(gradient, [variable, momentum, velocity]);
            state.put("momentum", momentum);
            state.put("velocity", velocity);
            return variable;
        }
        let momentum = approached(momentum, gradient.clone(), rule.average);
        let velocity = approached(velocity, gradient.square(), rule.spread);
        let largest = match state.take("velocity_hat") {
            Some(largest) => largest.max_pair(velocity.clone()),
            None => velocity.clone(),
        };
        let variable = rule.moved(variable, momentum.clone(), largest.clone());
        state.put("momentum", momentum);
        state.put("velocity", velocity);
        state.put("velocity_hat", largest);
        variable
    }
}

/// The numbers of one update.
pub(super) struct Rule {
    /// By which fraction the average gradient moves.
    average: f64,
    /// By which fraction the average squared gradient moves.
    spread: f64,
    /// The learning rate, corrected.
    step: f64,
    epsilon: f64,
}

impl Rule {
    #[inline(always)]
    fn moved<V: Value>(&self, variable: V, momentum: V, spread: V) -> V {
        variable - momentum.times(self.step) / spread.root().plus(self.epsilon)
    }
}

impl Elementwise<3> for Rule {
    #[inline(always)]
    fn apply<V: Value>(&self, gradient: V, [variable, momentum, velocity]: [V; 3]) -> [V; 3] {
        let momentum = approached(momentum, gradient.clone(), self.average);
        let velocity = approached(velocity, gradient.squared(), self.spread);
        [self.moved(variable, momentum.clone(), velocity.clone()), momentum, velocity]
    }
}

/// The power of a number that has single precision.
pub(super) fn power(base: f64, exponent: usize) -> f32 {
    f64::from(base as f32).powf(exponent as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_steps;
    use super::*;

    #[test]
    fn follows_keras() {
        check_steps(
            &Adam::new(0.1),
            [0.9000038, -1.9000022, 2.9000018, 0.40000075, -0.09999869, -0.90000117, 0.40000075, -0.15003228],
            [0.7076889, -1.7076863, 2.7076855, 0.2076838, -0.29231524, -0.7076845, 0.2076838, 0.04226298],
            [0.059926447, -1.0599216, 2.059918, -0.44008338, -0.9400815, -0.05991812, -0.44008338, 0.6899811],
        );
        check_steps(
            &Adam::new(0.01).beta_1(0.8).beta_2(0.95).epsilon(1e-4),
            [0.99004453, -1.9900223, 2.9900148, 0.4900011, -0.009991066, -0.99000746, 0.4900015, -0.24042806],
            [0.9705142, -1.9704763, 2.9704635, 0.47044015, -0.02954654, -0.9704509, 0.47044078, -0.22117564],
            [0.93216276, -1.9321003, 2.932081, 0.432042, -0.06793634, -0.9320593, 0.43204314, -0.18324831],
        );
    }

    #[test]
    fn follows_keras_with_amsgrad() {
        check_steps(
            &Adam::new(0.1).amsgrad(true),
            [0.9000038, -1.9000022, 2.9000018, 0.40000075, -0.09999869, -0.90000117, 0.40000075, -0.15003228],
            [0.7076889, -1.7076863, 2.7076855, 0.2076838, -0.29231524, -0.7076845, 0.2076838, 0.04226298],
            [0.05993658, -1.0599321, 2.0599282, -0.44007325, -0.9400715, -0.059928212, -0.4400733, 0.68997097],
        );
    }

    #[test]
    fn decays_every_variable_like_keras() {
        check_steps(
            &Adam::new(0.1).weight_decay(0.004),
            [0.89960384, -1.8992022, 2.8988018, 0.39980075, -0.09999869, -0.8996012, 0.39980078, -0.14993227],
            [0.7066081, -1.7054058, 2.7042055, 0.20720264, -0.2921967, -0.70660365, 0.20720267, 0.04244432],
            [0.054661907, -1.0154388, 1.9762179, -0.42573854, -0.90612745, -0.054653924, -0.42573848, 0.6658353],
        );
    }

    #[test]
    fn has_the_defaults_of_keras() {
        let config = Adam::default().config();
        assert_eq!(config["learning_rate"], 0.001);
        assert_eq!(config["beta_1"], 0.9);
        assert_eq!(config["beta_2"], 0.999);
        assert_eq!(config["epsilon"], 1e-7);
        assert_eq!(config["amsgrad"], false);
        assert_eq!(serde_json::from_value::<Adam>(config).unwrap(), Adam::default());
    }
}
