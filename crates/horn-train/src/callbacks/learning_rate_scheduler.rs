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
/// A [`MultiOptimizer`](crate::optimizers::MultiOptimizer) has the rates of all its optimizers set, and the history has them
/// as `learning_rate_sgd` and so on.
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
        let rates = current_rates(training);
        for (optimizer, (name, old)) in rates.iter().enumerate() {
            let rate = (self.schedule)(epoch, *old);
            training.model().set_learning_rate_of(optimizer, rate)?;
            if self.verbose {
                let (what, rate) = (named(&rates, name), python_repr(rate));
                print_msg(&format!("\nEpoch {}: LearningRateScheduler setting {what} to {rate}.", epoch + 1));
            }
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        log_rates(logs, &current_rates(training));
        Ok(())
    }
}

/// The learning rates of the next step as Keras reads them: its variables are float32.
pub(super) fn current_rates(training: &mut Training<'_>) -> Vec<(String, f64)> {
    let rates = training.model().learning_rates().into_iter();
    rates.map(|(name, rate)| (name, f64::from(rate as f32))).collect()
}

/// What a message calls the rate of this optimizer, one of these.
pub(super) fn named(rates: &[(String, f64)], name: &str) -> String {
    if rates.len() > 1 { format!("{name} learning rate") } else { "learning rate".to_owned() }
}

/// Adds the learning rates to the logs: Keras's `learning_rate`, or one for each of several optimizers.
#[doc(hidden)]
pub fn log_rates(logs: &mut Scores, rates: &[(String, f64)]) {
    for (name, rate) in rates {
        let key = if rates.len() > 1 { format!("learning_rate_{name}") } else { "learning_rate".to_owned() };
        logs.set(&key, *rate);
    }
}
