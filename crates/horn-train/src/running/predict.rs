//! The options of `predict`.

use std::fmt;

use crate::callbacks::Callbacks;
use crate::progress::Verbose;
use crate::running::batch_options::batch_options;

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

batch_options!(Predict, "predict", "on_predict_…");

impl Predict<'_> {
    /// Predicts in batches of 32.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is printed: nothing by default, unlike in Keras, since a prediction is often one of many.
    #[must_use]
    pub fn verbose(mut self, verbose: Verbose) -> Self {
        self.verbose = verbose;
        self
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
