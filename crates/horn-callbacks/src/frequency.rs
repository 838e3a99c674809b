//! How often a callback acts.

use horn_nn::{Error, Result};

/// How often a callback saves or writes: Keras's `save_freq` and `update_freq`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Frequency {
    /// After each epoch: Keras's "epoch".
    #[default]
    Epoch,
    /// After this number of batches of training, counted over all epochs. 1 is Keras's "batch".
    Batches(usize),
}

impl Frequency {
    /// Checks that the number of batches is at least 1.
    pub(crate) fn check(self, argument: &str) -> Result<()> {
        if self == Self::Batches(0) {
            return Err(Error::argument("the number of batches must be at least 1")
                .at(argument)
                .received("Frequency::Batches(0)")
                .expected("at least 1")
                .hint("use `Frequency::Batches(1)` for each batch, or `Frequency::Epoch`"));
        }
        Ok(())
    }
}

/// Counts the batches since a callback has acted.
#[derive(Debug, Clone, Default)]
pub(crate) struct BatchCounter(pub usize);

impl BatchCounter {
    /// Counts a batch. Returns whether it is time to act.
    pub fn is_due(&mut self, frequency: Frequency) -> bool {
        let Frequency::Batches(every) = frequency else { return false };
        self.0 += 1;
        let is_due = self.0 >= every;
        if is_due {
            self.0 = 0;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_counted_until_it_is_time() {
        let mut counter = BatchCounter::default();
        let due: Vec<bool> = (0..7).map(|_| counter.is_due(Frequency::Batches(3))).collect();
        assert_eq!(due, [false, false, true, false, false, true, false]);
        assert!(!counter.is_due(Frequency::Epoch));
        assert!(Frequency::Batches(0).check("save_freq").is_err());
    }
}
