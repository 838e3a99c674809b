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

    /// Draws what Keras draws when it looks at the first batch of the data: the order of all samples, or of this batch.
    pub(crate) fn look(self, samples: usize, batch_size: usize) {
        let seen = if self == Self::Batch { samples.min(batch_size) } else { samples };
        self.order(seen, batch_size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Keras 3.15 on JAX draws in `fit(x, y, epochs=2, batch_size=4, shuffle="batch")` of ten samples, after
    /// `set_random_seed(5)`.
    #[test]
    fn each_batch_is_shuffled_in_the_order_of_keras() {
        horn_nn::random::set_random_seed(5);
        Shuffle::Batch.look(10, 4);
        assert_eq!(Shuffle::Batch.order(10, 4), [3, 0, 2, 1, 6, 7, 5, 4, 9, 8]);
        assert_eq!(Shuffle::Batch.order(10, 4), [0, 1, 2, 3, 5, 7, 6, 4, 8, 9]);
    }
}
