//! The beta distribution as in JAX, computed from two draws of the gamma distribution.

use crate::random::threefry;
use crate::random::threefry::{Key, part, split};

/// Draws from 0 to 1: `jax.random.beta(key, alpha, beta, (len,))`.
pub(crate) fn beta(key: Key, len: usize, alpha: f32, beta: f32) -> Vec<f32> {
    let keys: [Key; 2] = split(key);
    let draw = |at: usize| {
        let [first, second] = [log_gamma(part(keys[0], at), alpha), log_gamma(part(keys[1], at), beta)];
        // With small shape parameters the numbers underflow, but their logarithms do not.
        let most = first.max(second);
        let [first, second] = [(first - most).exp(), (second - most).exp()];
        first / (first + second)
    };
    (0..len).map(draw).collect()
}

/// Draws positive numbers: `jax.random.gamma(key, alpha, (len,))`.
pub(crate) fn gamma(key: Key, len: usize, alpha: f32) -> Vec<f32> {
    (0..len).map(|at| log_gamma(part(key, at), alpha).exp()).collect()
}

/// The logarithm of a number drawn from the gamma distribution, by the rejection method of Marsaglia and Tsang (2000).
fn log_gamma(key: Key, alpha: f32) -> f32 {
    // The method requires shape parameters of at least 1. For a smaller one, another random number scales a draw for the
    // shape parameter plus 1.
    let boosted = alpha < 1.0;
    let d = if boosted { alpha + 1.0 } else { alpha } - 1.0 / 3.0;
    let c = 1.0 / 3.0 / d.sqrt();
    let [mut key, boost_key] = split(key);
    let v = loop {
        let [next, normal_key, uniform_key] = split(key);
        key = next;
        let (x, v) = positive_cube(normal_key, c);
        let u = threefry::uniform(uniform_key, 1, 0.0, 1.0)[0];
        let squared = x * x;
        if u < 1.0 - 0.0331 * (squared * squared) || u.ln() < squared * 0.5 + d * (1.0 - v + v.ln()) {
            break v;
        }
    };
    let sample = if boosted { (-threefry::uniform(boost_key, 1, 0.0, 1.0)[0]).ln_1p() } else { 0.0 };
    let boost = if sample == 0.0 { 0.0 } else { sample * (1.0 / alpha) };
    d.ln() + v.ln() + boost
}

/// A normal number `x` for which `v = (1 + c·x)³` is positive, and `v`.
fn positive_cube(mut key: Key, c: f32) -> (f32, f32) {
    loop {
        let [next, own] = split(key);
        key = next;
        let x = threefry::normal(own, 1)[0];
        let root = 1.0 + x * c;
        if root > 0.0 {
            return (x, root * root * root);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_those_of_jax() {
        // jax.random.beta(key, alpha, beta, (6,))
        let close = |received: Vec<f32>, expected: [f32; 6]| {
            let far = received.iter().zip(expected).any(|(x, y)| (x - y).abs() > 2e-6);
            assert!(!far && received.len() == 6, "{received:?}, JAX has {expected:?}");
        };
        close(beta([42, 0], 6, 0.2, 0.2), [0.000367031, 0.48938078, 0.98230284, 0.22506192, 0.97877836, 0.93039334]);
        close(beta([42, 0], 6, 1.0, 1.0), [0.77252215, 0.64592355, 0.23951097, 0.13455679, 0.45325848, 0.984088]);
        close(beta([42, 0], 6, 3.0, 0.5), [0.9006527, 0.9377386, 0.9759242, 0.7300632, 0.9301478, 0.98614234]);
        close(beta([42, 0], 6, 1e-3, 1e-3), [0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn many_draws_are_those_of_jax() {
        // x = np.asarray(jax.random.beta(key, a, a, (2000,)), np.float64); x.sum(), (x * np.arange(2000)).sum()
        for (shape, sum, moment) in [(0.2, 1_013.736, 1_008_649.9), (2.5, 988.514, 988_328.6)] {
            let drawn = beta([42, 0], 2000, shape, shape);
            let total: f64 = drawn.iter().map(|x| f64::from(*x)).sum();
            let weighted: f64 = drawn.iter().zip(0u32..).map(|(x, i)| f64::from(*x) * f64::from(i)).sum();
            assert!((total - sum).abs() < 1e-3 && (weighted - moment).abs() < 1.0, "{total} {weighted}");
        }
    }
}
