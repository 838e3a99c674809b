//! JAX's random numbers: a counter, enciphered by Threefry-2x32 (Salmon et al., 2011) under a key.
//!
//! The same key gives the same numbers, in the row-major order of the tensor that they fill.

use horn_kernels::threefry::{encipher, unit};

use crate::error::{Error, Result};
use crate::random::erf_inv::erf_inv;

/// A key, from which JAX derives random numbers. Keras creates it from a seed and the number of draws so far.
pub type Key = [u32; 2];

/// `erf(2 / sqrt(2))` as JAX computes it: the fraction of a normal distribution within two standard deviations.
const WITHIN_TWO: f32 = 0.954_499_7;

/// The key that Keras creates from an integer seed.
///
/// # Errors
///
/// If the seed has more than 32 bits.
pub fn key(seed: u64) -> Result<Key> {
    let low = u32::try_from(seed).map_err(|_| {
        Error::argument("the seed does not fit into 32 bits")
            .at("seed")
            .received(seed)
            .expected("at most 4294967295")
            .hint("choose a smaller seed")
    })?;
    Ok([low, 0])
}

/// Derives new keys from a key: `jax.random.split(key, N)`.
pub fn split<const N: usize>(key: Key) -> [Key; N] {
    std::array::from_fn(|at| part(key, at))
}

/// The key at an index of those that a key is split into.
pub(crate) fn part(key: Key, at: usize) -> Key {
    encipher(key, [(at as u64 >> 32) as u32, at as u32])
}

/// Draws a permutation of `0..len`: `jax.random.permutation(key, len)`.
///
/// ```
/// use horn::random::threefry;
///
/// assert_eq!(threefry::permutation(threefry::key(42)?, 6), [4, 3, 2, 0, 5, 1]);
/// # Ok::<(), horn::Error>(())
/// ```
pub fn permutation(mut key: Key, len: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    // Sorting by random words is repeated, as words may be equal: the more numbers there are, the more often.
    let rounds = (3.0 * (len.max(1) as f64).ln() / f64::from(u32::MAX).ln()).ceil() as usize;
    for _ in 0..rounds {
        let [next, own] = split(key);
        key = next;
        let mut drawn: Vec<(u32, usize)> = bits(own, len).zip(order).collect();
        drawn.sort_by_key(|(word, _)| *word);
        order = drawn.into_iter().map(|(_, place)| place).collect();
    }
    order
}

/// Draws 32-bit words: `jax.random.bits(key, (len,))`.
pub fn bits(key: Key, len: usize) -> impl Iterator<Item = u32> {
    (0..len as u64).map(move |counter| {
        let [high, low] = encipher(key, [(counter >> 32) as u32, counter as u32]);
        high ^ low
    })
}

/// Draws from `minval` (included) to `maxval` (excluded): `jax.random.uniform`.
///
/// ```
/// use horn::random::threefry;
///
/// let drawn = threefry::uniform(threefry::key(42)?, 2, -0.05, 0.05);
/// assert_eq!(drawn, [0.0066729668, -0.043445136]);
/// # Ok::<(), horn::Error>(())
/// ```
pub fn uniform(key: Key, len: usize, minval: f32, maxval: f32) -> Vec<f32> {
    let span = maxval - minval;
    // XLA fuses the product and the sum into one rounding.
    bits(key, len).map(|word| unit(word).mul_add(span, minval).max(minval)).collect()
}

/// Draws whole numbers from `minval` (included) to `maxval` (excluded): `jax.random.randint`.
pub(crate) fn randint(key: Key, len: usize, minval: u32, maxval: u32) -> Vec<u32> {
    let span = maxval.saturating_sub(minval).max(1);
    // 2³² modulo the span.
    let factor = (1 << 16) % span;
    let factor = factor.wrapping_mul(factor) % span;
    let [high, low]: [Key; 2] = split(key);
    let words = bits(high, len).zip(bits(low, len));
    let offset = |(high, low): (u32, u32)| (high % span).wrapping_mul(factor).wrapping_add(low % span) % span;
    words.map(|words| minval + offset(words)).collect()
}

/// Draws from the normal distribution of mean 0 and standard deviation 1: `jax.random.normal`.
pub fn normal(key: Key, len: usize) -> Vec<f32> {
    let mut drawn = uniform(key, len, -1f32.next_down(), 1.0);
    for x in &mut drawn {
        *x = std::f32::consts::SQRT_2 * erf_inv(*x);
    }
    drawn
}

/// Draws from the same distribution, cut off at two standard deviations: `jax.random.truncated_normal(key, -2, 2)`.
pub fn truncated_normal(key: Key, len: usize) -> Vec<f32> {
    let limit = 2f32.next_down();
    let mut drawn = uniform(key, len, -WITHIN_TWO, WITHIN_TWO);
    for x in &mut drawn {
        *x = (std::f32::consts::SQRT_2 * erf_inv(*x)).clamp(-limit, limit);
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_jax() {
        // jax.random.bits(jnp.array([42, 0], dtype=jnp.uint32), (4,))
        assert_eq!(bits([42, 0], 4).collect::<Vec<_>>(), [2434085537, 281529784, 1639270791, 3057860097]);
    }

    #[test]
    fn keys_are_split_as_by_jax() {
        // jax.random.split(key, 2)
        assert_eq!(split([42, 0]), [[3732534457, 1332528664], [3871190435, 4135215131]]);
    }

    #[test]
    fn whole_numbers_are_those_of_jax() {
        // jax.random.randint(jax.random.key(5), (8,), 0, 11), and (6,), 1, 8
        assert_eq!(randint([0, 5], 8, 0, 11), [2, 2, 4, 9, 10, 1, 9, 4]);
        assert_eq!(randint([0, 5], 6, 1, 8), [4, 1, 1, 5, 3, 5]);
    }

    #[test]
    fn permutations_are_those_of_jax() {
        // p = jax.random.permutation(key, 2000); (p * np.arange(2000)).sum(): two rounds, where 6 take one
        let order = permutation([42, 0], 2000);
        assert_eq!(order[..6], [1744, 1241, 47, 968, 778, 1403]);
        assert_eq!(order.iter().enumerate().map(|(i, p)| i * p).sum::<usize>(), 1_966_149_424);
        assert_eq!(permutation([42, 0], 1), [0]);
        assert!(permutation([42, 0], 0).is_empty());
    }

    #[test]
    fn uniform_is_that_of_jax() {
        // jax.random.uniform(key, (n,), minval=.., maxval=..), to the bit
        assert_eq!(
            uniform([42, 0], 6, -0.05, 0.05),
            [0.0066729668, -0.043445136, -0.011832762, 0.021196354, 0.028614486, -0.0097103]
        );
        assert_eq!(uniform([1, 3], 4, 0.0, 1.0), [0.5997164, 0.39988875, 0.96363425, 0.62625873]);
    }

    #[test]
    fn normal_is_that_of_jax() {
        // jax.random.normal(key, (6,)), to the bit
        assert_eq!(normal([42, 0], 6), [0.16805424, -1.5097888, -0.3010914, 0.55913025, 0.7931159, -0.24585557]);
    }

    #[test]
    fn truncated_normal_is_that_of_jax() {
        // jax.random.truncated_normal(key, -2.0, 2.0, (6,)), to the bit
        let drawn = truncated_normal([42, 0], 6);
        assert_eq!(drawn, [0.16034018, -1.3701739, -0.28699958, 0.5310824, 0.7491784, -0.23445672]);
    }

    #[test]
    fn every_bit_of_many_numbers_is_that_of_jax() {
        // np.asarray(jax.random.normal(key, (100_000,))).view(np.uint32).sum() % 2**32, and so on
        let sum = |drawn: Vec<f32>| drawn.iter().fold(0u32, |sum, x| sum.wrapping_add(x.to_bits()));
        assert_eq!(sum(uniform([42, 0], 100_000, -0.05, 0.05)), 2_458_684_036);
        assert_eq!(sum(normal([42, 0], 100_000)), 3_688_609_756);
        assert_eq!(sum(truncated_normal([42, 0], 100_000)), 3_525_723_870);
    }

    #[test]
    fn distributions_are_what_they_say() {
        let moments = |drawn: &[f32]| {
            let mean = drawn.iter().sum::<f32>() / drawn.len() as f32;
            (mean, (drawn.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / drawn.len() as f32).sqrt())
        };
        let (mean, stddev) = moments(&normal([3, 0], 100_000));
        assert!(mean.abs() < 0.01 && (stddev - 1.0).abs() < 0.01, "{mean} {stddev}");
        let truncated = truncated_normal([3, 0], 100_000);
        let (mean, stddev) = moments(&truncated);
        assert!(mean.abs() < 0.01 && (stddev - 0.879_626).abs() < 0.01, "{mean} {stddev}");
        assert!(truncated.iter().all(|x| x.abs() < 2.0));
        let flat = uniform([3, 0], 100_000, 2.0, 3.0);
        assert!(flat.iter().all(|x| (2.0..3.0).contains(x)));
    }

    #[test]
    fn long_seeds_are_refused() {
        assert_eq!(key(u64::from(u32::MAX)).expect("32 bits"), [u32::MAX, 0]);
        assert!(key(1 << 32).expect_err("33 bits").is_argument());
    }
}
