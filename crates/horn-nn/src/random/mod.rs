//! Random numbers, equal bit for bit to those of Keras on JAX.
//!
//! Keras uses three generators: Python's `random` draws the seed of each initializer and each seed generator, numpy's
//! draws the permutations of `fit`, and JAX's [`threefry`] derives numbers from a seed. The first two have a state, which
//! [`set_random_seed`] sets; the last is stateless.

// Imports `device` and `error`.

pub(crate) mod beta;
pub(crate) mod erf_inv;
pub(crate) mod mt19937;
pub(crate) mod saved;
pub(crate) mod seed_generator;
pub(crate) mod streams;
pub mod threefry;

use std::cell::Cell;

use crate::device;
use crate::random::mt19937::Mt19937;
use crate::random::streams::{STREAMS, Streams};

pub use saved::RandomState;
pub use seed_generator::SeedGenerator;

/// Runs a function without an effect on the thread's random numbers: what it draws is drawn again afterwards.
pub(crate) fn undisturbed<T>(run: impl FnOnce() -> T) -> T {
    /// Restores the numbers on every exit, panics included.
    struct Guard(Option<Streams>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.take().map(|streams| STREAMS.replace(streams));
        }
    }
    let _guard = Guard(Some(STREAMS.replace(Streams::new(0))));
    run()
}

/// The largest seed that is drawn for an initializer; the smallest is 1.
const MAX_SEED: u32 = 1_000_000_000;

thread_local! {
    static GLOBAL_SEED: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Seeds the random generators of this thread, so that initial weights, dropout and the order of the samples are
/// reproducible.
///
/// Equivalent to `keras.utils.set_random_seed`. Each thread has its own state; a thread that was never seeded starts from
/// the system's entropy.
///
/// ```
/// use horn::random::{next_seed, permutation, set_random_seed};
///
/// set_random_seed(42);
/// assert_eq!(next_seed(), 686_579_304);
/// assert_eq!(permutation(10), [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
/// ```
///
/// It also seeds Burn's own generator, which Horn's layers do not use, but a `Lambda` or a custom layer may. Burn has one
/// for each backend in the process, not for each thread. That of a GPU is seeded if [`device`](crate::device()) or
/// [`default_device`](crate::default_device) opened it, or as soon as one of them does; a program that opens it with
/// Burn's functions calls Burn's `Device::seed`.
///
/// ```
/// use horn::burn::tensor::{Distribution, Tensor};
/// use horn::layers::{Input, Lambda};
/// use horn::random::set_random_seed;
/// use horn::{Sequential, default_device};
///
/// let noise = Lambda(|x: Tensor<2>| x.random_like(Distribution::Default));
/// let model = Sequential::new().add(Input([3])).add(noise).build(&default_device()?)?;
/// let x = ndarray::Array2::<f32>::zeros((2, 3));
/// let draw = || {
///     set_random_seed(42);
///     model.predict(&x, 2)
/// };
/// assert_eq!(draw()?, draw()?);
/// # Ok::<(), horn::Error>(())
/// ```
pub fn set_random_seed(seed: u32) {
    GLOBAL_SEED.set(Some(seed));
    STREAMS.replace(Streams::new(seed));
    device::seed(u64::from(seed));
}

/// The seed that this thread was given last, which Keras also gives to TensorFlow.
#[doc(hidden)]
pub fn global_seed() -> Option<u32> {
    GLOBAL_SEED.get()
}

/// Draws the seed of a random initializer or of a seed generator: Python's `random.randint(1, 10**9)`.
///
/// Keras draws one for each of them when it is created, in the order of the layers, unless a seed was given.
pub fn next_seed() -> u64 {
    u64::from(next_below(MAX_SEED)) + 1
}

/// Chooses one of `len` items: the index that Python's `random.choice` takes.
pub(crate) fn next_choice(len: usize) -> usize {
    next_below(len as u32) as usize
}

/// Python's `random.randrange(end)`.
fn next_below(end: u32) -> u32 {
    STREAMS.with_borrow_mut(|streams| python_below(&mut streams.python, end))
}

fn python_below(python: &mut Mt19937, end: u32) -> u32 {
    loop {
        // As many bits as hold the end; numbers that are too large are drawn again.
        let below = python.next_u32() >> end.leading_zeros();
        if below < end {
            return below;
        }
    }
}

/// A number from 0 to `last`: numpy's way to draw one.
fn numpy_up_to(numpy: &mut Mt19937, last: usize) -> usize {
    let mask = usize::MAX.checked_shr(last.leading_zeros()).unwrap_or(0);
    loop {
        let drawn = numpy.next_u32() as usize & mask;
        if drawn <= last {
            return drawn;
        }
    }
}

/// Shuffles in place: Python's `random.shuffle`.
pub fn shuffle<T>(items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, next_choice(last + 1));
    }
}

/// Shuffles in place as Python does after `random.seed(seed)`. The thread's own generators stay as they are.
pub fn seeded_shuffle<T>(seed: u32, items: &mut [T]) {
    let mut python = Mt19937::from_key(&[seed]);
    for last in (1..items.len()).rev() {
        items.swap(last, python_below(&mut python, last as u32 + 1) as usize);
    }
}

/// Draws a permutation of `0..n`: numpy's `np.random.permutation(n)`, for `n` up to 2³².
pub fn permutation(n: usize) -> Vec<usize> {
    STREAMS.with_borrow_mut(|streams| permute(&mut streams.numpy, n))
}

/// The permutation of `0..n` that numpy's `RandomState(seed)` draws first. The thread's own generators stay as they are.
pub fn seeded_permutation(seed: u32, n: usize) -> Vec<usize> {
    permute(&mut Mt19937::new(seed), n)
}

fn permute(numpy: &mut Mt19937, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, numpy_up_to(numpy, last));
    }
    order
}

/// Draws the seed of what is shuffled without one: numpy's `np.random.randint(1e6)`.
#[doc(hidden)]
pub fn next_numpy_seed() -> u32 {
    STREAMS.with_borrow_mut(|streams| numpy_up_to(&mut streams.numpy, 999_999) as u32)
}

/// Draws the seed of a split that is shuffled without one: Python's `random.randint(0, 10**6)`.
#[doc(hidden)]
pub fn next_python_seed() -> u32 {
    next_below(1_000_001)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_those_of_python() {
        // random.seed(s); [random.randint(1, 10**9) for _ in range(4)]
        for (seed, expected) in [
            (0, [906691060, 413654000, 813847340, 955892129]),
            (42, [686579304, 119540832, 26855093, 796233791]),
            (u32::MAX, [682209859, 665256254, 218184273, 231223275]),
        ] {
            set_random_seed(seed);
            assert_eq!([(); 4].map(|()| next_seed()), expected, "seed {seed}");
        }
    }

    #[test]
    fn choices_are_those_of_python() {
        // random.seed(42); [random.choice(range(12)) for _ in range(8)]
        set_random_seed(42);
        assert_eq!([0; 8].map(|_| next_choice(12)), [10, 1, 0, 11, 4, 3, 3, 2]);
    }

    #[test]
    fn shuffles_are_those_of_python() {
        // random.seed(42); a = list(range(10)); random.shuffle(a); a; random.shuffle(a); a
        set_random_seed(42);
        let mut items: Vec<usize> = (0..10).collect();
        shuffle(&mut items);
        assert_eq!(items, [7, 3, 2, 8, 5, 6, 9, 4, 0, 1]);
        shuffle(&mut items);
        assert_eq!(items, [8, 6, 2, 5, 3, 0, 4, 7, 9, 1]);
    }

    #[test]
    fn permutations_are_those_of_numpy() {
        // np.random.seed(42); np.random.permutation(n) for n in (10, 10, 1, 5)
        set_random_seed(42);
        assert_eq!(permutation(10), [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
        assert_eq!(permutation(10), [0, 1, 8, 5, 3, 4, 7, 9, 6, 2]);
        assert_eq!(permutation(1), [0]);
        assert_eq!(permutation(5), [0, 2, 3, 1, 4]);
        assert!(permutation(0).is_empty());
    }

    #[test]
    fn a_long_permutation_is_that_of_numpy() {
        // np.random.seed(42); p = np.random.permutation(60000); p[:5], p[-5:], (p * np.arange(60000)).sum()
        set_random_seed(42);
        let order = permutation(60_000);
        assert_eq!(order[..5], [12628, 37730, 39991, 8525, 8279]);
        assert_eq!(order[59_995..], [54343, 38158, 860, 15795, 56422]);
        assert_eq!(order.iter().enumerate().map(|(i, p)| i * p).sum::<usize>(), 53_939_966_067_282);
    }

    #[test]
    fn seeded_orders_are_those_of_numpy_and_python() {
        set_random_seed(42);
        // np.random.RandomState(7).permutation(10)
        assert_eq!(seeded_permutation(7, 10), [8, 5, 0, 2, 1, 9, 7, 3, 6, 4]);
        // random.seed(42); a = list(range(10)); random.shuffle(a); a
        let mut items: Vec<usize> = (0..10).collect();
        seeded_shuffle(42, &mut items);
        assert_eq!(items, [7, 3, 2, 8, 5, 6, 9, 4, 0, 1]);
        // np.random.seed(42); [np.random.randint(1e6) for _ in range(3)]
        assert_eq!([(); 3].map(|()| next_numpy_seed()), [121_958, 671_155, 131_932]);
        // random.seed(42); random.randint(0, 10**6)
        assert_eq!(next_python_seed(), 670_487);
    }

    #[test]
    fn each_thread_has_its_own_streams() {
        set_random_seed(42);
        std::thread::spawn(|| set_random_seed(7)).join().expect("seeding does not panic");
        assert_eq!(next_seed(), 686_579_304);
    }

    #[test]
    fn unseeded_threads_differ() {
        let draw = || std::thread::spawn(|| [next_seed(), next_seed()]).join().expect("drawing does not panic");
        assert_ne!(draw(), draw());
    }
}
