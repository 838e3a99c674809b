//! Draws the progress line.

use std::io::Stdout;
use std::time::Instant;

use horn_nn::Result;

use super::callback::Callback;
use super::training::Training;
use crate::history::Scores;
use crate::progress::{Progress, Verbose};

/// Keras's `ProgbarLogger`.
pub(crate) struct ProgressLogger {
    verbose: Verbose,
    /// In `fit` a validation has no line of its own.
    in_fit: bool,
    line: Option<(Progress<Stdout>, Instant)>,
}

impl ProgressLogger {
    pub fn new(verbose: Verbose) -> Self {
        Self { verbose, in_fit: false, line: None }
    }

    fn begin(&mut self, progress: Progress<Stdout>) {
        self.line = Some((progress, Instant::now()));
    }

    /// Counts a step. Numbers are read from the device only where they are shown.
    fn step(&mut self, training: &Training<'_>) {
        if let Some((progress, start)) = &mut self.line
            && progress.step(start.elapsed())
        {
            progress.draw(&training.scores().iter().collect::<Vec<_>>(), start.elapsed());
        }
    }

    fn end(&mut self, logs: &Scores) {
        if let Some((progress, start)) = self.line.take() {
            progress.finish(&logs.iter().collect::<Vec<_>>(), start.elapsed());
        }
    }
}

impl Callback for ProgressLogger {
    fn on_train_begin(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.in_fit = true;
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        self.begin(Progress::stdout(training.batches(), self.verbose).epoch(epoch, training.epochs()));
        Ok(())
    }

    fn on_train_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        self.step(training);
        Ok(())
    }

    fn on_epoch_end(&mut self, _epoch: usize, logs: &mut Scores, _training: &mut Training<'_>) -> Result<()> {
        self.end(logs);
        Ok(())
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        if !self.in_fit {
            self.begin(Progress::stdout(training.batches(), self.verbose));
        }
        Ok(())
    }

    fn on_test_batch_end(&mut self, _batch: usize, training: &mut Training<'_>) -> Result<()> {
        if !self.in_fit {
            self.step(training);
        }
        Ok(())
    }

    fn on_test_end(&mut self, logs: &mut Scores, _training: &mut Training<'_>) -> Result<()> {
        if !self.in_fit {
            self.end(logs);
        }
        Ok(())
    }
}
