//! The options of `evaluate`.

use std::fmt;

use horn_nn::{HostArray, IntoArrays};

use crate::callbacks::Callbacks;
use crate::progress::Verbose;
use crate::running::batch_options::batch_options;

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

batch_options!(Evaluate, "evaluate", "on_test_…");

impl<'a> Evaluate<'a> {
    /// Evaluates in batches of 32, with a progress line.
    pub fn new() -> Self {
        Self::default()
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
