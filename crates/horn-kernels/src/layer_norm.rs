//! Normalizations of each sample by itself: layer, root-mean-square and group normalization.

use burn::tensor::Tensor;

/// `γ · (x − mean) / √(variance + ε) + β` along the last axes, as many as `γ` and `β` have together in row-major order.
///
/// # Shapes
///
/// - `x`: `[…, features]`, where the features may be several axes
/// - `gamma`, `beta`: `[features]`, the axes made one
/// - result: as `x`
pub fn layer_norm<const D: usize>(
    x: &Tensor<D>,
    gamma: &Tensor<1>,
    beta: &Tensor<1>,
    epsilon: f64,
) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::normalization::layer_norm::layer_norm(x, gamma, beta, epsilon);
    #[cfg(not(feature = "flex"))]
    None
}

/// `γ · x / √(mean of x² + ε)` along the last axes, as [`layer_norm`].
///
/// # Shapes
///
/// - `x`: `[…, features]`, where the features may be several axes
/// - `gamma`: `[features]`, the axes made one
/// - result: as `x`
pub fn rms_norm<const D: usize>(x: &Tensor<D>, gamma: &Tensor<1>, epsilon: f64) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::normalization::layer_norm::rms_norm(x, gamma, epsilon);
    #[cfg(not(feature = "flex"))]
    None
}

/// `γ · (x − mean) / √(variance + ε) + β`, with the mean and the variance of each group of channels of a sample.
///
/// # Shapes
///
/// - `x`: `[samples, …, channels]`, the channels being a multiple of `groups`
/// - `gamma`, `beta`: `[channels]`
/// - result: as `x`
pub fn group_norm<const D: usize>(
    x: &Tensor<D>,
    gamma: &Tensor<1>,
    beta: &Tensor<1>,
    groups: usize,
    epsilon: f64,
) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::normalization::group_norm::group_norm(x, gamma, beta, groups, epsilon);
    #[cfg(not(feature = "flex"))]
    None
}
