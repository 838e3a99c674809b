//! Records the scores of all epochs, for `fit` to return.

use horn_nn::Result;

use super::callback::Callback;
use super::training::Training;
use crate::history::Scores;

/// Keras's `History`.
pub(crate) struct HistoryLogger;

impl Callback for HistoryLogger {
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        training.history.push(epoch, logs);
        Ok(())
    }
}
