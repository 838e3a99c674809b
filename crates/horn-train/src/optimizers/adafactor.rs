//! Adafactor.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Result, Weight};
use serde::{Deserialize, Serialize};

use super::checks::{at_least_zero, check};
use super::common::Common;
use super::common_macros::{burn_rule, common_arguments, common_methods};
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::rule_state::RuleState;
use super::slot::SlotSpec;

/// Adafactor: the gradient divided by the root of its average square, which for matrices is estimated from the averages
/// of rows and columns ([Shazeer and Stern, 2018](https://arxiv.org/abs/1804.04235)).
///
/// Steps are in proportion to the size of the variable, and limited.
///
/// ```
/// use horn::optimizers::{Adafactor, Optimizer};
///
/// let optimizer = Adafactor::new(1e-2).clip_threshold(2.0);
/// assert!(optimizer.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adafactor {
    #[serde(flatten)]
    common: Common,
    beta_2_decay: f64,
    epsilon_1: f64,
    epsilon_2: f64,
    clip_threshold: f64,
    /// Has no effect: a step is never larger than that of `relative_step`, in Keras either.
    relative_step: bool,
}

impl Adafactor {
    /// Adafactor with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            common: Common::new("adafactor", learning_rate),
            beta_2_decay: -0.8,
            epsilon_1: 1e-30,
            epsilon_2: 1e-3,
            clip_threshold: 1.0,
            relative_step: true,
        }
    }
}

arguments!(Adafactor {
    /// How fast the averages slow down: at update `t` the fraction `1 - t^beta_2_decay` is kept; -0.8 by default.
    beta_2_decay: f64,
    /// Added to the squared gradients; 1e-30 by default.
    epsilon_1: f64,
    /// The least size of a variable that steps are in proportion to; 0.001 by default.
    epsilon_2: f64,
    /// The largest root mean square of a step, in units of the learning rate; 1 by default.
    clip_threshold: f64,
});

common_arguments!(Adafactor, common);

impl Default for Adafactor {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Adafactor {
    common_methods!(Adafactor);

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        let velocity = SlotSpec::like(weight, "velocity");
        let [leading @ .., rows, columns] = weight.sizes.as_slice() else {
            return Some(vec![SlotSpec::unused(), SlotSpec::unused(), velocity]);
        };
        let average = |name, kept: usize, sizes: [usize; 2]| {
            let of_keras = [leading, &[kept]].concat();
            SlotSpec::like(weight, name).named_as_the_weight().with_sizes(of_keras, [leading, &sizes].concat())
        };
        Some(vec![average("rows", *rows, [*rows, 1]), average("columns", *columns, [1, *columns]), velocity])
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        let decay = self.beta_2_decay;
        check("beta_2_decay", decay, decay.is_finite() && decay <= 0.0, "a number up to 0")?;
        at_least_zero("epsilon_1", self.epsilon_1)?;
        at_least_zero("epsilon_2", self.epsilon_2)?;
        let threshold = self.clip_threshold;
        check("clip_threshold", threshold, threshold.is_finite() && threshold > 0.0, "a number above 0")
    }
}

burn_rule!(Adafactor, ["rows", "columns", "velocity"]);

impl Adafactor {
    /// The variable after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Self, D>,
    ) -> Tensor<D> {
        let step = state.iterations as f32;
        let kept = 1.0 - f64::from(step).powf(self.beta_2_decay) as f32;
        let average = |average: Option<Tensor<D>>, value: Tensor<D>| {
            let new = value.mul_scalar(1.0 - kept);
            match average {
                Some(average) => average.mul_scalar(kept) + new,
                None => new,
            }
        };
        let square = gradient.clone().square().add_scalar(self.epsilon_1);
        let velocity = if D < 2 {
            average(state.take("velocity"), square)
        } else {
            let rows = average(state.take("rows"), square.clone().mean_dim(D - 1));
            let columns = average(state.take("columns"), square.mean_dim(D - 2));
            state.put("rows", rows.clone());
            state.put("columns", columns.clone());
            let shares = rows.clone() / rows.mean_dim(D - 2);
            shares * columns
        };
        state.put("velocity", velocity.clone());
        let direction = gradient / velocity.sqrt();
        let size = |x: Tensor<D>| x.square().mean().sqrt().reshape([1; D]);
        let excess = size(direction.clone()).div_scalar(self.clip_threshold).clamp_min(1.0);
        let rate = size(variable.clone()).clamp_min(self.epsilon_2);
        let rate = rate.mul_scalar((learning_rate as f32).min(1.0 / step.sqrt()));
        variable - rate * (direction / excess)
    }
}
