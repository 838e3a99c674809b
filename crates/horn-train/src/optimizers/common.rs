//! The arguments that all optimizers share.

use burn::Tensor;
use horn_nn::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checks::{at_least_zero, check};
use super::learning_rate::LearningRate;
use super::schedules;
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
    #[serde(flatten)]
    missing: Missing,
}

/// Features that Horn's optimizers lack. Their arguments are kept, so that a file comes out as it went in, but they
/// must be switched off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Missing {
    use_ema: bool,
    ema_momentum: Option<f64>,
    ema_overwrite_frequency: Option<u64>,
    loss_scale_factor: Option<f64>,
    gradient_accumulation_steps: Option<u64>,
}

impl Default for Missing {
    fn default() -> Self {
        Self {
            use_ema: false,
            ema_momentum: Some(0.99),
            ema_overwrite_frequency: None,
            loss_scale_factor: None,
            gradient_accumulation_steps: None,
        }
    }
}

impl Missing {
    fn validate(&self) -> Result<()> {
        let switched_on = [
            ("use_ema", self.use_ema.then(|| "true".to_owned())),
            ("loss_scale_factor", self.loss_scale_factor.map(|factor| factor.to_string())),
            ("gradient_accumulation_steps", self.gradient_accumulation_steps.map(|steps| steps.to_string())),
        ];
        match switched_on.into_iter().find_map(|(name, value)| Some((name, value?))) {
            None => Ok(()),
            Some((name, value)) => Err(Error::argument("Horn's optimizers have no such argument yet")
                .at(name)
                .received(value)
                .expected("Keras's default")
                .hint(format!("compile without {name}"))),
        }
    }
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
            missing: Missing::default(),
        }
    }

    pub fn validate(&self) -> Result<()> {
        self.missing.validate()?;
        self.learning_rate.validate()?;
        if let Some(weight_decay) = self.weight_decay {
            at_least_zero("weight_decay", weight_decay)?;
        }
        let clips =
            [("clipnorm", self.clipnorm), ("clipvalue", self.clipvalue), ("global_clipnorm", self.global_clipnorm)];
        let mut set = Vec::new();
        for (name, value) in clips {
            if let Some(value) = value {
                check(name, value, value.is_finite() && value > 0.0, "a finite number above 0")?;
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
    }
    keras_config::read(class_name, &config)
}

/// The builder methods for the arguments in [`Common`], which the optimizer keeps in `$common`.
macro_rules! common_arguments {
    ($optimizer:ident, $($common:ident).+) => {
        impl $optimizer {
            /// The name in Keras's files.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.$($common).+.name = name.into();
                self
            }

            /// Shrinks every variable by this fraction, times the learning rate, before each update.
            #[must_use]
            pub fn weight_decay(mut self, weight_decay: f64) -> Self {
                self.$($common).+.weight_decay = Some(weight_decay);
                self
            }

            /// Scales the gradient of each variable down, so that its norm is at most this value.
            #[must_use]
            pub fn clipnorm(mut self, clipnorm: f64) -> Self {
                self.$($common).+.clipnorm = Some(clipnorm);
                self
            }

            /// Clips every element of the gradients to the range from minus this value to this value.
            #[must_use]
            pub fn clipvalue(mut self, clipvalue: f64) -> Self {
                self.$($common).+.clipvalue = Some(clipvalue);
                self
            }

            /// Scales all gradients down together, so that their global norm is at most this value.
            #[must_use]
            pub fn global_clipnorm(mut self, global_clipnorm: f64) -> Self {
                self.$($common).+.global_clipnorm = Some(global_clipnorm);
                self
            }
        }
    };
}
pub(super) use common_arguments;

/// The methods of [`Optimizer`](super::Optimizer) that are the same for all optimizers that keep a [`Common`] and
/// implement Burn's update rule themselves.
macro_rules! common_methods {
    ($optimizer:ident) => {
        fn class_name(&self) -> &'static str {
            stringify!($optimizer)
        }

        fn learning_rate(&self) -> $crate::optimizers::learning_rate::LearningRate {
            self.common.learning_rate.clone()
        }

        fn global_clipnorm(&self) -> Option<f64> {
            self.common.global_clipnorm
        }

        fn to_module_optimizer(&self) -> burn::optim::ModuleOptimizer {
            self.clone().into()
        }

        fn config(&self) -> serde_json::Value {
            $crate::keras_config::write(self)
        }

        fn keras_module(&self) -> Option<&'static str> {
            Some("keras.optimizers")
        }
    };
}
pub(super) use common_methods;

/// Implements Burn's update rule for an optimizer that keeps a [`Common`] and has a method `update`. That takes a
/// variable, its gradient and the state, and returns the new variable. The state has slots with these names.
macro_rules! burn_rule {
    ($optimizer:ident, $names:expr) => {
        impl $crate::optimizers::state::SlotNames for $optimizer {
            const NAMES: &'static [&'static str] = &$names;
        }

        impl burn::optim::Optimizer for $optimizer {
            type State<const D: usize> = $crate::optimizers::state::State<Self, D>;

            fn step<const D: usize>(
                &self,
                learning_rate: f64,
                variable: burn::Tensor<D>,
                gradient: burn::Tensor<D>,
                state: Option<Self::State<D>>,
            ) -> (burn::Tensor<D>, Option<Self::State<D>>) {
                let (variable, gradient) = self.common.prepare(learning_rate, variable, gradient);
                let mut state = state.unwrap_or_default();
                state.iterations += 1;
                let variable = self.update(learning_rate, variable, gradient, &mut state);
                (variable, (!state.is_empty()).then_some(state))
            }

            fn to_device<const D: usize>(state: Self::State<D>, device: &burn::tensor::Device) -> Self::State<D> {
                state.to_device(device)
            }
        }
    };
}
pub(super) use burn_rule;
