//! The order of the samples in an epoch.

use horn_nn::random::permutation;

/// What is shuffled before each epoch: Keras's `shuffle`. A boolean is one, too: `true` shuffles the samples.
///
/// ```
/// use horn::{Fit, Shuffle};
///
/// let in_order = Fit::epochs(5).shuffle(false);
/// let nearly_in_order = Fit::epochs(5).shuffle(Shuffle::Batch);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shuffle {
    /// Nothing: Keras's `False`.
    No,
    /// All samples: Keras's `True`.
    #[default]
    Samples,
    /// The samples of each batch among themselves: Keras's "batch". The batches stay in their order.
    Batch,
}

impl From<bool> for Shuffle {
    fn from(shuffle: bool) -> Self {
        if shuffle { Self::Samples } else { Self::No }
    }
}

impl Shuffle {
    /// The order of so many samples, drawn as Keras draws it.
    pub(crate) fn order(self, samples: usize, batch_size: usize) -> Vec<usize> {
        let of_batch = |start: usize| {
            let own = permutation(batch_size.min(samples - start)).into_iter();
            own.map(move |at| start + at)
        };
        match self {
            Self::No => (0..samples).collect(),
            Self::Samples => permutation(samples),
            Self::Batch => (0..samples).step_by(batch_size).flat_map(of_batch).collect(),
        }
    }

    /// Draws what Keras draws when it looks at the first batch of the data: the order of all samples, or of the two batches
    /// that it fetches ahead.
    pub(crate) fn look(self, samples: usize, batch_size: usize) {
        let seen = if self == Self::Batch { samples.min(2 * batch_size) } else { samples };
        self.order(seen, batch_size);
    }
}
