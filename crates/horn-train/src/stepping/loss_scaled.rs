//! An optimizer that scales the loss, so that gradients in half precision do not vanish.

use std::sync::Arc;

use burn::optim::GradientsParams;
use horn_nn::{Model, Result};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

use super::gradients;
use super::learning::Learning;
use super::stepper::{Group, Rate, Stepper, inner_groups};
use super::values::Values;
use crate::optimizers::{Optimizer, OptimizerValue, OptimizerVariable};

/// How many variables it adds to those of the optimizer inside.
pub(crate) const ADDED_VARIABLES: usize = 4;

/// An optimizer around another. It scales the loss by a number that grows until gradients are not finite.
#[derive(Clone)]
pub(crate) struct LossScaledStepper {
    /// Keras puts one around the optimizer of a model in `mixed_float16`, and writes only the optimizer inside.
    optimizer: Option<Arc<dyn Optimizer>>,
    inner: Box<dyn Stepper>,
    scale: f32,
    /// The number of steps since the scale has changed.
    steps: usize,
    growth_steps: usize,
}

impl LossScaledStepper {
    pub fn new(
        optimizer: Option<Arc<dyn Optimizer>>,
        mut inner: Box<dyn Stepper>,
        initial_scale: f64,
        growth_steps: usize,
    ) -> Self {
        // The gradients would be unscaled twice.
        inner.set_loss_scale_factor(None);
        Self { optimizer, inner, scale: initial_scale as f32, steps: 0, growth_steps }
    }
}

impl Stepper for LossScaledStepper {
    fn copy(&self) -> Box<dyn Stepper> {
        Box::new(self.clone())
    }

    fn prepare(&mut self, weights: &[Learning<'_>]) -> Result<()> {
        self.inner.prepare(weights)
    }

    fn begin_step(&mut self) {
        self.inner.begin_step();
    }

    fn step(&mut self, model: Model, gradients: GradientsParams) -> Model {
        if !gradients::are_finite(&gradients, &model) {
            self.scale *= 0.5;
            self.steps = 0;
            return model;
        }
        let gradients = gradients::divided(gradients, &model, f64::from(self.scale));
        self.steps += 1;
        if self.steps == self.growth_steps {
            self.scale *= 2.0;
            self.steps = 0;
        }
        self.inner.step(model, gradients)
    }

    fn loss_scale(&self) -> Option<f64> {
        Some(f64::from(self.scale))
    }

    /// The scale is its own.
    fn set_loss_scale_factor(&mut self, _: Option<f64>) {}

    fn iterations(&self) -> usize {
        self.inner.iterations()
    }

    fn rates(&self) -> Vec<Rate<'_>> {
        self.inner.rates()
    }

    fn set_rate(&mut self, optimizer: usize, learning_rate: f64) -> Result<()> {
        self.inner.set_rate(optimizer, learning_rate)
    }

    fn averaged(&self, model: Model) -> Model {
        self.inner.averaged(model)
    }

    fn swapped(&mut self, model: Model) -> Model {
        self.inner.swapped(model)
    }

    fn lengths(&self, weights: &[Learning<'_>]) -> Result<Vec<usize>> {
        Ok([vec![1; ADDED_VARIABLES], self.inner.lengths(weights)?].concat())
    }

    fn groups(&self, weights: &[Learning<'_>]) -> Result<Vec<Group>> {
        inner_groups(self.inner.as_ref(), "inner_optimizer".to_owned(), ADDED_VARIABLES, weights)
    }

    fn variables(&self, model: &Model, weights: &[Learning<'_>]) -> Result<Vec<OptimizerVariable>> {
        let count = |count: usize| OptimizerValue::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let number = |number| OptimizerValue::Float(ArrayD::from_elem(IxDyn(&[]), number));
        // Keras counts steps and keeps the rate only in the optimizer inside.
        let own = [
            ("iteration", count(0)),
            ("learning_rate", number(0.0)),
            ("step_counter", count(self.steps)),
            ("dynamic_scale", number(self.scale)),
        ];
        let own = own.map(|(name, value)| OptimizerVariable { name: name.to_owned(), weight: None, value });
        Ok(own.into_iter().chain(self.inner.variables(model, weights)?).collect())
    }

    fn in_own_order(&self, weights: &[Learning<'_>], mut values: Vec<OptimizerValue>) -> Result<Vec<OptimizerValue>> {
        let inner = values.split_off(ADDED_VARIABLES.min(values.len()));
        values.extend(self.inner.in_own_order(weights, inner)?);
        Ok(values)
    }

    fn restored(&self, model: &Model, weights: &[Learning<'_>], values: &mut Values<'_>) -> Result<Box<dyn Stepper>> {
        values.count("iteration")?;
        values.number("learning_rate")?;
        let (steps, scale) = (values.count("step_counter")?, values.number("dynamic_scale")?);
        let inner = self.inner.restored(model, weights, values)?;
        Ok(Box::new(Self { optimizer: self.optimizer.clone(), inner, scale, steps, growth_steps: self.growth_steps }))
    }

    fn serialize(&self) -> Value {
        let inner = self.inner.serialize();
        let Some(optimizer) = &self.optimizer else { return inner };
        let mut object = optimizer.serialize();
        object["config"]["inner_optimizer"] = inner;
        object["config"]["inner_optimizer"]["config"]["loss_scale_factor"] = Value::Null;
        object
    }
}
