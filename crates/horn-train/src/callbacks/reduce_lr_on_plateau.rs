//! Reduces the learning rate when a quantity no longer improves.

use horn_nn::{Error, Result, arguments};

use super::callback::Callback;
use super::checkpoint::CallbackState;
use super::learning_rate_scheduler::{current_rates, log_rates, named};
use super::messages::print_msg;
use super::monitor::{Monitor, MonitorMode};
use super::training::Training;
use crate::history::Scores;
use crate::python::python_repr;

/// Reduces the learning rate when a quantity of the logs has not improved for some epochs. The history has the rates of
/// the epochs as `learning_rate`. Of a [`MultiOptimizer`](crate::optimizers::MultiOptimizer), the rates of all optimizers
/// are reduced, and the history has them as `learning_rate_sgd` and so on.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::ReduceLROnPlateau;
///
/// let fit = Fit::epochs(100).callback(ReduceLROnPlateau::new().monitor("val_loss").factor(0.2).patience(5).min_lr(0.001));
/// ```
#[derive(Debug, Clone)]
pub struct ReduceLROnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    verbose: bool,
    cooldown: usize,
    min_lr: f64,
    progress: Progress,
}

/// What changes from epoch to epoch.
#[derive(Debug, Clone, Default)]
struct Progress {
    best: Option<f64>,
    wait: usize,
    /// The epochs that are left of the pause after a reduction.
    cooldown: usize,
}

impl Default for ReduceLROnPlateau {
    /// Watches `val_loss`, and takes a tenth of the rate after 10 epochs.
    fn default() -> Self {
        Self {
            monitor: Monitor::new("val_loss").min_delta(1e-4),
            factor: 0.1,
            patience: 10,
            verbose: false,
            cooldown: 0,
            min_lr: 0.0,
            progress: Progress::default(),
        }
    }
}

impl ReduceLROnPlateau {
    /// Watches `val_loss`, and takes a tenth of the rate after 10 epochs.
    pub fn new() -> Self {
        Self::default()
    }

    /// The quantity to watch; `"val_loss"` by default.
    #[must_use]
    pub fn monitor(mut self, monitor: impl Into<String>) -> Self {
        self.monitor = self.monitor.named(monitor);
        self
    }

    /// Whether the quantity is better the lower or the higher it is; as its name says by default.
    #[must_use]
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.monitor = self.monitor.mode(mode);
        self
    }

    /// The smallest change that counts as an improvement; 0.0001 by default.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor = self.monitor.min_delta(min_delta);
        self
    }

    /// Reduces the rates. Returns whether one was above its limit.
    fn reduce(&self, epoch: usize, training: &mut Training<'_>) -> Result<bool> {
        let mut has_reduced = false;
        let rates = current_rates(training);
        for (optimizer, (name, old)) in rates.iter().enumerate() {
            if *old <= f64::from(self.min_lr as f32) {
                continue;
            }
            let rate = (old * self.factor).max(self.min_lr);
            training.model().set_learning_rate_of(optimizer, rate)?;
            has_reduced = true;
            if self.verbose {
                let (what, rate) = (named(&rates, name), python_repr(rate));
                print_msg(&format!("\nEpoch {}: ReduceLROnPlateau reducing {what} to {rate}.", epoch + 1));
            }
        }
        Ok(has_reduced)
    }
}

arguments!(ReduceLROnPlateau {
    /// What the rate is multiplied by; 0.1 by default.
    factor: f64,
    /// The number of epochs without an improvement after which the rate is reduced; 10 by default.
    patience: usize,
    /// Whether to print each reduction; no by default.
    verbose: bool,
    /// The number of epochs after a reduction that do not count as waiting; 0 by default.
    cooldown: usize,
    /// The rate below which it is not reduced; 0 by default.
    min_lr: f64,
});

impl Callback for ReduceLROnPlateau {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.progress = Progress::default();
        if !(0.0..1.0).contains(&self.factor) {
            return Err(Error::argument("the factor would not reduce the learning rate")
                .at("ReduceLROnPlateau: factor")
                .received(self.factor)
                .expected("at least 0 and less than 1")
                .hint("give the part of the rate that is left, 0.1 for a tenth"));
        }
        self.monitor.resolve("ReduceLROnPlateau", training.model())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        log_rates(logs, &current_rates(training));
        let current = self.monitor.value(logs, |name, available| {
            format!(
                "Learning rate reduction is conditioned on metric `{name}` which is not available. Available metrics are: \
                 {available}."
            )
        });
        let Some(current) = current else { return Ok(()) };
        if self.progress.cooldown > 0 {
            self.progress.cooldown -= 1;
            self.progress.wait = 0;
        }
        if self.monitor.improves(current, self.progress.best) {
            self.progress.best = Some(current);
            self.progress.wait = 0;
        } else if self.progress.cooldown == 0 {
            self.progress.wait += 1;
            if self.progress.wait >= self.patience && self.reduce(epoch, training)? {
                self.progress.cooldown = self.cooldown;
                self.progress.wait = 0;
            }
        }
        Ok(())
    }

    fn state(&self) -> CallbackState {
        let Progress { best, wait, cooldown } = self.progress;
        CallbackState::default().with("best", best).with_count("wait", wait).with_count("cooldown", cooldown)
    }

    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        self.progress =
            Progress { best: state.get("best"), wait: state.count("wait"), cooldown: state.count("cooldown") };
        Ok(())
    }
}
