//! The trait for the state and the steps of optimizers.

use std::ops::Range;

use burn::optim::GradientsParams;
use horn_nn::{Model, Result};
use serde_json::Value;

use super::learning::Learning;
use super::values::Values;
use crate::optimizers::{LearningRate, OptimizerValue, OptimizerVariable};

/// A group of an optimizer's variables in a file: its path, and which of the variables it has.
pub(crate) type Group = (String, Range<usize>);

/// The learning rate of an optimizer.
pub(crate) struct Rate<'a> {
    /// Keras's name of the optimizer.
    pub name: String,
    pub learning_rate: &'a LearningRate,
    /// The step that it is asked for.
    pub step: usize,
}

/// Holds the state of an optimizer and runs its steps.
pub(crate) trait Stepper: Send + Sync {
    /// A copy, which shares what it keeps until one of the two makes a step.
    fn copy(&self) -> Box<dyn Stepper>;

    /// Gets ready for steps of these trainable weights.
    ///
    /// # Errors
    ///
    /// If it is not clear how to update one of them.
    fn prepare(&mut self, weights: &[Learning<'_>]) -> Result<()>;

    /// Computes the learning rate of the next step, while the model is still in its place: a custom schedule may panic.
    fn begin_step(&mut self);

    /// A step that was begun: the model with weights that are updated by their gradients.
    fn step(&mut self, model: Model, gradients: GradientsParams) -> Model;

    /// By what the loss is multiplied before its gradients are computed.
    fn loss_scale(&self) -> Option<f64>;

    /// Keras's `loss_scale_factor`, which an optimizer around this one decides on.
    fn set_loss_scale_factor(&mut self, factor: Option<f64>);

    /// The number of steps so far.
    fn iterations(&self) -> usize;

    /// The learning rate of each optimizer, in Keras's order.
    fn rates(&self) -> Vec<Rate<'_>>;

    /// Sets the learning rate, which has been checked, of one of these optimizers.
    ///
    /// # Errors
    ///
    /// If it follows a schedule.
    fn set_rate(&mut self, optimizer: usize, learning_rate: f64) -> Result<()>;

    /// The model with the averages of its weights in their places, if there are averages.
    fn averaged(&self, model: Model) -> Model;

    /// The model with the averages of its weights in their places, which the averages are then replaced by.
    fn swapped(&mut self, model: Model) -> Model;

    /// The number of values of each variable.
    ///
    /// # Errors
    ///
    /// If what the optimizer keeps is not known.
    fn lengths(&self, weights: &[Learning<'_>]) -> Result<Vec<usize>>;

    /// The groups in Keras's files, below that of this optimizer, in which the variables of inner optimizers come again:
    /// their paths, and which of the variables they have.
    ///
    /// # Errors
    ///
    /// As [`lengths`](Self::lengths).
    fn groups(&self, _weights: &[Learning<'_>]) -> Result<Vec<Group>> {
        Ok(Vec::new())
    }

    /// The variables, in Keras's order.
    ///
    /// # Errors
    ///
    /// As [`lengths`](Self::lengths).
    fn variables(&self, model: &Model, weights: &[Learning<'_>]) -> Result<Vec<OptimizerVariable>>;

    /// The values for the variables in the order of [`variables`](Self::variables), given those in the order of the file
    /// that the optimizer was read from.
    ///
    /// # Errors
    ///
    /// As [`lengths`](Self::lengths).
    fn in_own_order(&self, _weights: &[Learning<'_>], values: Vec<OptimizerValue>) -> Result<Vec<OptimizerValue>> {
        Ok(values)
    }

    /// A stepper like this with the next of these values for its variables.
    ///
    /// # Errors
    ///
    /// If one does not fit; and as [`lengths`](Self::lengths).
    fn restored(&self, model: &Model, weights: &[Learning<'_>], values: &mut Values<'_>) -> Result<Box<dyn Stepper>>;

    /// The optimizer as Keras writes it, at its learning rate of now.
    fn serialize(&self) -> Value;
}

impl Clone for Box<dyn Stepper> {
    fn clone(&self) -> Self {
        self.copy()
    }
}

/// The groups of an inner optimizer, whose variables start at this one, in the group of this path.
pub(super) fn inner_groups(
    inner: &dyn Stepper,
    path: String,
    start: usize,
    weights: &[Learning<'_>],
) -> Result<Vec<Group>> {
    let own = start..start + inner.lengths(weights)?.len();
    let below = inner.groups(weights)?.into_iter();
    let below = below.map(|(below, range)| (format!("{path}/{below}"), start + range.start..start + range.end));
    Ok(std::iter::once((path.clone(), own)).chain(below).collect())
}
