//! What goes along with one pass through a model.

use burn::tensor::Tensor;

use crate::by_rank;
use crate::error::Result;
use crate::layer::signal::Signal;
use crate::regularizers::regularizer::Regularizer;

/// One pass through a model: how the layers shall act, and what they have to add to the loss.
#[derive(Debug)]
pub struct CallContext {
    mode: Mode,
    trainable: bool,
    losses: Vec<Tensor<1>>,
}

impl CallContext {
    /// A pass in this mode.
    pub fn new(mode: Mode) -> Self {
        Self { mode, trainable: true, losses: Vec::new() }
    }

    /// Is the model learning, or used?
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Is the model learning?
    pub fn is_training(&self) -> bool {
        self.mode == Mode::Training
    }

    /// Does the layer that is called learn? Not where it is frozen.
    pub fn is_trainable(&self) -> bool {
        self.trainable
    }

    /// Adds to the loss.
    pub fn add_loss(&mut self, loss: Tensor<1>) {
        self.losses.push(loss);
    }

    /// What layers have added to the loss.
    pub fn losses(&self) -> &[Tensor<1>] {
        &self.losses
    }

    /// Adds to the loss for the outputs of a layer, divided by the size of the batch.
    pub(crate) fn add_activity(&mut self, regularizer: &Regularizer, outputs: &[Signal]) -> Result<()> {
        for output in outputs {
            let penalty = by_rank!(output.clone().value()?, |x| {
                let batch = x.dims()[0] as f64;
                regularizer.penalty(x) / batch
            })?;
            self.add_loss(penalty);
        }
        Ok(())
    }

    /// Runs a layer in a mode of its own, if it has one.
    pub(crate) fn in_mode<T>(&mut self, mode: Option<Mode>, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.mode;
        self.mode = mode.unwrap_or(outer);
        let result = run(self);
        self.mode = outer;
        result
    }

    /// Runs a layer that is frozen or not.
    pub(crate) fn of_layer<T>(&mut self, trainable: bool, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.trainable;
        self.trainable = outer && trainable;
        let result = run(self);
        self.trainable = outer;
        result
    }
}

/// Is the model learning, or used?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Layers such as `Dropout` act; tensors carry gradients.
    Training,
    /// The model is evaluated or predicts.
    Inference,
}
