//! Gradient descent.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::checks::up_to_one;
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::elementwise::{Elementwise, Value};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Gradient descent, with optional momentum.
///
/// With the gradient `g`, the variable `w` becomes `w - learning_rate * g`. With momentum there is a velocity
/// `v = momentum * v - learning_rate * g`, and `w` becomes `w + v`, or `w + momentum * v - learning_rate * g` with
/// `nesterov`.
///
/// ```
/// use horn::optimizers::{Optimizer, SGD};
///
/// let optimizer = SGD::new(0.1).momentum(0.9).nesterov(true);
/// assert!(optimizer.validate().is_ok());
/// assert_eq!(SGD::default().learning_rate().at(0), 0.01);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SGD {
    #[serde(flatten)]
    common: Common,
    momentum: f64,
    nesterov: bool,
}

impl SGD {
    /// Plain gradient descent.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("sgd", learning_rate), momentum: 0.0, nesterov: false }
    }
}

arguments!(SGD {
    /// The fraction of the velocity that is kept at each update, from 0 (the default: none) to 1.
    momentum: f64,
    /// Uses Nesterov's momentum: moves along the velocity that the next update would start from.
    nesterov: bool,
});

common_arguments!(SGD, common);

impl Default for SGD {
    /// A learning rate of 0.01.
    fn default() -> Self {
        Self::new(0.01)
    }
}

impl Optimizer for SGD {
    common_methods!(SGD);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(if self.momentum == 0.0 { Vec::new() } else { vec![SlotSpec::like(weight, "momentum")] })
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        up_to_one("momentum", self.momentum)
    }
}

burn_rule!(SGD, ["momentum"]);

impl SGD {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let rule = Rule { step: learning_rate, momentum: self.momentum, nesterov: self.nesterov };
        if self.momentum == 0.0 {
            let [variable] = rule.apply_all(gradient, [variable]);
            return variable;
        }
        let velocity = state.take_or_zeros("momentum", &variable);
        let [variable, velocity] = rule.apply_all(gradient, [variable, velocity]);
        state.put("momentum", velocity);
        variable
    }
}

/// The numbers of one update.
struct Rule {
    step: f64,
    momentum: f64,
    nesterov: bool,
}

impl Elementwise<1> for Rule {
    #[inline(always)]
    fn apply<V: Value>(&self, gradient: V, [variable]: [V; 1]) -> [V; 1] {
        [variable - gradient.times(self.step)]
    }
}

impl Elementwise<2> for Rule {
    #[inline(always)]
    fn apply<V: Value>(&self, gradient: V, [variable, velocity]: [V; 2]) -> [V; 2] {
        let step = gradient.times(self.step);
        let velocity = velocity.times(self.momentum) - step.clone();
        let moved = if self.nesterov {
            variable + (velocity.clone().times(self.momentum) - step)
        } else {
            variable + velocity.clone()
        };
        [moved, velocity]
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_steps;
    use super::*;

    #[test]
    fn follows_keras() {
        check_steps(
            &SGD::new(0.1),
            [0.99, -1.98, 2.97, 0.099999994, -0.05, -0.94, 0.19999999, -0.249],
            [0.94000006, -1.8800001, 2.8200002, -1.9000001, -0.3, -0.64, -1.3000001, -0.24399999],
            [0.9366644, -1.8733288, 2.8099947, -2.0334187, -0.31667736, -0.619987, -1.4000647, -0.24366646],
        );
    }

    #[test]
    fn follows_keras_with_momentum() {
        check_steps(
            &SGD::new(0.1).momentum(0.9),
            [0.99, -1.98, 2.97, 0.099999994, -0.05, -0.94, 0.19999999, -0.249],
            [0.9049, -1.8098, 2.7147002, -3.304, -0.4755, -0.42939997, -2.3530002, -0.24048999],
            [0.3730614, -0.7461228, 1.1191837, -24.577553, -3.134694, 2.7616332, -18.308167, -0.18730618],
        );
        check_steps(
            &SGD::new(0.1).momentum(0.9).nesterov(true),
            [0.981, -1.962, 2.943, -0.26, -0.095, -0.886, -0.07000005, -0.2481],
            [0.85441, -1.70882, 2.56323, -5.3236, -0.72795, -0.12645996, -3.8677, -0.235441],
            [0.37241966, -0.7448393, 1.1172595, -24.603222, -3.1379027, 2.7654815, -18.327404, -0.18724199],
        );
    }

    #[test]
    fn follows_keras_when_it_clips() {
        check_steps(
            &SGD::new(0.1).clipnorm(1.0),
            [0.9975566, -1.9951133, 2.9926698, 0.40226445, -0.012216945, -0.98533964, 0.40000057, -0.24966668],
            [0.9926699, -1.9853398, 2.9780095, 0.20679334, -0.036650836, -0.9560189, 0.20000169, -0.24900003],
            [0.99145913, -1.9829183, 2.9743774, 0.15836364, -0.042704575, -0.9487543, 0.15194911, -0.24883986],
        );
        check_steps(
            &SGD::new(0.1).clipvalue(0.5),
            [0.99, -1.98, 2.97, 0.45, -0.05, -0.95, 0.45, -0.249],
            [0.94000006, -1.8900001, 2.8700001, 0.34999996, -0.15, -0.84999996, 0.34999996, -0.24399999],
            [0.9366644, -1.8833288, 2.859995, 0.33763418, -0.16667739, -0.8338404, 0.3343654, -0.24366646],
        );
        check_steps(
            &SGD::new(0.1).global_clipnorm(1.0),
            [0.99802935, -1.9960587, 2.994088, 0.4211738, -0.009853274, -0.98817605, 0.44088036, -0.24980293],
            [0.99408805, -1.9881761, 2.9822638, 0.26352143, -0.02955982, -0.96452814, 0.32264107, -0.2494088],
            [0.99335, -1.9867, 2.9800498, 0.23400104, -0.033249866, -0.96009994, 0.30050075, -0.24933498],
        );
        // Gradients within the limit stay as they are.
        check_steps(
            &SGD::new(0.1).global_clipnorm(100.0),
            [0.99, -1.98, 2.97, 0.099999994, -0.05, -0.94, 0.19999999, -0.249],
            [0.94000006, -1.8800001, 2.8200002, -1.9000001, -0.3, -0.64, -1.3000001, -0.24399999],
            [0.9366644, -1.8733288, 2.8099947, -2.0334187, -0.31667736, -0.619987, -1.4000647, -0.24366646],
        );
    }

    #[test]
    fn describes_itself_with_the_keys_of_keras() {
        let optimizer = SGD::new(0.5).momentum(0.9).clipnorm(2.0);
        let config = optimizer.config();
        assert_eq!(config["learning_rate"], 0.5);
        assert_eq!(config["momentum"], 0.9);
        assert_eq!(config["nesterov"], false);
        assert_eq!(config["clipnorm"], 2.0);
        assert!(config["weight_decay"].is_null());
        assert_eq!(serde_json::from_value::<SGD>(config).unwrap(), optimizer);
    }
}
