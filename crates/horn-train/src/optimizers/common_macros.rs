//! What is written alike for all optimizers that keep a [`Common`].

use burn::module::ParamGroup;
use burn::optim::ModuleOptimizer;
use horn_nn::Weight;

use super::common::Common;

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

            /// Keeps a moving average of each weight, by which `fit` replaces the weight at its end; false by default.
            #[must_use]
            pub fn use_ema(mut self, use_ema: bool) -> Self {
                self.$($common).+.use_ema = use_ema;
                self
            }

            /// The fraction of each moving average that is kept at each step; 0.99 by default.
            #[must_use]
            pub fn ema_momentum(mut self, ema_momentum: f64) -> Self {
                self.$($common).+.ema_momentum = Some(ema_momentum);
                self
            }

            /// Overwrites the weights by their moving averages after each such number of updates. By default only `fit`
            /// does, at its end.
            #[must_use]
            pub fn ema_overwrite_frequency(mut self, ema_overwrite_frequency: usize) -> Self {
                self.$($common).+.ema_overwrite_frequency = Some(ema_overwrite_frequency as u64);
                self
            }

            /// Multiplies the loss by this factor, and divides the gradients by it, so that gradients in half precision do
            /// not vanish.
            #[must_use]
            pub fn loss_scale_factor(mut self, loss_scale_factor: f64) -> Self {
                self.$($common).+.loss_scale_factor = Some(loss_scale_factor);
                self
            }

            /// Updates the weights only every `gradient_accumulation_steps` steps, by the mean of their gradients: as
            /// one step on a batch as large as these batches together.
            #[must_use]
            pub fn gradient_accumulation_steps(mut self, gradient_accumulation_steps: usize) -> Self {
                self.$($common).+.gradient_accumulation_steps = Some(gradient_accumulation_steps as u64);
                self
            }

            /// Excludes weights from weight decay: those in whose names, such as `bias`, one of these regular expressions
            /// is found. Files do not have it, in Keras either.
            #[must_use]
            pub fn exclude_from_weight_decay<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
                self.$($common).+.excluded_from_weight_decay = names.into_iter().map(Into::into).collect();
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

        fn step_options(&self) -> $crate::optimizers::step_options::StepOptions {
            self.common.step_options()
        }

        fn to_module_optimizer(&self) -> burn::optim::ModuleOptimizer {
            self.clone().into()
        }

        fn rules(&self, weights: &[(&str, &horn_nn::Weight)]) -> burn::optim::ModuleOptimizer {
            $crate::optimizers::common_macros::with_undecayed(self, &self.common, weights, |optimizer| {
                optimizer.common.weight_decay = None;
            })
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
        impl $crate::optimizers::rule_state::SlotNames for $optimizer {
            const NAMES: &'static [&'static str] = &$names;
        }

        impl burn::optim::Optimizer for $optimizer {
            type State<const D: usize> = $crate::optimizers::rule_state::RuleState<Self, D>;

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

/// The rule for all weights, and the rule without weight decay for those that are excluded from it.
pub(super) fn with_undecayed<O: burn::optim::Optimizer>(
    optimizer: &O,
    common: &Common,
    weights: &[(&str, &Weight)],
    without_decay: impl FnOnce(&mut O),
) -> ModuleOptimizer {
    let rules = ModuleOptimizer::from(optimizer.clone());
    let excluded = common.undecayed(weights);
    if excluded.is_empty() {
        return rules;
    }
    let mut undecayed = optimizer.clone();
    without_decay(&mut undecayed);
    rules.with_group(ParamGroup::from_ids(excluded), undecayed, None)
}
