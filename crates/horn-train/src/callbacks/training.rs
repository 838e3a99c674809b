//! A run of `fit` or `evaluate`, as its callbacks see it.

use std::fmt;

use super::checkpoint::{Checkpoint, Place};
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
    /// Whether the averages of the weights are in their places for now.
    pub(crate) averages_in_place: bool,
    /// Where the run is.
    pub(crate) place: Place,
    /// Whether a callback wants a backup after this hook.
    pub(crate) backs_up: bool,
    /// Where the run is to resume.
    pub(crate) resumes_at: Option<Checkpoint>,
}

impl fmt::Debug for Training<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Training").field("history", &self.history).field("epochs", &self.epochs).finish_non_exhaustive()
    }
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
            averages_in_place: false,
            watch: Watch::default(),
            place: Place::default(),
            backs_up: false,
            resumes_at: None,
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

    /// Asks for a backup, in the hook after an epoch or after a batch of training. Once all callbacks have run that hook,
    /// [`Callback::on_back_up`](super::Callback::on_back_up) gets the place that the run has reached.
    pub fn back_up(&mut self) {
        self.backs_up = true;
    }

    /// Resumes a run at a checkpoint, in the hook before the first epoch. The caller restores the model; the run takes
    /// epoch, batch, random numbers and the states of the callbacks from the checkpoint. A source of batches must yield
    /// the same batches again if it starts with the same random numbers.
    pub fn resume(&mut self, checkpoint: Checkpoint) {
        self.resumes_at = Some(checkpoint);
    }
}

/// However a run ends, its models are left ready for inference, with their own weights.
impl Drop for Training<'_> {
    fn drop(&mut self) {
        if self.averages_in_place {
            self.step.model().swap_moving_averages();
        }
        self.step.model().end_training();
        self.step.other_models().into_iter().for_each(CompiledModel::end_training);
    }
}
