//! The options of `predict`.

use std::fmt;

use horn_nn::Result;

use crate::callbacks::{Callback, Callbacks};
use crate::evaluate::check_steps;
use crate::progress::Verbose;

/// The options of `predict`, with Keras's names and defaults.
///
/// ```
/// use horn::Predict;
///
/// let options = Predict::new().batch_size(256);
/// ```
pub struct Predict<'a> {
    pub(crate) batch_size: Option<usize>,
    pub(crate) steps: Option<usize>,
    pub(crate) verbose: Verbose,
    pub(crate) callbacks: Callbacks<'a>,
}

impl Default for Predict<'_> {
    /// Batches of 32, without a progress line.
    fn default() -> Self {
        Self { batch_size: None, steps: None, verbose: Verbose::Silent, callbacks: Vec::new() }
    }
}

impl<'a> Predict<'a> {
    /// Predicts in batches of 32.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of samples in a batch; 32 by default.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = Some(batch_size);
        self
    }

    /// The number of batches to predict, from the first one on; by default, as many as there are. If `batch_size` is not
    /// given, arrays are divided into this many batches.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = Some(steps);
        self
    }

    /// What is printed: nothing by default, unlike in Keras, since a prediction is often one of many.
    #[must_use]
    pub fn verbose(mut self, verbose: Verbose) -> Self {
        self.verbose = verbose;
        self
    }

    /// Adds a callback, whose `on_predict_…` hooks are called.
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

impl fmt::Debug for Predict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predict")
            .field("batch_size", &self.batch_size)
            .field("steps", &self.steps)
            .field("verbose", &self.verbose)
            .field("callbacks", &self.callbacks.len())
            .finish()
    }
}
