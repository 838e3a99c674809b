//! Batch normalization: each channel is brought to mean 0 and variance 1, then scaled and moved.

use burn::tensor::Tensor;

use crate::types::batch_norm::BatchNorm;

/// `relu?(γ · (x − mean) / √(variance + ε) + β)`, with the mean and the variance of the batch.
///
/// # Shapes
///
/// - `x`: `[…, channels]`
/// - `gamma`, `beta`: `[channels]`
pub fn batch_norm<const D: usize>(
    x: &Tensor<D>,
    gamma: &Tensor<1>,
    beta: &Tensor<1>,
    epsilon: f64,
    relu: bool,
) -> Option<BatchNorm<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::normalization::batch_norm::batch_norm(x, gamma, beta, epsilon, relu);
    #[cfg(not(feature = "flex"))]
    None
}

/// As [`batch_norm`] with a mean and a variance that are given, such as moving averages. They get no gradient.
///
/// # Shapes
///
/// - `x`: `[…, channels]`
/// - `gamma`, `beta`, `mean`, `variance`: `[channels]`
/// - result: as `x`
pub fn batch_norm_with<const D: usize>(
    x: &Tensor<D>,
    [gamma, beta]: [&Tensor<1>; 2],
    [mean, variance]: [&Tensor<1>; 2],
    epsilon: f64,
    relu: bool,
) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::normalization::batch_norm::batch_norm_with(x, [gamma, beta], [mean, variance], epsilon, relu);
    #[cfg(not(feature = "flex"))]
    None
}
