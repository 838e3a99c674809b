//! The arguments that all optimizers share.

use burn::Tensor;
use burn::module::ParamId;
use horn_nn::{Error, Result, Weight};
use regex::Regex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::checks::{at_least_zero, positive, up_to_one};
use super::learning_rate::LearningRate;
use super::patterns::pattern;
use super::schedules;
use super::step_options::{Ema, StepOptions};
use crate::keras_config;

/// The arguments for name, learning rate, weight decay and clipping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Common {
    #[serde(default)]
    pub name: String,
    pub learning_rate: LearningRate,
    #[serde(default)]
    pub weight_decay: Option<f64>,
    #[serde(default)]
    pub clipnorm: Option<f64>,
    #[serde(default)]
    pub global_clipnorm: Option<f64>,
    #[serde(default)]
    pub clipvalue: Option<f64>,
    #[serde(default)]
    pub use_ema: bool,
    #[serde(default = "ema_momentum")]
    pub ema_momentum: Option<f64>,
    #[serde(default)]
    pub ema_overwrite_frequency: Option<u64>,
    #[serde(default)]
    pub loss_scale_factor: Option<f64>,
    #[serde(default)]
    pub gradient_accumulation_steps: Option<u64>,
    /// Regular expressions for the names of weights without weight decay. Keras does not write them.
    #[serde(skip)]
    pub excluded_from_weight_decay: Vec<String>,
}

/// Keras's default.
fn ema_momentum() -> Option<f64> {
    Some(0.99)
}

impl Common {
    pub fn new(name: &str, learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            name: name.to_owned(),
            learning_rate: learning_rate.into(),
            weight_decay: None,
            clipnorm: None,
            global_clipnorm: None,
            clipvalue: None,
            use_ema: false,
            ema_momentum: ema_momentum(),
            ema_overwrite_frequency: None,
            loss_scale_factor: None,
            gradient_accumulation_steps: None,
            excluded_from_weight_decay: Vec::new(),
        }
    }

    pub fn validate(&self) -> Result<()> {
        self.learning_rate.validate()?;
        self.validate_steps()?;
        if let Some(weight_decay) = self.weight_decay {
            at_least_zero("weight_decay", weight_decay)?;
        }
        let clips =
            [("clipnorm", self.clipnorm), ("clipvalue", self.clipvalue), ("global_clipnorm", self.global_clipnorm)];
        let mut set = Vec::new();
        for (name, value) in clips {
            if let Some(value) = value {
                positive(name, value)?;
                set.push(name);
            }
        }
        if set.len() > 1 {
            return Err(Error::argument("gradients can be clipped in one way only")
                .at(set[0])
                .received(set.join(" and "))
                .expected("one of clipnorm, clipvalue and global_clipnorm")
                .hint("keep the one that you need"));
        }
        Ok(())
    }

    /// Checks the arguments for what is done around the rule.
    fn validate_steps(&self) -> Result<()> {
        if let Some(factor) = self.loss_scale_factor {
            positive("loss_scale_factor", factor)?;
        }
        let at_least = |name: &str, given: Option<u64>, least: u64| match given {
            Some(number) if number < least => Err(Error::argument("the argument is out of range")
                .at(name)
                .received(number)
                .expected(format!("a whole number of at least {least}"))
                .hint("leave the argument out")),
            _ => Ok(()),
        };
        // Keras takes 0 for none.
        at_least("gradient_accumulation_steps", self.gradient_accumulation_steps.filter(|&steps| steps > 0), 2)?;
        if self.use_ema {
            up_to_one("ema_momentum", self.ema_momentum.unwrap_or(f64::NAN))?;
            at_least("ema_overwrite_frequency", self.ema_overwrite_frequency, 1)?;
        }
        for name in &self.excluded_from_weight_decay {
            pattern("exclude_from_weight_decay", name)?;
        }
        Ok(())
    }

    /// What is done around the rule.
    pub fn step_options(&self) -> StepOptions {
        let count = |given: Option<u64>| given.filter(|&count| count > 0).map(|count| count as usize);
        let ema = Ema {
            momentum: self.ema_momentum.unwrap_or_default(),
            overwrite_frequency: count(self.ema_overwrite_frequency),
        };
        StepOptions {
            global_clipnorm: self.global_clipnorm,
            loss_scale_factor: self.loss_scale_factor,
            accumulation_steps: count(self.gradient_accumulation_steps).unwrap_or(1),
            ema: self.use_ema.then_some(ema),
        }
    }

    /// Those of the weights that are excluded from weight decay, by the last part of their paths.
    pub fn undecayed(&self, weights: &[(&str, &Weight)]) -> Vec<ParamId> {
        let patterns = self.excluded_from_weight_decay.iter();
        let patterns: Vec<Regex> =
            patterns.filter_map(|name| pattern("exclude_from_weight_decay", name).ok()).collect();
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let excluded = |path: &str| patterns.iter().any(|pattern| pattern.is_match(&name(path)));
        weights.iter().filter(|(path, _)| excluded(path)).map(|(_, weight)| weight.id()).collect()
    }

    /// What every update rule does first: it applies weight decay to the variable and clips the gradient.
    pub fn prepare<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
    ) -> (Tensor<D>, Tensor<D>) {
        (self.decay(learning_rate, variable), self.clip(gradient))
    }

    fn decay<const D: usize>(&self, learning_rate: f64, variable: Tensor<D>) -> Tensor<D> {
        match self.weight_decay {
            // Not `variable * (1 - decay)`: rounding that factor would shift all weights the same way at every step.
            Some(weight_decay) => {
                let decay = variable.clone().mul_scalar(weight_decay * learning_rate);
                variable - decay
            }
            None => variable,
        }
    }

    fn clip<const D: usize>(&self, gradient: Tensor<D>) -> Tensor<D> {
        if let Some(limit) = self.clipnorm {
            let norm = gradient.clone().square().sum().sqrt().clamp_min(limit);
            gradient.mul_scalar(limit) / norm.reshape([1; D])
        } else if let Some(limit) = self.clipvalue {
            gradient.clamp(-limit, limit)
        } else {
            gradient
        }
    }
}

/// Keys of older versions of Keras that have no effect on training.
const SILENT: [&str; 2] = ["jit_compile", "is_legacy_optimizer"];

/// Reads one of Horn's optimizers.
pub(super) fn read<C: Default + Serialize + DeserializeOwned>(class_name: &str, config: &Value) -> Result<C> {
    // Checked first, since `serde` would wrap the error of a schedule in one of its own.
    if let Some(schedule) = config.get("learning_rate").filter(|rate| rate.is_object() || rate.is_string()) {
        schedules::from_config(schedule)?;
    }
    let mut config = config.clone();
    if let Some(config) = config.as_object_mut() {
        config.retain(|key, _| !SILENT.contains(&key.as_str()));
        if class_name == "LossScaleOptimizer" {
            without_defaults(config);
        }
    }
    keras_config::read(class_name, &config)
}

/// Removes the arguments that older versions of Keras wrote though they have no effect here, if they have their defaults: those of
/// a `LossScaleOptimizer`.
fn without_defaults(config: &mut Map<String, Value>) {
    let defaults = [("dynamic", json!(true)), ("use_ema", json!(false)), ("ema_momentum", json!(0.99))];
    config.retain(|key, value| !defaults.iter().any(|(name, default)| key == name && value == default));
}
