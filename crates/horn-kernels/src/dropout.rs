//! Dropout, whose noise is computed where it is used, again in the backward pass.

use burn::tensor::Tensor;

use crate::types::key::Key;

/// Sets each value to 0 with the probability `rate`, and divides the others by `1 − rate`.
///
/// The value at place `i`, in row-major order, is kept if the `i`th number of `jax.random.uniform(key, …)` is less than
/// `1 − rate`: the noise of Keras on JAX. The key is asked for only where there is a fast way.
///
/// # Shapes
///
/// - `x`: any
/// - result: as `x`
pub fn dropout<const D: usize>(x: &Tensor<D>, rate: f64, key: impl FnOnce() -> Key) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::dropout::dropout(x, rate, key);
    #[cfg(not(feature = "flex"))]
    None
}
