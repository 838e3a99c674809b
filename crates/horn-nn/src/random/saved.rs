//! The state of the random generators, to continue from it later or in another process.

use crate::error::{Error, Result};
use crate::random::mt19937::{Mt19937, SAVED};
use crate::random::streams::{STREAMS, Streams};

/// The state of this thread's two generators: of the one that draws seeds, and of the one that draws permutations.
///
/// A program that saves it with a model can continue a training where it was interrupted, with the same orders of the
/// samples. It does not include the generators of layers, which are part of the model, nor Burn's own generator.
///
/// ```
/// use horn::random::{RandomState, permutation};
///
/// let state = RandomState::now();
/// let order = permutation(100);
/// RandomState::from_words(state.words())?.restore();
/// assert_eq!(permutation(100), order);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RandomState(Vec<u32>);

impl RandomState {
    /// The state at this moment.
    pub fn now() -> Self {
        STREAMS.with_borrow(|streams| Self(streams.python.save().chain(streams.numpy.save()).collect()))
    }

    /// The words that make up the state, to save them.
    pub fn words(&self) -> &[u32] {
        &self.0
    }

    /// A state from its [words](Self::words).
    ///
    /// # Errors
    ///
    /// If they are not the words of a state.
    pub fn from_words(words: &[u32]) -> Result<Self> {
        let state = Self(words.to_vec());
        state.streams().map(|_| state).ok_or_else(|| {
            Error::data("these are not the words of a random state")
                .received(format!("{} words", words.len()))
                .expected(format!("{} words, as `RandomState::words` returns them", 2 * SAVED))
                .hint("save and restore all words in their order")
        })
    }

    /// Sets the generators of this thread to the state.
    pub fn restore(&self) {
        if let Some(streams) = self.streams() {
            STREAMS.replace(streams);
        }
    }

    fn streams(&self) -> Option<Streams> {
        let (python, numpy) = self.0.split_at_checked(SAVED)?;
        Some(Streams { python: Mt19937::restore(python)?, numpy: Mt19937::restore(numpy)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{next_seed, permutation, set_random_seed};

    #[test]
    fn what_comes_after_a_state_comes_again() {
        set_random_seed(5);
        // Past the first words of the streams, and in the middle of the next ones.
        permutation(1000);
        let state = RandomState::now();
        let draw = || ([(); 3].map(|()| next_seed()), permutation(700));
        let (first, second) = (draw(), draw());
        state.restore();
        assert_eq!((draw(), draw()), (first, second));
    }

    #[test]
    fn other_words_are_refused() {
        let words = RandomState::now().words().to_vec();
        let mut beyond = words.clone();
        beyond[SAVED - 1] = SAVED as u32;
        for wrong in [&words[1..], &[words.as_slice(), &[0]].concat(), &beyond, &[]] {
            let error = RandomState::from_words(wrong).unwrap_err();
            assert!(error.to_string().contains("expected 1250 words"), "{error}");
        }
    }
}
