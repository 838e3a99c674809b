//! A learning rate for each epoch.

use std::fmt;

use horn_nn::Result;

use super::callback::Callback;
use super::messages::print_msg;
use super::training::Training;
use crate::history::Scores;
use crate::python::python_repr;

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
    verbose: bool,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// Sets the rates that this function returns.
    pub fn new(schedule: F) -> Self {
        Self { schedule, verbose: false }
    }

    /// Whether to print each rate; no by default.
    #[must_use]
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = verbose;
        self
    }
}

impl<F> fmt::Debug for LearningRateScheduler<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LearningRateScheduler").field("verbose", &self.verbose).finish_non_exhaustive()
    }
}

impl<F: FnMut(usize, f64) -> f64> Callback for LearningRateScheduler<F> {
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        let rate = (self.schedule)(epoch, current_rate(training));
        training.model().set_learning_rate(rate)?;
        if self.verbose {
            let rate = python_repr(rate);
            print_msg(&format!("\nEpoch {}: LearningRateScheduler setting learning rate to {rate}.", epoch + 1));
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        logs.set("learning_rate", current_rate(training));
        Ok(())
    }
}

/// The learning rate of the next step as Keras reads it: its variable is a float32.
pub(super) fn current_rate(training: &mut Training<'_>) -> f64 {
    f64::from(training.model().learning_rate() as f32)
}
