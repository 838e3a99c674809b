//! The state and the steps of an update rule.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use burn::module::ParamId;
use burn::optim::{GradientsParams, ModuleOptimizer};
use horn_nn::{Error, Model, Result, float32};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::by_parameter::ByParameter;
use super::learning::Learning;
use super::slots::{Slot, filled, kept, slots};
use super::stepper::{Rate, Stepper};
use super::values::Values;
use super::{averages, gradients};
use crate::optimizers::{
    LearningRate, Naming, Optimizer, OptimizerValue, OptimizerVariable, StepOptions, clip_by_global_norm,
};

/// The state of an update rule, and its steps. What all of Keras's optimizers do around their rules is done here: gradients
/// are unscaled, accumulated and clipped, and averages of the weights are kept.
#[derive(Clone)]
pub(super) struct RuleStepper {
    optimizer: Arc<dyn Optimizer>,
    options: StepOptions,
    learning_rate: LearningRate,
    /// The rate of the step that was begun.
    rate: f64,
    iterations: usize,
    /// The weights that it updates.
    own: HashSet<ParamId>,
    /// The rule for each weight, and its slots. Made when the weights are known.
    rules: Option<ModuleOptimizer>,
    /// The sums of gradients since the last update.
    accumulated: ByParameter,
    averages: ByParameter,
}

/// A variable of the optimizer.
enum Variable<'a> {
    Iteration,
    LearningRate,
    Average(&'a Learning<'a>),
    Accumulator(&'a Learning<'a>),
    Slot(Slot<'a>),
    Derived(&'static str, f32),
}

impl Variable<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Average(weight) | Self::Accumulator(weight) => weight.weight.sizes.iter().product(),
            Self::Slot(slot) => slot.spec.len(),
            _ => 1,
        }
    }
}

impl RuleStepper {
    pub fn new(optimizer: Arc<dyn Optimizer>) -> Self {
        Self {
            options: optimizer.step_options(),
            learning_rate: optimizer.learning_rate(),
            rate: 0.0,
            iterations: 0,
            own: HashSet::new(),
            rules: None,
            accumulated: ByParameter::default(),
            averages: ByParameter::default(),
            optimizer,
        }
    }

    fn fresh_rules(&self, weights: &[Learning<'_>]) -> ModuleOptimizer {
        let weights: Vec<_> = weights.iter().map(|learning| (learning.path.as_str(), learning.weight)).collect();
        self.optimizer.rules(&weights)
    }

    /// The number of updates in this number of steps.
    fn updates(&self, iterations: usize) -> usize {
        iterations / self.options.accumulation_steps
    }

    /// All variables, in Keras's order.
    fn all<'a>(&self, weights: &'a [Learning<'a>], iterations: usize) -> Result<Vec<Variable<'a>>> {
        let mut variables = vec![Variable::Iteration];
        if let LearningRate::Constant(_) = self.learning_rate {
            variables.push(Variable::LearningRate);
        }
        if self.options.ema.is_some() {
            variables.extend(weights.iter().map(Variable::Average));
        }
        if self.options.accumulation_steps > 1 {
            variables.extend(weights.iter().map(Variable::Accumulator));
        }
        variables.extend(slots(self.optimizer.as_ref(), weights)?.into_iter().map(Variable::Slot));
        // Keras does not build an optimizer without weights.
        let derived = if weights.is_empty() { Vec::new() } else { self.optimizer.derived(self.updates(iterations)) };
        variables.extend(derived.into_iter().map(|(name, value)| Variable::Derived(name, value)));
        Ok(variables)
    }
}

impl Stepper for RuleStepper {
    fn copy(&self) -> Box<dyn Stepper> {
        Box::new(self.clone())
    }

    fn prepare(&mut self, weights: &[Learning<'_>]) -> Result<()> {
        self.own = weights.iter().map(Learning::id).collect();
        let fresh = self.fresh_rules(weights);
        self.rules = Some(match self.rules.take() {
            Some(old) => fresh.load_record(old.to_record()),
            None => fresh,
        });
        Ok(())
    }

    fn begin_step(&mut self) {
        self.rate = self.learning_rate.at(self.iterations);
    }

    fn step(&mut self, mut model: Model, mut gradients: GradientsParams) -> Model {
        let StepOptions { global_clipnorm, loss_scale_factor, accumulation_steps, ema } = self.options;
        if let Some(factor) = loss_scale_factor {
            gradients = gradients::divided(gradients, &model, factor);
        }
        let is_update = (self.iterations + 1).is_multiple_of(accumulation_steps);
        if !is_update {
            gradients::accumulate(gradients, &mut self.accumulated, &model);
        } else if let Some(rules) = &mut self.rules {
            if accumulation_steps > 1 {
                gradients = gradients::means(gradients, &mut self.accumulated, accumulation_steps, &model);
            }
            if let Some(norm) = global_clipnorm {
                gradients = clip_by_global_norm(gradients, &model, norm);
            }
            model = rules.step(self.rate, model, gradients);
        }
        if let Some(ema) = ema {
            let updates = self.updates(self.iterations);
            // The first average is the weight itself.
            let momentum = if updates == 0 { 0.0 } else { ema.momentum as f32 };
            averages::follow(&mut self.averages, &model, &self.own, momentum);
            if ema.overwrite_frequency.is_some_and(|frequency| (updates + 1).is_multiple_of(frequency)) {
                model = averages::written(&self.averages, model);
            }
        }
        self.iterations += 1;
        model
    }

    fn loss_scale(&self) -> Option<f64> {
        self.options.loss_scale_factor
    }

    fn set_loss_scale_factor(&mut self, factor: Option<f64>) {
        self.options.loss_scale_factor = factor;
    }

    fn iterations(&self) -> usize {
        self.iterations
    }

    fn rates(&self) -> Vec<Rate<'_>> {
        let config = self.optimizer.config();
        let name = config["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(self.optimizer.class_name());
        vec![Rate { name: name.to_owned(), learning_rate: &self.learning_rate, step: self.iterations }]
    }

    fn set_rate(&mut self, _optimizer: usize, learning_rate: f64) -> Result<()> {
        if let LearningRate::Schedule(schedule) = &self.learning_rate {
            return Err(Error::argument("the learning rate follows a schedule, and can't be set")
                .at("learning_rate")
                .received(learning_rate)
                .expected(format!("what {} says", schedule.class_name()))
                .hint("compile with a number as the learning rate"));
        }
        self.learning_rate = learning_rate.into();
        Ok(())
    }

    fn averaged(&self, model: Model) -> Model {
        averages::written(&self.averages, model)
    }

    fn swapped(&mut self, model: Model) -> Model {
        averages::swapped(&mut self.averages, model)
    }

    fn lengths(&self, weights: &[Learning<'_>]) -> Result<Vec<usize>> {
        Ok(self.all(weights, 0)?.iter().map(Variable::len).collect())
    }

    fn variables(&self, model: &Model, weights: &[Learning<'_>]) -> Result<Vec<OptimizerVariable>> {
        let all = self.all(weights, self.iterations)?;
        let mut in_slots = match &self.rules {
            Some(rules) if all.iter().any(|variable| matches!(variable, Variable::Slot(_))) => kept(rules)?,
            _ => HashMap::new(),
        };
        let scalar = |value: f32| OptimizerValue::Float(ArrayD::from_elem(IxDyn(&[]), value));
        let own = |name: &str, value| OptimizerVariable { name: name.to_owned(), weight: None, value };
        let of_weight = |weight: &Learning<'_>, name, sizes: &[usize], values: Option<Vec<f32>>, initial| {
            let array = match values {
                None => initial,
                Some(values) => ArrayD::from_shape_vec(sizes, values).map_err(|error| {
                    Error::model("a slot's shape differs from the declared one")
                        .at(&weight.path)
                        .expected(horn_nn::sizes(sizes))
                        .because(error)
                        .hint("declare in `Optimizer::slots` the shape that the rule keeps")
                })?,
            };
            Ok(OptimizerVariable { name, weight: Some(weight.number), value: OptimizerValue::Float(array) })
        };
        let mut weights_of_now = None;
        let mut variables = Vec::with_capacity(all.len());
        for variable in all {
            variables.push(match variable {
                Variable::Iteration => {
                    own("iteration", OptimizerValue::Int(i64::try_from(self.iterations).unwrap_or(i64::MAX)))
                }
                Variable::LearningRate => own("learning_rate", scalar(self.learning_rate.at(self.iterations) as f32)),
                Variable::Average(weight) => {
                    let (sizes, values) = (&weight.weight.sizes, self.averages.values(weight.id()));
                    of_weight(weight, weight.variable("average"), sizes, values, ArrayD::zeros(sizes.as_slice()))?
                }
                Variable::Accumulator(weight) => {
                    let (sizes, values) = (&weight.weight.sizes, self.accumulated.values(weight.id()));
                    let name = weight.variable("gradient_accumulator");
                    of_weight(weight, name, sizes, values, ArrayD::zeros(sizes.as_slice()))?
                }
                Variable::Slot(Slot { weight, spec }) if spec.naming == Naming::Unused => {
                    own(&weight.path.replace('/', "_"), OptimizerValue::Int(0))
                }
                Variable::Slot(slot) => {
                    let values = in_slots.remove(&slot.key());
                    let Slot { weight, spec } = slot;
                    let name = match spec.naming {
                        Naming::OfSlot => weight.variable(spec.name),
                        Naming::OfWeight | Naming::Unused => weight.path.replace('/', "_"),
                    };
                    let initial = match spec.starts_as_weight && values.is_none() {
                        true => weights_of_now.get_or_insert_with(|| model.get_weights())[weight.number].clone(),
                        false => ArrayD::from_elem(spec.sizes.as_slice(), spec.initial),
                    };
                    of_weight(weight, name, &spec.sizes, values, initial)?
                }
                Variable::Derived(name, value) => own(name, scalar(value)),
            });
        }
        Ok(variables)
    }

    fn restored(&self, model: &Model, weights: &[Learning<'_>], values: &mut Values<'_>) -> Result<Box<dyn Stepper>> {
        let iterations = values.count("iteration")?;
        let all = self.all(weights, iterations)?;
        let mut restored = Self::new(self.optimizer.clone());
        restored.options = self.options;
        restored.learning_rate = self.learning_rate.clone();
        restored.iterations = iterations;
        restored.own = weights.iter().map(Learning::id).collect();
        let (mut averages, mut accumulated, mut in_slots) = (HashMap::new(), HashMap::new(), Vec::new());
        for variable in &all {
            match variable {
                Variable::Iteration => {}
                Variable::LearningRate => {
                    let rate = f64::from(values.number("learning_rate")?);
                    check_rate(rate)?;
                    restored.learning_rate = rate.into();
                }
                Variable::Average(weight) => {
                    averages.insert(weight.id(), values.array_of(&weight.path, &weight.weight.sizes)?);
                }
                Variable::Accumulator(weight) => {
                    accumulated.insert(weight.id(), values.array_of(&weight.path, &weight.weight.sizes)?);
                }
                Variable::Slot(slot) if slot.spec.naming == Naming::Unused => values.skip(),
                Variable::Slot(slot) => in_slots.push((slot, values.array_of(&slot.weight.path, &slot.spec.sizes)?)),
                // These follow from the number of steps.
                Variable::Derived(..) => values.skip(),
            }
        }
        let fresh = self.fresh_rules(weights);
        let updates = self.updates(iterations);
        restored.rules = Some(filled(fresh, self.optimizer.as_ref(), model, &in_slots, updates)?);
        restored.accumulated = ByParameter::of_arrays(model, &accumulated);
        restored.averages = ByParameter::of_arrays(model, &averages);
        Ok(Box::new(restored))
    }

    fn serialize(&self) -> Value {
        let mut object = self.optimizer.serialize();
        if let (None, LearningRate::Constant(rate)) = (self.optimizer.unavailable(), &self.learning_rate) {
            object["config"]["learning_rate"] = f64::from(*rate as f32).into();
        }
        object
    }
}

/// Checks a learning rate.
///
/// # Errors
///
/// If it is negative or not finite.
pub(crate) fn check_rate(learning_rate: f64) -> Result<()> {
    if float32::is_finite(learning_rate) && learning_rate >= 0.0 {
        return Ok(());
    }
    Err(Error::argument("a learning rate must be a number")
        .at("learning_rate")
        .received(learning_rate)
        .expected(float32::expected(learning_rate, "a finite number of at least 0"))
        .hint("give a small number such as 0.001"))
}
