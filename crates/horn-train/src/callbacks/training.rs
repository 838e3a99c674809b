//! What callbacks see of the run that they take part in.

use crate::history::{History, Scores};
use crate::model::CompiledModel;
use crate::train_step::TrainStep;

/// A run of `fit` or `evaluate`, as its callbacks see and steer it.
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

    /// The model with its optimizer. In `fit` it may be measured, used, saved and changed between steps.
    pub fn model(&mut self) -> &mut CompiledModel {
        self.step.model()
    }

    /// The other models that a custom [`TrainStep`] changes.
    pub fn other_models(&mut self) -> Vec<&mut CompiledModel> {
        self.step.other_models()
    }

    /// The epochs so far with their numbers.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The numbers of this epoch or evaluation so far. They are read from the device, which takes as long as it is busy.
    pub fn scores(&self) -> Scores {
        self.step.scores()
    }

    /// The epoch, counted from 0, before which the training ends.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// The number of batches in an epoch or evaluation, where that is known.
    pub fn batches(&self) -> Option<usize> {
        self.batches
    }

    /// Ends the training: Keras's `stop_training`. Called for a batch, it ends the epoch there, which is measured and
    /// reported as ever.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }
}

/// However a run ends, its models can be used.
impl Drop for Training<'_> {
    fn drop(&mut self) {
        self.step.model().end_training();
        self.step.other_models().into_iter().for_each(CompiledModel::end_training);
    }
}
