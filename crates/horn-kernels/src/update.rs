//! Changing several tensors together, value by value: the step of an optimizer.

use burn::tensor::Tensor;

/// A gradient and the tensors that it would have changed, given back by [`update`] where it has no fast way.
pub type NotUpdated<const D: usize, const N: usize> = (Tensor<D>, [Tensor<D>; N]);

/// Computes new values of `tensors`, which have the shape of `gradient`, from the old ones and the gradient.
///
/// All is done in one pass over memory. Memory that nobody else holds is changed in place. The rule is called for each
/// place, and should be `#[inline(always)]`, so that it becomes vector instructions.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::default();
/// let (weight, momentum) = (Tensor::<1>::from_data([1.0, 2.0], &device), Tensor::<1>::zeros([2], &device));
/// let gradient = Tensor::<1>::from_data([0.5, -0.5], &device);
/// let rule = |gradient: f32, [weight, momentum]: [f32; 2]| {
///     let momentum = 0.9 * momentum - 0.1 * gradient;
///     [weight + momentum, momentum]
/// };
/// if let Ok([weight, _]) = horn_kernels::update(gradient, [weight, momentum], rule) {
///     assert_eq!(weight.into_data().try_to_vec::<f32>().unwrap(), [0.95, 2.05]);
/// }
/// ```
///
/// # Errors
///
/// Gives the tensors back where there is no fast way: on another backend, for another type, or for tensors of other shapes.
#[expect(clippy::result_large_err, reason = "what is given back is what was taken")]
pub fn update<const D: usize, const N: usize>(
    gradient: Tensor<D>,
    tensors: [Tensor<D>; N],
    rule: impl Fn(f32, [f32; N]) -> [f32; N] + Sync,
) -> Result<[Tensor<D>; N], NotUpdated<D, N>> {
    #[cfg(feature = "flex")]
    return crate::flex::update::update(gradient, tensors, rule);
    #[cfg(not(feature = "flex"))]
    Err((gradient, tensors))
}
