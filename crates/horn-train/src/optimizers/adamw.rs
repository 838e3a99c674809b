//! Adam with weight decay.

use burn::optim::ModuleOptimizer;
use horn_nn::{Error, Result, Weight};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::adam::Adam;
use super::common_macros::common_arguments;
use super::learning_rate::LearningRate;
use super::optimizer::Optimizer;
use super::slot::SlotSpec;
use super::step_options::StepOptions;
use crate::keras_config;

/// [`Adam`] with a weight decay of 0.004 by default
/// ([Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101)).
///
/// ```
/// use horn::optimizers::{AdamW, Optimizer};
///
/// let optimizer = AdamW::new(1e-3).weight_decay(0.01);
/// assert_eq!(optimizer.config()["weight_decay"], 0.01);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdamW {
    adam: Adam,
}

impl AdamW {
    /// AdamW with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { adam: Adam::new(learning_rate).name("adam_w").weight_decay(0.004) }
    }

    /// The decay rate of the average gradient: the fraction that is kept at each update; 0.9 by default.
    #[must_use]
    pub fn beta_1(self, beta_1: f64) -> Self {
        Self { adam: self.adam.beta_1(beta_1) }
    }

    /// The decay rate of the average squared gradient: the fraction that is kept at each update; 0.999 by default.
    #[must_use]
    pub fn beta_2(self, beta_2: f64) -> Self {
        Self { adam: self.adam.beta_2(beta_2) }
    }

    /// Added to the denominator to avoid a division by zero; 1e-7 by default.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { adam: self.adam.epsilon(epsilon) }
    }

    /// Divides by the root of the largest average of squared gradients so far.
    #[must_use]
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        Self { adam: self.adam.amsgrad(amsgrad) }
    }
}

common_arguments!(AdamW, adam.common);

impl Default for AdamW {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for AdamW {
    fn class_name(&self) -> &'static str {
        "AdamW"
    }

    fn learning_rate(&self) -> LearningRate {
        self.adam.learning_rate()
    }

    fn global_clipnorm(&self) -> Option<f64> {
        Optimizer::global_clipnorm(&self.adam)
    }

    fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
        self.adam.slots(weight)
    }

    fn validate(&self) -> Result<()> {
        if self.adam.common.weight_decay.is_none() {
            return Err(Error::argument("AdamW needs a weight decay")
                .at("weight_decay")
                .received("none")
                .expected("a number of at least 0")
                .hint("give one, or use Adam"));
        }
        self.adam.validate()
    }

    fn step_options(&self) -> StepOptions {
        self.adam.step_options()
    }

    fn to_module_optimizer(&self) -> ModuleOptimizer {
        self.adam.to_module_optimizer()
    }

    fn rules(&self, weights: &[(&str, &Weight)]) -> ModuleOptimizer {
        self.adam.rules(weights)
    }

    fn config(&self) -> Value {
        keras_config::write(self)
    }

    fn keras_module(&self) -> Option<&'static str> {
        self.adam.keras_module()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_steps;
    use super::*;

    #[test]
    fn follows_keras() {
        check_steps(
            &AdamW::new(0.1),
            [0.89960384, -1.8992022, 2.8988018, 0.39980075, -0.09999869, -0.8996012, 0.39980078, -0.14993227],
            [0.7066081, -1.7054058, 2.7042055, 0.20720264, -0.2921967, -0.70660365, 0.20720267, 0.04244432],
            [0.054661907, -1.0154388, 1.9762179, -0.42573854, -0.90612745, -0.054653924, -0.42573848, 0.6658353],
        );
        check_steps(
            &AdamW::new(0.1).weight_decay(0.1).clipnorm(1.0),
            [0.89001364, -1.8800071, 2.870005, 0.395001, -0.099996746, -0.89000285, 0.395001, -0.14759544],
            [0.67332023, -1.6436048, 2.6138988, 0.18814224, -0.29700214, -0.67329586, 0.18814224, 0.05421921],
            [0.054960843, -0.42098305, 0.7870123, -0.12807505, -0.31108776, -0.05494403, -0.12652378, 0.21788253],
        );
    }

    #[test]
    fn describes_itself_with_the_keys_of_keras() {
        let optimizer = AdamW::default().beta_1(0.8).beta_2(0.9).epsilon(0.25).amsgrad(true).global_clipnorm(3.0);
        let config = optimizer.config();
        assert_eq!(
            config,
            serde_json::json!({
                "name": "adam_w", "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null,
                "loss_scale_factor": null, "gradient_accumulation_steps": null, "learning_rate": 0.001, "weight_decay": 0.004, "clipnorm": null, "global_clipnorm": 3.0,
                "clipvalue": null, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.25, "amsgrad": true,
            })
        );
        assert_eq!(serde_json::from_value::<AdamW>(config).unwrap(), optimizer);
    }

    #[test]
    fn wants_its_weight_decay() {
        let config = serde_json::json!({
            "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": false,
        });
        let error = serde_json::from_value::<AdamW>(config).unwrap().validate().unwrap_err();
        assert_eq!(error.location(), Some("weight_decay"));
    }
}
