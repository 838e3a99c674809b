//! Records the scores of all epochs.

use horn_nn::Result;

use super::callback::Callback;
use super::training::Training;
use crate::history::{History, Scores};

/// Keras's `History` that `fit` adds itself, and returns.
pub(crate) struct HistoryLogger;

impl Callback for HistoryLogger {
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        training.history.push(epoch, logs);
        Ok(())
    }
}

/// A history as a callback keeps the epochs of a run that fails, too, whose `fit` returns no history:
///
/// ```
/// use horn::callbacks::{LambdaCallback, TerminateOnNaN};
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::SGD;
/// use horn::{Compile, Fit, History, Sequential, Verbose};
///
/// let (x, y) = (ndarray::arr2(&[[100.0_f32]]), ndarray::arr2(&[[1.0_f32]]));
/// let model = Sequential::new().add(Input([1])).add(Dense(1));
/// let mut model = model.compile(SGD::new(1.0), MeanSquaredError::new(), ())?;
/// let mut history = History::default();
/// let fit = Fit::epochs(1000).verbose(Verbose::Silent);
/// let fit = fit.callback(&mut history).callback(TerminateOnNaN::new().raise_error(true));
/// assert!(model.fit(&x, &y, fit).is_err());
/// assert!(!history.epoch().is_empty());
/// # Ok::<(), horn::Error>(())
/// ```
///
/// A history that is used again goes on.
impl Callback for History {
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, _training: &mut Training<'_>) -> Result<()> {
        self.push(epoch, logs);
        Ok(())
    }
}
