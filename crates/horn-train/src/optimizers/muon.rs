//! Muon.

use burn::Tensor;
use burn::module::{ParamGroup, ParamId};
use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use horn_nn::arguments;
use horn_nn::{Result, Weight, float32};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::adam::Adam;
use super::checks::{at_least_zero, below_one, check, up_to_one};
use super::common::Common;
use super::common_macros::common_arguments;
use super::elementwise::Elementwise;
use super::learning_rate::LearningRate;
use super::newton_schulz::nearly_orthogonal;
use super::optimizer::Optimizer;
use super::patterns::pattern;
use super::rule_state::{RuleState, SlotNames};
use super::slot::SlotSpec;
use super::step_options::StepOptions;
use crate::keras_config;

/// Muon: each matrix moves by its average gradient, made nearly orthogonal by steps of Newton and Schulz
/// ([Jordan et al., 2024](https://kellerjordan.github.io/posts/muon/); [Liu et al., 2025](https://arxiv.org/abs/2502.16982)).
/// All other weights are updated by [`Adam`], and so are embeddings and the layers that are excluded. The last layer should
/// be one of these.
///
/// ```
/// use horn::optimizers::{Muon, Optimizer};
///
/// let optimizer = Muon::new(1e-3).exclude_layers(["output_dense"]);
/// assert!(optimizer.validate().is_ok());
/// assert!(Muon::new(1e-3).exclude_layers(["("]).validate().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Muon {
    #[serde(flatten)]
    common: Common,
    adam_beta_1: f64,
    adam_beta_2: f64,
    epsilon: f64,
    exclude_layers: Vec<String>,
    muon_a: f64,
    muon_b: f64,
    muon_c: f64,
    adam_lr_ratio: Number,
    momentum: f64,
    ns_steps: u64,
    nesterov: bool,
    exclude_embeddings: bool,
    adam_weight_decay: Option<f64>,
    rms_rate: Option<f64>,
}

impl Muon {
    /// Muon with Keras's defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            common: Common { weight_decay: Some(0.004), ..Common::new("muon", learning_rate) },
            adam_beta_1: 0.9,
            adam_beta_2: 0.999,
            epsilon: 1e-7,
            exclude_layers: Vec::new(),
            muon_a: 3.4445,
            muon_b: -4.775,
            muon_c: 2.0315,
            adam_lr_ratio: 1.into(),
            momentum: 0.95,
            ns_steps: 5,
            nesterov: true,
            exclude_embeddings: true,
            adam_weight_decay: Some(0.004),
            rms_rate: Some(0.2),
        }
    }

    /// Updates the weights by Adam in whose paths, such as `dense/kernel`, one of these regular expressions is found.
    #[must_use]
    pub fn exclude_layers<S: Into<String>>(mut self, patterns: impl IntoIterator<Item = S>) -> Self {
        self.exclude_layers = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// The rate of Adam as a multiple of the learning rate; 1 by default.
    #[must_use]
    pub fn adam_lr_ratio(mut self, adam_lr_ratio: f64) -> Self {
        // What is not finite becomes negative, which is out of range, too.
        self.adam_lr_ratio = Number::from_f64(adam_lr_ratio).unwrap_or_else(|| (-1).into());
        self
    }

    /// The number of steps of Newton and Schulz; 5 by default.
    #[must_use]
    pub fn ns_steps(mut self, ns_steps: usize) -> Self {
        self.ns_steps = ns_steps as u64;
        self
    }

    /// Updates without the factor of `rms_rate`.
    #[must_use]
    pub fn without_rms_rate(mut self) -> Self {
        self.rms_rate = None;
        self
    }

    fn is_of_adam(&self, path: &str, weight: &Weight) -> bool {
        weight.sizes.len() != 2
            || self.exclude_embeddings && path.to_lowercase().contains("embedding")
            || self
                .exclude_layers
                .iter()
                .any(|text| pattern("exclude_layers", text).is_ok_and(|pattern| pattern.is_match(path)))
    }

    fn ratio(&self) -> f64 {
        self.adam_lr_ratio.as_f64().unwrap_or(f64::NAN)
    }
}

arguments!(Muon {
    /// Adam's decay rate of the average gradient; 0.9 by default.
    adam_beta_1: f64,
    /// Adam's decay rate of the average squared gradient; 0.999 by default.
    adam_beta_2: f64,
    /// Added to Adam's denominator to avoid a division by zero; 1e-7 by default.
    epsilon: f64,
    /// The first factor in a step of Newton and Schulz; 3.4445 by default.
    muon_a: f64,
    /// The second factor in a step of Newton and Schulz; -4.775 by default.
    muon_b: f64,
    /// The third factor in a step of Newton and Schulz; 2.0315 by default.
    muon_c: f64,
    /// The fraction of the sum of gradients that is kept at each update of a matrix; 0.95 by default.
    momentum: f64,
    /// Looks ahead along the momentum, as Nesterov's method; true by default.
    nesterov: bool,
    /// Updates weights with `embedding` in their paths by Adam; true by default.
    exclude_embeddings: bool,
    /// The weight decay of the weights that Adam updates; 0.004 by default.
    adam_weight_decay: f64,
    /// Scales the update of a matrix of `n` by `m` by this number times `√max(n, m)`, so that the learning rate and weight
    /// decay of Adam fit Muon; 0.2 by default.
    rms_rate: f64,
});

common_arguments!(Muon, common);

impl Default for Muon {
    /// A learning rate of 0.001.
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Muon {
    fn class_name(&self) -> &'static str {
        "Muon"
    }

    fn learning_rate(&self) -> LearningRate {
        self.common.learning_rate.clone()
    }

    fn global_clipnorm(&self) -> Option<f64> {
        self.common.global_clipnorm
    }

    fn slots_at(&self, path: &str, weight: &Weight) -> Option<Vec<SlotSpec>> {
        let mut slots = vec![SlotSpec::like(weight, "momentum")];
        slots.extend(self.is_of_adam(path, weight).then(|| SlotSpec::like(weight, "velocity")));
        Some(slots)
    }

    fn step_options(&self) -> StepOptions {
        self.common.step_options()
    }

    fn validate(&self) -> Result<()> {
        self.common.validate()?;
        below_one("adam_beta_1", self.adam_beta_1)?;
        below_one("adam_beta_2", self.adam_beta_2)?;
        at_least_zero("epsilon", self.epsilon)?;
        at_least_zero("adam_lr_ratio", self.ratio())?;
        at_least_zero("adam_weight_decay", self.adam_weight_decay.unwrap_or(0.0))?;
        at_least_zero("rms_rate", self.rms_rate.unwrap_or(0.0))?;
        up_to_one("momentum", self.momentum)?;
        for (name, factor) in [("muon_a", self.muon_a), ("muon_b", self.muon_b), ("muon_c", self.muon_c)] {
            check(name, factor, float32::is_finite(factor), "a finite number")?;
        }
        self.exclude_layers.iter().try_for_each(|text| pattern("exclude_layers", text).map(drop))
    }

    /// Matrices by Muon, and all others by Adam.
    fn to_module_optimizer(&self) -> ModuleOptimizer {
        Rule { muon: self.clone(), of_matrices: true }.into()
    }

    fn rules(&self, weights: &[(&str, &Weight)]) -> ModuleOptimizer {
        let mut rules = self.to_module_optimizer();
        let undecayed = self.common.undecayed(weights);
        let of_adam = |(path, weight): &(&str, &Weight)| self.is_of_adam(path, weight);
        for of_matrices in [false, true] {
            for decays in [true, false] {
                let in_group = |(path, weight): &&(&str, &Weight)| {
                    of_adam(&(*path, *weight)) != of_matrices && undecayed.contains(&weight.id()) != decays
                };
                let group: Vec<ParamId> = weights.iter().filter(in_group).map(|(_, weight)| weight.id()).collect();
                let mut muon = self.clone();
                if !decays {
                    (muon.common.weight_decay, muon.adam_weight_decay) = (None, None);
                }
                rules = rules.with_group(ParamGroup::from_ids(group), Rule { muon, of_matrices }, None);
            }
        }
        rules
    }

    fn config(&self) -> Value {
        keras_config::write(self)
    }

    fn keras_module(&self) -> Option<&'static str> {
        Some("keras.optimizers")
    }
}

/// The rule for some weights.
#[derive(Clone)]
struct Rule {
    muon: Muon,
    /// Whether matrices are updated by Muon, not by Adam.
    of_matrices: bool,
}

impl SlotNames for Rule {
    const NAMES: &'static [&'static str] = &["momentum", "velocity"];
}

impl burn::optim::Optimizer for Rule {
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
        let is_matrix = self.of_matrices && D == 2;
        let decay = if is_matrix { self.muon.common.weight_decay } else { self.muon.adam_weight_decay };
        let common = Common { weight_decay: decay, ..self.muon.common.clone() };
        let (variable, gradient) = common.prepare(learning_rate, variable, gradient);
        let variable = match is_matrix {
            true => self.muon.update(learning_rate, variable, gradient, &mut state),
            false => self.muon.update_by_adam(learning_rate, variable, gradient, &mut state),
        };
        (variable, Some(state))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}

impl Muon {
    /// A matrix after an update.
    fn update<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Rule, D>,
    ) -> Tensor<D> {
        let momentum = state.take_or_zeros("momentum", &variable);
        let momentum = momentum.clone() + (gradient.clone() + momentum.mul_scalar(self.momentum - 1.0));
        state.put("momentum", momentum.clone());
        let direction = match self.nesterov {
            true => gradient + momentum.mul_scalar(self.momentum),
            false => momentum,
        };
        let sizes = variable.dims();
        let direction: Tensor<2> = direction.reshape([sizes[0], sizes[1]]);
        let direction = nearly_orthogonal(direction, [self.muon_a, self.muon_b, self.muon_c], self.ns_steps);
        let step: Tensor<D> = direction.mul_scalar(learning_rate).reshape(sizes);
        let longest = sizes[0].max(sizes[1]) as f32;
        variable
            - match self.rms_rate {
                Some(rate) => step.mul_scalar(longest.sqrt()).mul_scalar(rate),
                None => step,
            }
    }

    /// Another variable after an update.
    fn update_by_adam<const D: usize>(
        &self,
        learning_rate: f64,
        variable: Tensor<D>,
        gradient: Tensor<D>,
        state: &mut RuleState<Rule, D>,
    ) -> Tensor<D> {
        let adam = Adam::new(0.0).beta_1(self.adam_beta_1).beta_2(self.adam_beta_2).epsilon(self.epsilon);
        let rule = adam.rule(f64::from(learning_rate as f32 * self.ratio() as f32), state.iterations);
        let momentum = state.take_or_zeros("momentum", &variable);
        let velocity = state.take_or_zeros("velocity", &variable);
        let [variable, momentum, velocity] = rule.apply_all(gradient, [variable, momentum, velocity]);
        state.put("momentum", momentum);
        state.put("velocity", velocity);
        variable
    }
}
