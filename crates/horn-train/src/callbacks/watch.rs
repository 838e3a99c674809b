//! Looks at the scores that are read, and keeps where the loss was no number.

use std::cell::Cell;

use crate::history::Scores;

/// A loss of training that is not a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Failure {
    /// The batch, counted from 0.
    pub batch: usize,
    /// Is it the first such batch, and not only the one at which it was seen?
    pub is_first: bool,
    pub loss: f64,
}

/// Looks at the scores that are read in an epoch of training.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The first batch of the epoch in this run; a run that resumes begins within an epoch.
    first: Cell<Option<usize>>,
    /// The batch of training that runs now.
    batch: Cell<Option<usize>>,
    found: Cell<Option<Failure>>,
    /// Whether a callback has said so.
    is_said: Cell<bool>,
}

impl Watch {
    /// Sets the batch of training that runs now, if there is one.
    pub fn set_batch(&self, batch: Option<usize>) {
        self.batch.set(batch);
        self.first.set(self.first.get().or(batch));
    }

    /// The first loss that was seen not to be a number.
    pub fn found(&self) -> Option<Failure> {
        self.found.get()
    }

    /// Records that a callback has said that the loss is not a number.
    pub fn say(&self) {
        self.is_said.set(true);
    }

    /// Whether a callback has said that the loss is not a number.
    pub fn is_said(&self) -> bool {
        self.is_said.get()
    }

    /// Looks at scores that were read. If the loss is no number, it asks how many batches had one before.
    pub fn look(&self, scores: &Scores, finite_batches: impl FnOnce() -> Option<usize>) {
        let loss = scores.get("loss").filter(|loss| !loss.is_finite());
        let (Some(batch), Some(loss), None) = (self.batch.get(), loss, self.found.get()) else { return };
        let first = finite_batches().map(|finite| self.first.get().unwrap_or_default() + finite);
        self.found.set(Some(Failure { batch: first.unwrap_or(batch), is_first: first.is_some(), loss }));
    }
}
