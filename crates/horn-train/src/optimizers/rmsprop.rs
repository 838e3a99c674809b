//! RMSprop.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::checks::{at_least_zero, below_one, up_to_one};
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::elementwise::{Elementwise, Value};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// RMSprop: the gradient divided by the root of its average square.
///
/// With `v = rho * v + (1 - rho) * g²`, the variable `w` becomes `w - learning_rate * g / √(v + epsilon)`
/// ([Hinton, 2012](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf)).
///
/// ```
/// use horn::optimizers::{Optimizer, RMSprop};
///
/// let optimizer = RMSprop::new(1e-3).momentum(0.9).centered(true);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RMSprop {
    #[serde(flatten)]
    common: Common,
    rho: f64,
    momentum: f64,
    epsilon: f64,
    centered: bool,
}

impl RMSprop {
    /// RMSprop with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("rm_sprop", learning_rate), rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false }
    }
}

arguments!(RMSprop {
    /// The decay rate of the averages: the fraction that is kept at each update; 0.9 by default.
    rho: f64,
    /// The fraction of the last update that is added to the next, from 0 (the default: none) to 1.
    momentum: f64,
    /// Added under the root to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
    /// Divides by the root of the gradient's variance, instead of its average square.
    centered: bool,
});

common_arguments!(RMSprop, common);

impl Default for RMSprop {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for RMSprop {
    common_methods!(RMSprop);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        let mut slots = vec![SlotSpec::like(weight, "velocity")];
        slots.extend((self.momentum > 0.0).then(|| SlotSpec::like(weight, "momentum").in_block(1)));
        slots.extend(self.centered.then(|| SlotSpec::like(weight, "average_gradient").in_block(2)));
        Some(slots)
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("rho", self.rho)?;
        up_to_one("momentum", self.momentum)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

burn_rule!(RMSprop, ["velocity", "momentum", "average_gradient"]);

impl RMSprop {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        if self.momentum == 0.0 && !self.centered {
            let velocity = state.take_or_zeros("velocity", &variable);
            let rule = Rule { step: learning_rate, rho: self.rho, epsilon: self.epsilon };
            let [variable, velocity] = rule.apply_all(gradient, [variable, velocity]);
            state.put("velocity", velocity);
            return variable;
        }
        let velocity = averaged(state.take_or_zeros("velocity", &variable), gradient.clone().square(), self.rho);
        state.put("velocity", velocity.clone());
        let spread = if self.centered {
            let average = averaged(state.take_or_zeros("average_gradient", &variable), gradient.clone(), self.rho);
            state.put("average_gradient", average.clone());
            velocity - average.square()
        } else {
            velocity
        };

        let mut step = gradient.mul_scalar(learning_rate) / spread.add_scalar(self.epsilon).sqrt();
        if self.momentum > 0.0 {
            if let Some(momentum) = state.take("momentum") {
                step = momentum.mul_scalar(self.momentum) + step;
            }
            state.put("momentum", step.clone());
        }
        variable - step
    }
}

/// The average, of which the fraction `rho` is kept.
#[inline(always)]
fn averaged<V: Value>(average: V, value: V, rho: f64) -> V {
    average.times(rho) + value.times(1.0 - rho)
}

/// The numbers of one update with the default arguments.
struct Rule {
    step: f64,
    rho: f64,
    epsilon: f64,
}

impl Elementwise<2> for Rule {
    #[inline(always)]
    fn apply<V: Value>(&self, gradient: V, [variable, velocity]: [V; 2]) -> [V; 2] {
        let velocity = averaged(velocity, gradient.clone().squared(), self.rho);
        let step = gradient.times(self.step) / velocity.clone().plus(self.epsilon).root();
        [variable - step, velocity]
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_steps;
    use super::*;

    #[test]
    fn follows_keras() {
        check_steps(
            &RMSprop::new(0.1),
            [0.68378806, -1.6837761, 2.683774, 0.18377227, -0.31622714, -0.6837727, 0.18377224, 0.0646584],
            [0.13901374, -1.138999, 2.1389964, -0.3610059, -0.8610052, -0.1389946, -0.36100593, 0.60904896],
            [0.106913365, -1.1068983, 2.1068957, -0.39310658, -0.8931058, -0.10689417, -0.3931065, 0.6411332],
        );
        check_steps(
            &RMSprop::new(0.01).rho(0.8).momentum(0.5).epsilon(1e-3),
            [0.98174256, -1.9789182, 2.9782357, 0.4776428, -0.022140373, -0.977793, 0.47764552, -0.24686888],
            [0.9205443, -1.9142488, 2.912789, 0.41153675, -0.088006884, -0.91185266, 0.41154245, -0.22699642],
            [0.89023334, -1.8829808, 2.8813086, 0.37987533, -0.11960269, -0.8802366, 0.37988177, -0.2145627],
        );
    }

    #[test]
    fn follows_keras_when_centered() {
        check_steps(
            &RMSprop::new(0.1).momentum(0.9).centered(true),
            [0.66668516, -1.6666713, 2.6666687, 0.16666669, -0.3333326, -0.66666716, 0.16666669, 0.081496805],
            [-0.7958587, -0.20409715, 1.2040889, -1.2959175, -1.7959151, 0.79591596, -1.2959175, 1.540063],
            [-8.936282, 7.936467, -6.9365005, -9.436528, -9.93652, 8.936522, -9.436529, 9.662265],
        );
    }

    #[test]
    fn describes_itself_with_the_keys_of_keras() {
        let config = RMSprop::default().config();
        assert_eq!(config["learning_rate"], 0.001);
        assert_eq!(config["rho"], 0.9);
        assert_eq!(config["momentum"], 0.0);
        assert_eq!(config["epsilon"], 1e-7);
        assert_eq!(config["centered"], false);
        assert_eq!(serde_json::from_value::<RMSprop>(config).unwrap(), RMSprop::default());
    }
}
