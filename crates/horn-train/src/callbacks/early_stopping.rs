//! Stops when a quantity no longer improves.

use horn_nn::{Result, arguments};
use ndarray::ArrayD;

use super::callback::Callback;
use super::checkpoint::CallbackState;
use super::messages::print_msg;
use super::monitor::{Monitor, MonitorMode};
use super::training::Training;
use crate::history::Scores;

/// Stops the training when a quantity of the logs has not improved for some epochs.
///
/// As in Keras, the first epoch never stops the training, so a patience of 0 and of 1 mean the same.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::EarlyStopping;
///
/// let fit = Fit::epochs(100).callback(EarlyStopping::new().monitor("val_loss").patience(3).restore_best_weights(true));
/// ```
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    verbose: bool,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    progress: Progress,
}

/// What changes from epoch to epoch.
#[derive(Debug, Clone, Default)]
struct Progress {
    wait: usize,
    stopped_epoch: usize,
    best: Option<f64>,
    best_epoch: usize,
    best_weights: Option<Vec<ArrayD<f32>>>,
}

impl Default for EarlyStopping {
    /// Watches `val_loss`, without patience.
    fn default() -> Self {
        Self {
            monitor: Monitor::new("val_loss"),
            patience: 0,
            verbose: false,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            progress: Progress::default(),
        }
    }
}

impl EarlyStopping {
    /// Watches `val_loss`, without patience.
    pub fn new() -> Self {
        Self::default()
    }

    /// The quantity to watch; `"val_loss"` by default.
    #[must_use]
    pub fn monitor(mut self, monitor: impl Into<String>) -> Self {
        self.monitor = self.monitor.named(monitor);
        self
    }

    /// The smallest change that counts as an improvement; 0 by default.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor = self.monitor.min_delta(min_delta);
        self
    }

    /// Whether the quantity is better the lower or the higher it is; as its name says by default.
    #[must_use]
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.monitor = self.monitor.mode(mode);
        self
    }

    /// The epoch that stopped the training, counted from 0; 0 if it ran to its end.
    pub fn stopped_epoch(&self) -> usize {
        self.progress.stopped_epoch
    }

    /// The epoch with the best value, counted from 0.
    pub fn best_epoch(&self) -> usize {
        self.progress.best_epoch
    }

    /// The best value; `None` before there is one.
    pub fn best(&self) -> Option<f64> {
        self.progress.best
    }

    fn keep_weights(&mut self, training: &mut Training<'_>) -> Result<()> {
        if self.restore_best_weights {
            self.progress.best_weights = Some(training.weights()?);
        }
        Ok(())
    }
}

arguments!(EarlyStopping {
    /// The number of epochs without an improvement after which the training stops; 0 by default.
    patience: usize,
    /// Whether to print what the callback does; no by default.
    verbose: bool,
    /// A value that has to be beaten: as long as it is not, an improvement does not end the waiting.
    baseline: f64,
    /// Whether the model gets the weights of the best epoch when the training ends, whatever ends it; no by default. A
    /// custom training step with several models has those of all restored.
    restore_best_weights: bool,
    /// The number of epochs that are not watched; 0 by default.
    start_from_epoch: usize,
});

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.progress = Progress::default();
        self.monitor.resolve("EarlyStopping", training.model())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        let current = self.monitor.value(logs, |name, available| {
            format!(
                "Early stopping conditioned on metric `{name}` which is not available. Available metrics are: {available}"
            )
        });
        let Some(current) = current else { return Ok(()) };
        if epoch < self.start_from_epoch {
            return Ok(());
        }
        if self.restore_best_weights && self.progress.best_weights.is_none() {
            // Should no epoch ever improve, as with values that are not numbers, these are restored.
            self.keep_weights(training)?;
            self.progress.best_epoch = epoch;
        }
        self.progress.wait += 1;
        if self.monitor.improves(current, self.progress.best) {
            self.progress.best = Some(current);
            self.progress.best_epoch = epoch;
            self.keep_weights(training)?;
            if self.baseline.is_none_or(|baseline| self.monitor.improves(current, Some(baseline))) {
                self.progress.wait = 0;
            }
        } else if self.progress.wait >= self.patience && epoch > 0 {
            self.progress.stopped_epoch = epoch;
            training.stop();
        }
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        if self.progress.stopped_epoch > 0 && self.verbose {
            print_msg(&format!("Epoch {}: early stopping", self.progress.stopped_epoch + 1));
        }
        let Some(weights) = self.progress.best_weights.take() else { return Ok(()) };
        if self.verbose {
            let best = self.progress.best_epoch + 1;
            print_msg(&format!("Restoring model weights from the end of the best epoch: {best}."));
        }
        training.set_weights(&weights)
    }

    fn state(&self) -> CallbackState {
        let Progress { wait, stopped_epoch, best, best_epoch, best_weights } = &self.progress;
        let mut state = CallbackState::default()
            .with_count("wait", *wait)
            .with_count("stopped_epoch", *stopped_epoch)
            .with_count("best_epoch", *best_epoch)
            .with("best", *best);
        state.arrays = best_weights.clone().unwrap_or_default();
        state
    }

    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        self.progress = Progress {
            wait: state.count("wait"),
            stopped_epoch: state.count("stopped_epoch"),
            best: state.get("best"),
            best_epoch: state.count("best_epoch"),
            best_weights: Some(state.arrays.clone()).filter(|arrays| !arrays.is_empty()),
        };
        Ok(())
    }
}
