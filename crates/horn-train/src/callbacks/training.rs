//! A run of `fit` or `evaluate`, as its callbacks see it.

use super::watch::Watch;
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
    pub(crate) watch: Watch,
    pub(crate) is_interrupted: bool,
}

impl<'a> Training<'a> {
    pub(crate) fn new(step: &'a mut dyn TrainStep, epochs: usize, batches: Option<usize>) -> Self {
        Self {
            step,
            history: History::default(),
            epochs,
            batches,
            is_stopped: false,
            is_interrupted: false,
            watch: Watch::default(),
        }
    }

    /// The model with its optimizer. In `fit`, hooks may evaluate, use, save and change it between steps.
    pub fn model(&mut self) -> &mut CompiledModel {
        self.step.model()
    }

    /// The other models that a custom [`TrainStep`] changes.
    pub fn other_models(&mut self) -> Vec<&mut CompiledModel> {
        self.step.other_models()
    }

    /// The history of the epochs so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The scores of this epoch or evaluation so far. Reading them waits for the device.
    pub fn scores(&self) -> Scores {
        let scores = self.step.scores();
        self.watch.look(&scores);
        scores
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

    /// Ends the training or evaluation after this batch, without a validation: what an interruption by the user does. The
    /// epoch is still reported. An evaluation returns the scores of the batches so far: Keras's `stop_evaluating`.
    pub fn interrupt(&mut self) {
        self.is_stopped = true;
        self.is_interrupted = true;
    }
}

/// However a run ends, its models are left ready for inference.
impl Drop for Training<'_> {
    fn drop(&mut self) {
        self.step.model().end_training();
        self.step.other_models().into_iter().for_each(CompiledModel::end_training);
    }
}
