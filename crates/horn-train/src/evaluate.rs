//! The options of `evaluate`.

use std::fmt;

use horn_nn::{Error, HostArray, IntoArrays, Result};

use crate::callbacks::{Callback, Callbacks};
use crate::progress::Verbose;

/// The options of `evaluate`, with Keras's names and defaults.
///
/// ```
/// use horn::{Evaluate, Verbose};
///
/// let options = Evaluate::new().batch_size(500).verbose(Verbose::Silent);
/// ```
pub struct Evaluate<'a> {
    pub(crate) batch_size: Option<usize>,
    pub(crate) steps: Option<usize>,
    pub(crate) sample_weight: Vec<HostArray<'a>>,
    pub(crate) verbose: Verbose,
    pub(crate) callbacks: Callbacks<'a>,
}

impl Default for Evaluate<'_> {
    /// Batches of 32, with a progress line.
    fn default() -> Self {
        Self { batch_size: None, steps: None, sample_weight: Vec::new(), verbose: Verbose::Bar, callbacks: Vec::new() }
    }
}

impl<'a> Evaluate<'a> {
    /// Evaluates in batches of 32, with a progress line.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of samples in a batch; 32 by default.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = Some(batch_size);
        self
    }

    /// The number of batches to evaluate, from the first one on; by default, as many as there are. If `batch_size` is not
    /// given, arrays are divided into this many batches.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = Some(steps);
        self
    }

    /// How much each sample counts in the loss and in weighted metrics, as
    /// [`Fit::sample_weight`](crate::Fit::sample_weight).
    #[must_use]
    pub fn sample_weight(mut self, sample_weight: impl IntoArrays<'a>) -> Self {
        self.sample_weight = sample_weight.into_arrays();
        self
    }

    /// What is printed; a progress line by default.
    #[must_use]
    pub fn verbose(mut self, verbose: Verbose) -> Self {
        self.verbose = verbose;
        self
    }

    /// Adds a callback, whose `on_test_…` hooks are called.
    #[must_use]
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Adds callbacks of different types, as [`Fit::callbacks`](crate::Fit::callbacks).
    #[must_use]
    pub fn callbacks(mut self, callbacks: impl IntoIterator<Item = Box<dyn Callback + 'a>>) -> Self {
        self.callbacks.extend(callbacks);
        self
    }

    /// Checks the arguments that do not depend on the data.
    pub(crate) fn check(&self) -> Result<()> {
        if self.batch_size == Some(0) {
            return Err(horn_nn::zero_batch_size());
        }
        check_steps(self.steps)
    }
}

/// Checks the number of batches of an evaluation or a prediction.
pub(crate) fn check_steps(steps: Option<usize>) -> Result<()> {
    match steps {
        Some(0) => Err(Error::argument("there are no steps")
            .at("steps")
            .received(0)
            .expected("at least 1")
            .hint("leave steps out for all batches")),
        _ => Ok(()),
    }
}

impl fmt::Debug for Evaluate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluate")
            .field("batch_size", &self.batch_size)
            .field("steps", &self.steps)
            .field("verbose", &self.verbose)
            .field("callbacks", &self.callbacks.len())
            .finish_non_exhaustive()
    }
}
