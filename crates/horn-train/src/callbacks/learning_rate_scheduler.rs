//! A learning rate for each epoch.

use std::fmt;

use horn_nn::Result;

use super::callback::Callback;
use super::training::Training;
use crate::history::Scores;

/// Sets the learning rate at the start of each epoch. The function takes the epoch, counted from 0, and the current
/// rate. The history has the rates as `learning_rate`.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::LearningRateScheduler;
///
/// let halve = LearningRateScheduler::new(|epoch, rate| if epoch == 0 { rate } else { rate / 2.0 });
/// let fit = Fit::epochs(5).callback(halve);
/// ```
pub struct LearningRateScheduler<F> {
    schedule: F,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// Sets the rates that this function returns.
    pub fn new(schedule: F) -> Self {
        Self { schedule }
    }
}

impl<F> fmt::Debug for LearningRateScheduler<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LearningRateScheduler").finish_non_exhaustive()
    }
}

impl<F: FnMut(usize, f64) -> f64> Callback for LearningRateScheduler<F> {
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        let model = training.model();
        let rate = (self.schedule)(epoch, model.learning_rate());
        model.set_learning_rate(rate)
    }

    fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        logs.set("learning_rate", training.model().learning_rate());
        Ok(())
    }
}
