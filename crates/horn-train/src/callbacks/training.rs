//! A run of `fit` or `evaluate`, as its callbacks see it.

use std::fmt;

use horn_nn::Result;
use ndarray::ArrayD;

use super::checkpoint::{Checkpoint, Place};
use super::watch::Watch;
use crate::compiling::model::CompiledModel;
use crate::history::{History, Scores};
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
    /// Where the run is.
    pub(crate) place: Place,
    /// Whether a callback wants a backup after this hook.
    pub(crate) backs_up: bool,
    /// Where the run is to resume.
    pub(crate) resumes_at: Option<Checkpoint>,
    /// Whether the moving averages were in the places of the weights when the run began.
    used_averages: bool,
}

impl fmt::Debug for Training<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Training").field("history", &self.history).field("epochs", &self.epochs).finish_non_exhaustive()
    }
}

impl<'a> Training<'a> {
    pub(crate) fn new(step: &'a mut dyn TrainStep, epochs: usize, batches: Option<usize>) -> Self {
        Self {
            used_averages: step.model().uses_averages,
            step,
            history: History::default(),
            epochs,
            batches,
            is_stopped: false,
            is_interrupted: false,
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

    /// Does this to the model and all other models.
    pub(crate) fn each_model(&mut self, mut each: impl FnMut(&mut CompiledModel)) {
        each(self.step.model());
        self.step.other_models().into_iter().for_each(each);
    }

    /// Replaces the weights of all models by their moving averages, where the optimizers keep them.
    pub(crate) fn finalize_variable_values(&mut self) {
        self.each_model(CompiledModel::finalize_variable_values);
    }

    /// Puts the moving averages in the places of the weights of all models, or the weights back. Returns whether the
    /// averages were there before. However the run ends, they are put back to where they were at its beginning.
    pub(crate) fn use_averages(&mut self, wanted: bool) -> bool {
        let before = self.model().uses_averages;
        self.each_model(|model| {
            model.use_averages(wanted);
        });
        before
    }

    /// The weights of all models, one after the other.
    pub(crate) fn weights(&mut self) -> Result<Vec<ArrayD<f32>>> {
        let mut weights = self.model().model()?.get_weights();
        for model in self.other_models() {
            weights.extend(model.model()?.get_weights());
        }
        Ok(weights)
    }

    /// Sets what [`weights`](Self::weights) returned.
    pub(crate) fn set_weights(&mut self, weights: &[ArrayD<f32>]) -> Result<()> {
        let count = self.model().model()?.weights().count();
        let (own, mut rest) = weights.split_at(count.min(weights.len()));
        self.model().model_mut()?.set_weights(own)?;
        for model in self.other_models() {
            let (own, others) = rest.split_at(model.model()?.weights().count().min(rest.len()));
            model.model_mut()?.set_weights(own)?;
            rest = others;
        }
        Ok(())
    }

    /// The history of the epochs so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The scores of this epoch or evaluation so far. Reading them waits for the device.
    pub fn scores(&self) -> Scores {
        let scores = self.step.scores();
        self.watch.look(&scores, || self.step.finite_batches());
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
    ///
    /// Unlike a training that is [stopped](Self::stop), one that is interrupted is meant to go on: `BackupAndRestore`
    /// backs it up after this batch, and keeps the backup.
    pub fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// Whether the run was [interrupted](Self::interrupt).
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Whether no further batch or epoch is to be trained.
    pub(crate) fn ends(&self) -> bool {
        self.is_stopped || self.is_interrupted
    }

    /// Asks for a backup, in the hook after an epoch or after a batch of training. Once all callbacks have run that hook,
    /// [`Callback::on_back_up`](super::Callback::on_back_up) gets the place that the run has reached. After an interruption
    /// that is the place in the epoch, and it gets it without being asked.
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
        let used_averages = self.used_averages;
        self.each_model(|model| {
            model.use_averages(used_averages);
            model.end_training();
        });
    }
}
