//! The context of one forward pass through a model.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::signal::Signal;
use crate::regularizers::regularizer::Regularizer;

/// The limit for calls of layers in a forward pass, which take a fraction of a second. Large models make thousands.
const MAX_CALLS: u64 = 200_000;

/// The context of one forward pass: the mode of the layers, and the losses that they add.
#[derive(Debug)]
pub struct CallContext {
    mode: Mode,
    /// Whether the mode is that of all layers, whatever modes their calls were given.
    throughout: bool,
    trainable: bool,
    gives_masks: bool,
    /// The options that the call was given; none if the layer's own count.
    options: Option<Arc<[(&'static str, bool)]>>,
    losses: Vec<Tensor<1>>,
    /// The number of values that later calls still need.
    pub(crate) live: u64,
    /// How many calls of layers have been made.
    calls: u64,
}

impl CallContext {
    /// A context for a forward pass in this mode. Calls that were given a mode of their own, by
    /// [`in_mode`](crate::SharedLayer::in_mode), keep it.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            throughout: false,
            trainable: true,
            gives_masks: false,
            options: None,
            losses: Vec::new(),
            live: 0,
            calls: 0,
        }
    }

    /// A context for a forward pass in which all layers are in this mode. So Keras's `fit`, `evaluate` and `predict`
    /// run a model: `training` in the call of a layer has no effect on them.
    pub fn throughout(mode: Mode) -> Self {
        Self { throughout: true, ..Self::new(mode) }
    }

    /// The mode: training or inference.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Is the mode training?
    pub fn is_training(&self) -> bool {
        self.mode == Mode::Training
    }

    /// Is the layer that is being called trainable, that is, not frozen?
    pub fn is_trainable(&self) -> bool {
        self.trainable
    }

    /// Are the masks of the inputs given with the call, and not propagated? A recurrent layer that gets its initial states
    /// ignores a propagated mask, as in Keras.
    pub fn gives_masks(&self) -> bool {
        self.gives_masks
    }

    /// Counts a call of a layer. Models that call each other ten times at eight levels are a small file and a hundred
    /// million calls.
    pub(crate) fn count(&mut self) -> Result<()> {
        self.calls += 1;
        if self.calls <= MAX_CALLS {
            return Ok(());
        }
        Err(Error::model("the model calls its layers too often")
            .expected(format!("at most {MAX_CALLS} calls for a batch"))
            .hint("call models inside of models less often: the calls at each level multiply"))
    }

    /// An option that the call was given, by [`called_as`](crate::SharedLayer::called_as); none if the layer's own counts.
    pub fn option(&self, name: &str) -> Option<bool> {
        let options = self.options.as_ref()?;
        options.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    /// Adds a term to the loss.
    pub fn add_loss(&mut self, loss: Tensor<1>) {
        self.losses.push(loss);
    }

    /// The terms that layers have added to the loss.
    pub fn losses(&self) -> &[Tensor<1>] {
        &self.losses
    }

    /// Adds the activity loss for the outputs of a layer, divided by the batch size.
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

    /// Runs a layer in the mode that its call was given, if that counts, or in the current one. A model that is called
    /// in a mode is in this mode throughout.
    pub(crate) fn in_mode<T>(&mut self, mode: Option<Mode>, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = (self.mode, self.throughout);
        if let Some(mode) = mode.filter(|_| !self.throughout) {
            (self.mode, self.throughout) = (mode, true);
        }
        let result = run(self);
        (self.mode, self.throughout) = outer;
        result
    }

    /// Runs a layer with masks that are given with the call, or propagated.
    pub(crate) fn with_masks<T>(&mut self, given: bool, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.gives_masks, given);
        let result = run(self);
        self.gives_masks = outer;
        result
    }

    /// Runs a layer with the options of its call, if these are not its own.
    pub(crate) fn with_options<T>(
        &mut self,
        options: Option<Arc<[(&'static str, bool)]>>,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = std::mem::replace(&mut self.options, options);
        let result = run(self);
        self.options = outer;
        result
    }

    /// Runs a layer that is trainable or frozen.
    pub(crate) fn of_layer<T>(&mut self, trainable: bool, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.trainable;
        self.trainable = outer && trainable;
        let result = run(self);
        self.trainable = outer;
        result
    }
}

/// Whether the model is being trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Training: layers such as `Dropout` are active, and tensors track gradients.
    Training,
    /// Evaluation and prediction.
    Inference,
}
