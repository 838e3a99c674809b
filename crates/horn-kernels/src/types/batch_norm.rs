//! What a batch normalization gives.

use burn::tensor::Tensor;

/// A normalized batch, and the statistics that normalized it.
#[derive(Debug, Clone)]
pub struct BatchNorm<const D: usize> {
    /// `γ · (x − mean) / √(variance + ε) + β`, in the shape of the input.
    pub output: Tensor<D>,
    /// The mean of each channel, `[channels]`, without a gradient.
    pub mean: Tensor<1>,
    /// The variance of each channel, `[channels]`, without a gradient. It is the biased one: divided by the number of
    /// values.
    pub variance: Tensor<1>,
}
