//! The two generators with a state, of which each thread has its own.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use crate::random::mt19937::Mt19937;

thread_local! {
    pub(crate) static STREAMS: RefCell<Streams> = RefCell::new(Streams::from_entropy());
}

/// Python's generator, and numpy's.
pub(crate) struct Streams {
    pub python: Mt19937,
    pub numpy: Mt19937,
}

impl Streams {
    pub fn new(seed: u32) -> Self {
        Self { python: Mt19937::from_key(&[seed]), numpy: Mt19937::new(seed) }
    }

    /// Uses the random keys of the standard library's hash maps, which have enough entropy for a seed.
    fn from_entropy() -> Self {
        let [high, low] = [0u8, 1].map(|word| RandomState::new().hash_one(word) as u32);
        Self { python: Mt19937::from_key(&[high, low]), numpy: Mt19937::from_key(&[low, high]) }
    }
}
