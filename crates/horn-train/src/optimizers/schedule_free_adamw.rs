//! Adam without a schedule.

use burn::Tensor;
use burn::tensor::Device;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::adam::power;
use super::checks::{at_least_zero, below_one, positive};
use super::common::Common;
use super::common_macros::{common_arguments, common_methods};
use super::elementwise::approached;
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::{RuleState, SlotNames};
use super::slot::SlotSpec;

/// Adam that needs no schedule: an average of all steps takes the place of a rate that falls
/// ([Defazio et al., 2024](https://arxiv.org/abs/2405.15682)).
///
/// Gradients move `z`, the momentum, and `x` is the mean of all `z` so far. The variable is between them, at
/// `(1 - beta_1) * z + beta_1 * x`.
///
/// ```
/// use horn::optimizers::{Optimizer, ScheduleFreeAdamW};
///
/// let optimizer = ScheduleFreeAdamW::new(0.0025).warmup_steps(100).weight_decay(0.01);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleFreeAdamW {
    #[serde(flatten)]
    common: Common,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    warmup_steps: u64,
}

impl ScheduleFreeAdamW {
    /// The optimizer with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            common: Common::new("schedule_free_adam_w", learning_rate),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            warmup_steps: 0,
        }
    }

    /// The number of steps in which the learning rate rises from 0; 0 by default.
    #[must_use]
    pub fn warmup_steps(mut self, warmup_steps: usize) -> Self {
        self.warmup_steps = warmup_steps as u64;
        self
    }
}

arguments!(ScheduleFreeAdamW {
    /// How much of the variable is the mean of all steps; 0.9 by default.
    beta_1: f64,
    /// The decay rate of the average squared gradient: the fraction that is kept at each update; 0.999 by default.
    beta_2: f64,
    /// Added to the denominator to avoid a division by zero; 1e-8 by default.
    epsilon: f64,
});

common_arguments!(ScheduleFreeAdamW, common);

impl Default for ScheduleFreeAdamW {
    /// A learning rate of 0.0025.
    fn default() -> Self {
        Self::new(0.0025)
    }
}

impl Optimizer for ScheduleFreeAdamW {
    common_methods!(ScheduleFreeAdamW);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        Some(vec![SlotSpec::like(weight, "momentum").starting_as_the_weight(), SlotSpec::like(weight, "velocity")])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        // The mean is computed back from the variable, which holds no part of it at 0.
        positive("beta_1", self.beta_1)?;
        below_one("beta_1", self.beta_1)?;
        below_one("beta_2", self.beta_2)?;
        at_least_zero("epsilon", self.epsilon)
    }
}

impl SlotNames for ScheduleFreeAdamW {
    const NAMES: &'static [&'static str] = &["momentum", "velocity"];
}

/// Not by `burn_rule!`: the momentum starts as the variable before weight decay.
impl burn::optim::Optimizer for ScheduleFreeAdamW {
    type State<const D: usize> = RuleState<Self, D>;

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let mut state = state.unwrap_or_default();
        state.iterations += 1;
        let step = state.iterations as f32;
        let old = state.take("momentum").unwrap_or_else(|| variable.clone());
        let (variable, gradient) = self.common.prepare(learning_rate, variable, gradient);

        let mut rate = learning_rate as f32;
        if self.warmup_steps > 0 {
            rate *= (step / self.warmup_steps as f32).min(1.0);
        }
        // In float32, where 1 - 0.999 is not 0.001.
        let (kept, rest) = (self.beta_1 as f32, 1.0 - self.beta_1 as f32);
        let spread = 1.0 - self.beta_2 as f32;
        let velocity =
            approached(state.take_or_zeros("velocity", &variable), gradient.clone().square(), f64::from(spread));
        let corrected = velocity.clone().div_scalar(1.0 - power(self.beta_2, state.iterations));
        let momentum = old.clone() - gradient.mul_scalar(rate) / corrected.sqrt().add_scalar(self.epsilon);
        let share = 1.0 / step;
        let mean = (variable - old.mul_scalar(rest)).div_scalar(kept);
        let mean = mean.mul_scalar(1.0 - share) + momentum.clone().mul_scalar(share);
        let variable = momentum.clone().mul_scalar(rest) + mean.mul_scalar(kept);
        state.put("momentum", momentum);
        state.put("velocity", velocity);
        (variable, Some(state))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}
