//! A place in a training run, at which another process can resume it.

use horn_nn::random::RandomState;
use ndarray::ArrayD;

use crate::history::Scores;

/// Where a run is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The epoch that is trained, or the next one.
    pub epoch: usize,
    /// The batches of it that are done.
    pub batch: usize,
    /// Where the source of the batches is; `None` if the next batch is the first one of a new start.
    pub source: Option<SourcePosition>,
    /// The random numbers and the scores of the epoch before a validation that was interrupted.
    pub validated: Option<(RandomState, Scores)>,
}

/// Where a source of batches is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SourcePosition {
    /// The random numbers before the order of its batches was drawn.
    pub order: RandomState,
    /// The batches that it has yielded since.
    pub yielded: usize,
}

/// A place in a training run, with all that a process needs to continue from there, except for the models. `BackupAndRestore`
/// saves it with the models in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The epoch to continue with, counted from 0.
    pub epoch: usize,
    /// The batches of that epoch that are done. 0 is the start of an epoch.
    pub batch: usize,
    /// Whether a callback has stopped the training.
    pub is_stopped: bool,
    /// The random numbers before the source of the batches was started, which draws their order.
    pub order: RandomState,
    /// The batches that the source has yielded since; 0 if the next epoch starts it. With `steps_per_epoch` they may be
    /// those of several epochs.
    pub yielded: usize,
    /// The random numbers that are drawn next.
    pub random: RandomState,
    /// The scores of the batches that are done.
    pub scores: Scores,
    /// What these scores are computed from, by their keys.
    pub score_state: Vec<(String, Vec<f64>)>,
    /// The states of the callbacks, in their order.
    pub callbacks: Vec<CallbackState>,
}

/// What a callback keeps from hook to hook: numbers and arrays with names.
///
/// ```
/// use horn::callbacks::CallbackState;
///
/// let state = CallbackState::default().with("wait", 3.0);
/// assert_eq!(state.get("wait"), Some(3.0));
/// assert_eq!(state.get("best"), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallbackState {
    /// The numbers with their names.
    pub numbers: Vec<(String, f64)>,
    /// The arrays, such as the weights of the best epoch.
    pub arrays: Vec<ArrayD<f32>>,
}

impl CallbackState {
    /// Adds a number, or nothing if there is none.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Option<f64>>) -> Self {
        self.numbers.extend(value.into().map(|value| (name.to_owned(), value)));
        self
    }

    /// Adds a count.
    #[must_use]
    pub fn with_count(self, name: &str, count: usize) -> Self {
        // Exact up to 2⁵³.
        self.with(name, count as f64)
    }

    /// The number of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
    }

    /// The count of this name, and 0 if there is none.
    pub fn count(&self, name: &str) -> usize {
        self.get(name).map_or(0, |value| value as usize)
    }
}
