//! Saves the model while it trains.

use std::path::{Path, PathBuf};

use horn_keras::SaveModel;
use horn_nn::{Error, Result, arguments};
use horn_train::Scores;
use horn_train::callbacks::{Callback, CallbackState, Monitor, MonitorMode, Training, print_msg, print_warning};
use horn_train::python::python_repr_of_float32;

use crate::folders;
use crate::format_spec::Number;
use crate::frequency::{BatchCounter, Frequency};
use crate::template;

/// Saves the model or its weights while it trains, in Keras's files.
///
/// The path may have places for the epoch, the batch and the logs, with Python's formats for numbers:
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::ModelCheckpoint;
///
/// let best = ModelCheckpoint::new("best.keras").monitor("val_loss").save_best_only(true);
/// let all = ModelCheckpoint::new("run/{epoch:02d}-{val_loss:.2f}.weights.h5").save_weights_only(true);
/// let fit = Fit::epochs(10).callback(best).callback(all);
/// ```
///
/// A file is replaced only once the new one is complete. Folders that do not exist are made. Of a custom training step
/// with several models, the file has [`TrainStep::model`](horn_train::TrainStep::model) alone; `BackupAndRestore` has all.
///
/// # Errors
///
/// `fit` fails before it trains if the path has not the ending of its kind of file: `.weights.h5` for weights, `.keras`
/// or `.h5` for a model. It fails at the first save if a place of the path names a value that is not in the logs, or the
/// file can't be written.
#[derive(Debug, Clone)]
pub struct ModelCheckpoint {
    filepath: PathBuf,
    monitor: Monitor,
    verbose: bool,
    save_best_only: bool,
    save_weights_only: bool,
    save_freq: Frequency,
    best: Option<f64>,
    epoch: usize,
    batches: BatchCounter,
}

impl ModelCheckpoint {
    /// Saves the model to this path after each epoch.
    pub fn new(filepath: impl AsRef<Path>) -> Self {
        Self {
            filepath: filepath.as_ref().to_owned(),
            monitor: Monitor::new("val_loss"),
            verbose: false,
            save_best_only: false,
            save_weights_only: false,
            save_freq: Frequency::Epoch,
            best: None,
            epoch: 0,
            batches: BatchCounter::default(),
        }
    }

    /// The quantity to watch; `"val_loss"` by default. Only `save_best_only` uses it, but as in Keras, it is to be the loss or
    /// a metric in any case, or to have a [`mode`](Self::mode).
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

    /// The value that the first model has to beat, such as that of an earlier run.
    #[must_use]
    pub fn initial_value_threshold(mut self, initial_value_threshold: f64) -> Self {
        self.best = Some(initial_value_threshold);
        self
    }

    /// The best value so far; `None` before there is one.
    pub fn best(&self) -> Option<f64> {
        self.best
    }

    /// The path as text, which may have places for values.
    fn template(&self) -> Result<&str> {
        self.filepath.to_str().ok_or_else(|| {
            Error::argument("the path is not text")
                .at("ModelCheckpoint: filepath")
                .received(format!("{:?}", self.filepath))
                .expected("Unicode, since the path may have places for values")
                .hint("choose a folder with another name")
        })
    }

    fn check(&self) -> Result<()> {
        self.save_freq.check("ModelCheckpoint: save_freq")?;
        let filepath = self.template()?;
        let endings: &[&str] = if self.save_weights_only { &[".weights.h5"] } else { &[".keras", ".h5"] };
        if endings.iter().any(|ending| filepath.ends_with(ending)) {
            return Ok(());
        }
        let what = if self.save_weights_only { "weights" } else { "a model" };
        Err(Error::argument("the name of the file does not say what it is")
            .at("ModelCheckpoint: filepath")
            .received(format!("{filepath:?}"))
            .expected(format!("a name that ends in {} for {what}", endings.join(" or ")))
            .hint(format!("write {:?}", format!("{filepath}{}", endings[0]))))
    }

    /// Saves the model, if it is to be saved. Epoch and batch are counted from 0.
    fn save(&mut self, batch: Option<usize>, logs: &Scores, training: &mut Training<'_>) -> Result<()> {
        let epoch = self.epoch + 1;
        let mut values = vec![("epoch", Number::Int(epoch))];
        values.extend(batch.map(|batch| ("batch", Number::Int(batch + 1))));
        values.extend(logs.iter().map(|(key, value)| (key, Number::Float(value))));
        let path = template::fill(self.template()?, "ModelCheckpoint: filepath", &values)?;
        if !self.is_worth_saving(epoch, logs, &path) {
            return Ok(());
        }
        folders::make(Path::new(&path).parent().unwrap_or(Path::new("")))?;
        match self.save_weights_only {
            true => training.model().save_weights(&path)?,
            false => training.model().save(&path)?,
        }
        if self.verbose {
            print_msg(&format!("\nEpoch {epoch}: finished saving model to {path}"));
        }
        Ok(())
    }

    fn is_worth_saving(&mut self, epoch: usize, logs: &Scores, path: &str) -> bool {
        let verbose = self.verbose;
        let say = |text: &str| {
            if verbose {
                print_msg(&format!("\nEpoch {epoch}: {text}"));
            }
        };
        if !self.save_best_only {
            say(&format!("saving model to {path}"));
            return true;
        }
        let current = self.monitor.value(logs, |name, _| format!("Can save best model only with {name} available."));
        let Some(current) = current else { return true };
        if let Some(several) = logs.values(self.monitor.name()).filter(|values| values.len() != 1) {
            let several: Vec<String> = several.iter().map(|value| python_repr_of_float32(*value as f32)).collect();
            print_warning(&format!(
                "Can save best model only when `monitor` is a scalar value. Received: [{}]. Falling back to \
                 `save_best_only=False`.",
                several.join(" ")
            ));
            return true;
        }
        let name = self.monitor.name();
        let best = self.best.map_or_else(|| "None".to_owned(), five_decimals);
        if !self.monitor.improves(current, self.best) {
            say(&format!("{name} did not improve from {best}"));
            return false;
        }
        say(&format!("{name} improved from {best} to {}, saving model to {path}", five_decimals(current)));
        self.best = Some(current);
        true
    }
}

arguments!(ModelCheckpoint {
    /// Whether to print what is saved; no by default.
    verbose: bool,
    /// Whether to save only a model that is better than all before it; no by default.
    save_best_only: bool,
    /// Whether to save only the weights, with the state of the optimizer; no by default.
    save_weights_only: bool,
    /// When to save; after each epoch by default. If it is in the middle of an epoch, the logs are those of the batches so
    /// far.
    save_freq: Frequency,
});

/// As Python's `.5f`.
fn five_decimals(value: f64) -> String {
    Number::Float(value).format(".5f").unwrap_or_default()
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.check()?;
        // Keras asks for it whether it needs it or not.
        self.monitor.resolve("ModelCheckpoint", training.model())
    }

    fn on_epoch_begin(&mut self, epoch: usize, _training: &mut Training<'_>) -> Result<()> {
        self.epoch = epoch;
        Ok(())
    }

    fn on_epoch_resume(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        self.on_epoch_begin(epoch, training)
    }

    fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        match self.batches.is_due(self.save_freq) {
            true => self.save(Some(batch), &training.scores(), training),
            false => Ok(()),
        }
    }

    fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        match self.save_freq {
            Frequency::Epoch => self.save(None, logs, training),
            Frequency::Batches(_) => Ok(()),
        }
    }

    fn state(&self) -> CallbackState {
        CallbackState::default().with("best", self.best).with_count("batches", self.batches.0)
    }

    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        self.best = state.get("best");
        self.batches = BatchCounter(state.count("batches"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_goes_on_knows_the_best_value() {
        let mut first = ModelCheckpoint::new("m.keras").save_best_only(true).initial_value_threshold(0.5);
        first.batches.0 = 2;
        let mut second = ModelCheckpoint::new("m.keras").save_best_only(true).save_freq(Frequency::Batches(3));
        second.set_state(&first.state()).unwrap();
        assert_eq!(second.best(), Some(0.5));
        assert!(second.batches.is_due(second.save_freq), "the third batch");
    }
}
