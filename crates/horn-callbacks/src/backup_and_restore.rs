//! Backs up a training, and continues it after an interruption.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use horn_nn::{Error, Result, arguments};
use horn_train::Scores;
use horn_train::callbacks::{Callback, CallbackState, Checkpoint, Training, print_warning};

use crate::backup_file;
use crate::folders;
use crate::frequency::{BatchCounter, Frequency};

/// Backs up a training while it runs, so that the same program continues after it was interrupted, even by a kill or a
/// power cut.
///
/// A backup is one file, `latest.weights.h5`, which is replaced only once the new one is complete. It has the weights, the
/// optimizer, epoch and batch, the random numbers, and the states of all callbacks. A run that is interrupted and started
/// again ends with the weights of one that was not, bit for bit, if the backend always computes the same. Keras reads the
/// weights from the file, too.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::{BackupAndRestore, Frequency};
///
/// let fit = Fit::epochs(100).callback(BackupAndRestore::new("backup").save_freq(Frequency::Batches(1000)));
/// ```
///
/// The program has to seed its random numbers, build the model, and call `fit` with the same data, options and callbacks.
/// A run that resumes in the middle of an epoch passes over the batches that are done. Their losses and metrics are in the
/// backup, too, so that the scores of that epoch are those of all its batches. Keras has those of the rest. A custom metric or
/// training step keeps them by [`Accumulator::state`](horn_train::metrics::Accumulator::state) and
/// [`TrainStep::score_state`](horn_train::TrainStep::score_state).
///
/// When the training ends, the backup is deleted. When it is interrupted by
/// [`Training::interrupt`](horn_train::callbacks::Training::interrupt), as by `StopOnInterrupt`, a backup is made after the
/// batch, and kept.
///
/// # Errors
///
/// `fit` fails if a backup can't be written, or is of another model or of a run with other callbacks.
#[derive(Debug, Clone)]
pub struct BackupAndRestore {
    backup_dir: PathBuf,
    save_freq: Frequency,
    double_checkpoint: bool,
    delete_checkpoint: bool,
    batches: BatchCounter,
    /// Whether this callback asked for the backup that is due.
    asked: bool,
}

impl BackupAndRestore {
    /// Backs up to this folder after each epoch.
    pub fn new(backup_dir: impl AsRef<Path>) -> Self {
        Self {
            backup_dir: backup_dir.as_ref().to_owned(),
            save_freq: Frequency::Epoch,
            double_checkpoint: false,
            delete_checkpoint: true,
            batches: BatchCounter::default(),
            asked: false,
        }
    }

    fn latest(&self) -> PathBuf {
        self.backup_dir.join("latest.weights.h5")
    }

    fn previous(&self) -> PathBuf {
        self.backup_dir.join("latest.weights.h5.bkp")
    }

    fn ask(&mut self, training: &mut Training<'_>) {
        self.asked = true;
        training.back_up();
    }

    /// Restores the latest backup, or the one before it.
    fn restore(&self, training: &mut Training<'_>) -> Result<Option<Checkpoint>> {
        let (latest, previous) = (self.latest(), self.previous());
        if !latest.exists() {
            // A kill between two steps of a backup leaves only the previous one.
            return if previous.exists() { backup_file::read(&previous, training).map(Some) } else { Ok(None) };
        }
        match backup_file::read(&latest, training) {
            Err(error) if error.is_file() && previous.exists() => {
                print_warning(&format!("the latest backup can't be read, so the one before it is used: {error}"));
                backup_file::read(&previous, training).map(Some)
            }
            result => result.map(Some),
        }
    }

    fn failed(&self, problem: &str, error: io::Error) -> Error {
        Error::file(problem)
            .at(format!("folder {:?}", self.backup_dir.display().to_string()))
            .because(error)
            .hint("choose a folder that exists and is writable")
    }
}

arguments!(BackupAndRestore {
    /// When to back up; after each epoch by default.
    save_freq: Frequency,
    /// Whether to keep the backup before the latest one, too, as `latest.weights.h5.bkp`, in case that the latest can't be
    /// read; no by default.
    double_checkpoint: bool,
    /// Whether to delete the backup when the training ends; yes by default.
    delete_checkpoint: bool,
});

impl Callback for BackupAndRestore {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.save_freq.check("BackupAndRestore: save_freq")?;
        if self.backup_dir.as_os_str().is_empty() {
            return Err(Error::argument("there is no folder for the backup")
                .at("BackupAndRestore: backup_dir")
                .received("an empty path")
                .expected("the path of a folder")
                .hint("give a folder that only this callback uses"));
        }
        folders::make(&self.backup_dir)?;
        if let Some(checkpoint) = self.restore(training)? {
            training.resume(checkpoint);
        }
        Ok(())
    }

    fn on_train_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        if self.batches.is_due(self.save_freq) {
            self.ask(training);
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, _epoch: usize, _logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        if self.save_freq == Frequency::Epoch {
            self.ask(training);
        }
        Ok(())
    }

    fn on_back_up(&mut self, checkpoint: &Checkpoint, training: &mut Training<'_>) -> Result<()> {
        let asked = std::mem::replace(&mut self.asked, false);
        if !asked && !training.is_interrupted() {
            return Ok(());
        }
        folders::make(&self.backup_dir)?;
        let latest = self.latest();
        if self.double_checkpoint && latest.exists() {
            fs::rename(&latest, self.previous()).map_err(|error| self.failed("the backup cannot be renamed", error))?;
        }
        backup_file::write(&latest, checkpoint, training)
    }

    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        if !self.delete_checkpoint || training.is_interrupted() {
            return Ok(());
        }
        for path in [self.latest(), self.previous()].iter().filter(|path| path.exists()) {
            fs::remove_file(path).map_err(|error| self.failed("the backup cannot be deleted", error))?;
        }
        // What else is in the folder is not this callback's. If it is empty, it goes, too.
        let _ = fs::remove_dir(&self.backup_dir);
        Ok(())
    }

    fn state(&self) -> CallbackState {
        CallbackState::default().with_count("batches", self.batches.0)
    }

    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        self.batches = BatchCounter(state.count("batches"));
        Ok(())
    }
}
