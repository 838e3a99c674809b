//! Looks at the scores that are read, and keeps where the loss was no number.

use std::cell::Cell;

use crate::history::Scores;

/// Looks at the scores that are read in an epoch of training.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The batch of training that runs now.
    batch: Cell<Option<usize>>,
    /// The batch at which the loss was first seen not to be a number, and the loss.
    found: Cell<Option<(usize, f64)>>,
    /// Whether a callback has said so.
    is_said: Cell<bool>,
}

impl Watch {
    /// Sets the batch of training that runs now, if there is one.
    pub fn set_batch(&self, batch: Option<usize>) {
        self.batch.set(batch);
    }

    /// The batch at which the loss was first seen not to be a number, and the loss.
    pub fn found(&self) -> Option<(usize, f64)> {
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

    /// Looks at scores that were read.
    pub fn look(&self, scores: &Scores) {
        let loss = scores.get("loss").filter(|loss| !loss.is_finite());
        if let (Some(batch), Some(loss), None) = (self.batch.get(), loss, self.found.get()) {
            self.found.set(Some((batch, loss)));
        }
    }
}
