//! Several optimizers, each for its own weights.

use std::collections::HashMap;
use std::sync::Arc;

use burn::module::ParamId;
use burn::optim::GradientsParams;
use horn_nn::{Model, Result, numbered_classes};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::gradients;
use super::learning::Learning;
use super::stepper::{Group, Rate, Stepper, inner_groups};
use super::values::Values;
use crate::optimizers::{Assignment, Optimizer, OptimizerValue, OptimizerVariable};

/// A count of steps, and a learning rate that is not used.
const OWN_VARIABLES: usize = 2;

/// The state of several optimizers, and their steps.
#[derive(Clone)]
pub(super) struct SeveralSteppers {
    optimizer: Arc<dyn Optimizer>,
    map: Arc<dyn Assignment>,
    loss_scale_factor: Option<f64>,
    iterations: usize,
    /// In the order of the map; the default comes last.
    steppers: Vec<Box<dyn Stepper>>,
    /// Which of them updates a weight.
    owners: HashMap<ParamId, usize>,
}

impl SeveralSteppers {
    /// With the steppers of the map's optimizers.
    pub fn new(
        optimizer: Arc<dyn Optimizer>,
        map: Arc<dyn Assignment>,
        loss_scale_factor: Option<f64>,
        mut steppers: Vec<Box<dyn Stepper>>,
    ) -> Self {
        steppers.iter_mut().for_each(|stepper| stepper.set_loss_scale_factor(loss_scale_factor));
        Self { optimizer, map, loss_scale_factor, iterations: 0, steppers, owners: HashMap::new() }
    }

    /// The weights of each optimizer.
    fn parts<'a>(&self, weights: &[Learning<'a>]) -> Result<Vec<Vec<Learning<'a>>>> {
        let mut parts = vec![Vec::new(); self.steppers.len()];
        for weight in weights {
            parts[self.map.owner(&weight.path)?].push(weight.clone());
        }
        Ok(parts)
    }
}

impl Stepper for SeveralSteppers {
    fn copy(&self) -> Box<dyn Stepper> {
        Box::new(self.clone())
    }

    fn prepare(&mut self, weights: &[Learning<'_>]) -> Result<()> {
        let parts = self.parts(weights)?;
        self.owners.clear();
        for (owner, (stepper, weights)) in self.steppers.iter_mut().zip(&parts).enumerate() {
            self.owners.extend(weights.iter().map(|weight| (weight.id(), owner)));
            stepper.prepare(weights)?;
        }
        Ok(())
    }

    fn begin_step(&mut self) {
        self.steppers.iter_mut().for_each(|stepper| stepper.begin_step());
    }

    fn step(&mut self, mut model: Model, gradients: GradientsParams) -> Model {
        let owners = &self.owners;
        let parts = gradients::split(gradients, &model, self.steppers.len(), |id| owners.get(&id).copied());
        for (stepper, gradients) in self.steppers.iter_mut().zip(parts) {
            if !gradients.is_empty() {
                model = stepper.step(model, gradients);
            }
        }
        self.iterations += 1;
        model
    }

    fn loss_scale(&self) -> Option<f64> {
        self.loss_scale_factor
    }

    fn set_loss_scale_factor(&mut self, factor: Option<f64>) {
        self.loss_scale_factor = factor;
        self.steppers.iter_mut().for_each(|stepper| stepper.set_loss_scale_factor(factor));
    }

    fn iterations(&self) -> usize {
        self.iterations
    }

    fn rates(&self) -> Vec<Rate<'_>> {
        let mut rates: Vec<Rate<'_>> = self.steppers.iter().flat_map(|stepper| stepper.rates()).collect();
        // As Keras does, optimizers of one name are told apart by numbers.
        for at in 1..rates.len() {
            let name = rates[at].name.clone();
            let numbered = (1..).map(|number| format!("{name}_{number}"));
            let free = |name: &String| rates[..at].iter().all(|rate| rate.name != *name);
            let name = std::iter::once(name.clone()).chain(numbered).find(free);
            rates[at].name = name.unwrap_or_default();
        }
        rates
    }

    fn set_rate(&mut self, optimizer: usize, learning_rate: f64) -> Result<()> {
        self.steppers[optimizer].set_rate(0, learning_rate)
    }

    fn averaged(&self, model: Model) -> Model {
        self.steppers.iter().fold(model, |model, stepper| stepper.averaged(model))
    }

    fn swapped(&mut self, model: Model) -> Model {
        self.steppers.iter_mut().fold(model, |model, stepper| stepper.swapped(model))
    }

    fn lengths(&self, weights: &[Learning<'_>]) -> Result<Vec<usize>> {
        let mut lengths = vec![1; OWN_VARIABLES];
        for (stepper, weights) in self.steppers.iter().zip(self.parts(weights)?) {
            lengths.extend(stepper.lengths(&weights)?);
        }
        Ok(lengths)
    }

    fn groups(&self, weights: &[Learning<'_>]) -> Result<Vec<Group>> {
        let names = numbered_classes(self.map.optimizers().iter().map(|optimizer| optimizer.class_name()));
        let (mut groups, mut start) = (Vec::new(), OWN_VARIABLES);
        for ((stepper, weights), name) in self.steppers.iter().zip(self.parts(weights)?).zip(names) {
            groups.extend(inner_groups(stepper.as_ref(), format!("optimizers/{name}"), start, &weights)?);
            start += stepper.lengths(&weights)?.len();
        }
        Ok(groups)
    }

    fn variables(&self, model: &Model, weights: &[Learning<'_>]) -> Result<Vec<OptimizerVariable>> {
        let own = [
            ("iteration", OptimizerValue::Int(i64::try_from(self.iterations).unwrap_or(i64::MAX))),
            ("learning_rate", OptimizerValue::Float(ArrayD::zeros(IxDyn(&[])))),
        ];
        let own = own.map(|(name, value)| OptimizerVariable { name: name.to_owned(), weight: None, value });
        let mut variables = Vec::from(own);
        for (stepper, weights) in self.steppers.iter().zip(self.parts(weights)?) {
            variables.extend(stepper.variables(model, &weights)?);
        }
        Ok(variables)
    }

    fn in_own_order(&self, weights: &[Learning<'_>], values: Vec<OptimizerValue>) -> Result<Vec<OptimizerValue>> {
        let Some(order) = self.map.order_in_file() else { return Ok(values) };
        if values.len() != self.lengths(weights)?.len() {
            return Ok(values);
        }
        let counts = self.steppers.iter().zip(self.parts(weights)?);
        let counts = counts.map(|(stepper, weights)| Ok(stepper.lengths(&weights)?.len()));
        let counts: Vec<usize> = counts.collect::<Result<_>>()?;
        let mut values = values.into_iter();
        let own: Vec<OptimizerValue> = values.by_ref().take(OWN_VARIABLES).collect();
        let mut parts: Vec<Vec<OptimizerValue>> = vec![Vec::new(); counts.len()];
        for at in order {
            parts[at] = values.by_ref().take(counts[at]).collect();
        }
        Ok(own.into_iter().chain(parts.into_iter().flatten()).collect())
    }

    fn restored(&self, model: &Model, weights: &[Learning<'_>], values: &mut Values<'_>) -> Result<Box<dyn Stepper>> {
        let iterations = values.count("iteration")?;
        values.number("learning_rate")?;
        let parts = self.parts(weights)?;
        let (mut steppers, mut owners) = (Vec::new(), HashMap::new());
        for (owner, (stepper, weights)) in self.steppers.iter().zip(&parts).enumerate() {
            owners.extend(weights.iter().map(|weight| (weight.id(), owner)));
            steppers.push(stepper.restored(model, weights, values)?);
        }
        let mut restored = Self::new(self.optimizer.clone(), self.map.clone(), self.loss_scale_factor, steppers);
        (restored.iterations, restored.owners) = (iterations, owners);
        Ok(Box::new(restored))
    }

    fn serialize(&self) -> Value {
        let mut object = self.optimizer.serialize();
        let map = &mut object["config"]["optimizer_map"]["config"];
        let objects: Vec<Value> = self.steppers.iter().map(|stepper| stepper.serialize()).collect();
        if let Some((default, mapped)) = objects.split_last() {
            map["default_optimizer"] = default.clone();
            for (pattern, object) in self.map.patterns().into_iter().zip(mapped) {
                map["optimizer_map"][pattern] = object.clone();
            }
        }
        object
    }
}
