//! A run of `fit` or `evaluate`, as its callbacks see it.

use crate::history::{History, Scores};
use crate::model::CompiledModel;
use crate::train_step::TrainStep;

/// A run of `fit` or `evaluate`, as its callbacks see and control it.
pub struct Training<'a> {
    pub(crate) step: &'a mut dyn TrainStep,
    pub(crate) history: History,
    pub(crate) epochs: usize,
    pub(crate) batches: Option<usize>,
    pub(crate) is_stopped: bool,
}

impl<'a> Training<'a> {
    pub(crate) fn new(step: &'a mut dyn TrainStep, epochs: usize, batches: Option<usize>) -> Self {
        Self { step, history: History::default(), epochs, batches, is_stopped: false }
    }

    /// The model with its optimizer. In `fit`, hooks may evaluate, use, save and change it between steps.
    pub fn model(&mut self) -> &mut CompiledModel {
        self.step.model()
    }

    /// The other models that a custom [`TrainStep`] changes.
    pub fn other_models(&mut self) -> Vec<&mut CompiledModel> {
        self.step.other_models()
    }

    /// Replaces the weights of all models by their moving averages, where the optimizers keep them.
    pub(crate) fn finalize_variable_values(&mut self) {
        self.step.model().finalize_variable_values();
        self.step.other_models().into_iter().for_each(CompiledModel::finalize_variable_values);
    }

    /// The history of the epochs so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The scores of this epoch or evaluation so far. Reading them waits for the device.
    pub fn scores(&self) -> Scores {
        self.step.scores()
    }

    /// The epoch at which training ends: it trains the epochs before this one, counted from 0.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// The number of batches in an epoch or evaluation, if known.
    pub fn batches(&self) -> Option<usize> {
        self.batches
    }

    /// Ends the training: Keras's `stop_training`. In the hook of a batch, it ends the epoch after that batch; the
    /// epoch is still validated and reported.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }
}

/// However a run ends, its models are left ready for inference.
impl Drop for Training<'_> {
    fn drop(&mut self) {
        self.step.model().end_training();
        self.step.other_models().into_iter().for_each(CompiledModel::end_training);
    }
}
