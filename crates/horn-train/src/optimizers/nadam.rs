//! Nadam.

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

/// Nadam: [`Adam`](super::Adam) with Nesterov's momentum
/// ([Dozat, 2015](http://cs229.stanford.edu/proj2015/054_report.pdf)).
///
/// The fraction of the momentum that is kept grows over the first updates: at update `t` it is
/// `beta_1 * (1 - 0.96ᵗ / 2)`.
///
/// ```
/// use horn::optimizers::{Nadam, Optimizer};
///
/// let optimizer = Nadam::new(1e-3).beta_1(0.8);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nadam {
    #[serde(flatten)]
    common: Common,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
}

impl Nadam {
    /// Nadam with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { common: Common::new("nadam", learning_rate), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }

    /// The fraction of the momentum that is kept at an update, counted from 1. In float32, as in Keras.
    fn kept(&self, update: usize) -> f32 {
        self.beta_1 as f32 * Self::growth(update)
    }

    fn growth(update: usize) -> f32 {
        1.0 - 0.5 * power(0.96, update)
    }

    /// The product of these fractions up to an update.
    fn product(&self, update: usize) -> f32 {
        // Of some hundred updates it is 0 in float32. The order of the factors is Keras's.
        (1..=update.min(1000)).fold(1.0, |product, update| product * self.beta_1 as f32 * Self::growth(update))
    }
}

arguments!(Nadam {
    /// The decay rate of the average gradient: the fraction that is kept at each update; 0.9 by default.
    beta_1: f64,
    /// The decay rate of the average squared gradient: the fraction that is kept at each update; 0.999 by default.
    beta_2: f64,
    /// Added to the denominator to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
});

common_arguments!(Nadam, common);

impl Default for Nadam {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Nadam {
    common_methods!(Nadam);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![SlotSpec::like(weight, "momentum"), SlotSpec::like(weight, "velocity")])
    }

    fn derived(&self, iterations: usize) -> Vec<(&'static str, f32)> {
        vec![("variable", self.product(iterations))]
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("beta_1", self.beta_1)?;
        below_one("beta_2", self.beta_2)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

burn_rule!(Nadam, ["momentum", "velocity"]);

impl Nadam {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let (now, next) = (state.iterations, state.iterations + 1);
        // In float32, where 1 - 0.999 is not 0.001.
        let rate = |beta: f64| f64::from(1.0 - beta as f32);
        let momentum = approached(state.take_or_zeros("momentum", &variable), gradient.clone(), rate(self.beta_1));
        let velocity =
            approached(state.take_or_zeros("velocity", &variable), gradient.clone().square(), rate(self.beta_2));
        state.put("momentum", momentum.clone());
        state.put("velocity", velocity.clone());
        let (kept, kept_next) = (self.kept(now), self.kept(next));
        let product = self.product(now);
        let step = momentum.mul_scalar(kept_next / (1.0 - product * kept_next))
            + gradient.mul_scalar((1.0 - kept) / (1.0 - product));
        let spread = velocity.div_scalar(1.0 - power(self.beta_2, now)).sqrt().add_scalar(self.epsilon);
        variable - step.mul_scalar(learning_rate) / spread
    }
}
