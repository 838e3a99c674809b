//! The options of `predict`.

use std::fmt;

use crate::callbacks::{Callback, Callbacks};

/// The options of `predict`, with Keras's names and defaults.
///
/// ```
/// use horn::Predict;
///
/// let options = Predict::new().batch_size(256);
/// ```
pub struct Predict<'a> {
    pub(crate) batch_size: usize,
    pub(crate) callbacks: Callbacks<'a>,
}

impl Default for Predict<'_> {
    /// Batches of 32.
    fn default() -> Self {
        Self { batch_size: 32, callbacks: Vec::new() }
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
        self.batch_size = batch_size;
        self
    }

    /// Adds a callback, whose `on_predict_…` hooks are called.
    #[must_use]
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }
}

impl fmt::Debug for Predict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predict")
            .field("batch_size", &self.batch_size)
            .field("callbacks", &self.callbacks.len())
            .finish()
    }
}
