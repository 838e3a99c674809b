//! The options of `evaluate`.

use std::fmt;

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
    pub(crate) batch_size: usize,
    pub(crate) verbose: Verbose,
    pub(crate) callbacks: Callbacks<'a>,
}

impl Default for Evaluate<'_> {
    /// Batches of 32, with a progress line.
    fn default() -> Self {
        Self { batch_size: 32, verbose: Verbose::Bar, callbacks: Vec::new() }
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
        self.batch_size = batch_size;
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
}

impl fmt::Debug for Evaluate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluate")
            .field("batch_size", &self.batch_size)
            .field("verbose", &self.verbose)
            .field("callbacks", &self.callbacks.len())
            .finish()
    }
}
