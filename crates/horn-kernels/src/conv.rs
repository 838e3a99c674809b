//! Convolutions over one to three spatial axes.

use burn::tensor::Tensor;

use crate::types::pooling::Pooling;
use crate::types::slide::Slide;

/// `pool?(relu?(x ∗ kernel + bias))`, where the channels are in groups, each with its own filters.
///
/// A pooling is for predictions. Each image is pooled while it is in the cache, so that the result of the convolution is
/// never in memory as a whole. With a pooling, there is no fast way if a tensor is to get a gradient, or if there are fewer
/// images than threads.
///
/// # Shapes
///
/// - `x`: `[samples, …, channels]`, with a slide for each axis in between
/// - `kernel`: `[sizes of the slides, …, channels / groups, filters]`
/// - `bias`: `[filters]`
/// - result: `[samples, positions of the slides, …, filters]`, with the positions of the pooling if there is one
pub fn conv<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    slides: &[Slide],
    groups: usize,
    relu: bool,
    pooling: Option<Pooling>,
) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::convolution::conv::conv(x, kernel, bias, slides, groups, relu, pooling);
    #[cfg(not(feature = "flex"))]
    None
}

/// The convolution with one filter for each channel, without a pooling.
///
/// # Shapes
///
/// - `x`: `[samples, …, channels]`, with a slide for each axis in between
/// - `kernel`: `[sizes of the slides, …, channels, 1]`
/// - `bias`: `[channels]`
/// - result: `[samples, positions of the slides, …, channels]`
pub fn depthwise_conv<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    slides: &[Slide],
    relu: bool,
) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::convolution::conv::depthwise_conv(x, kernel, bias, slides, relu);
    #[cfg(not(feature = "flex"))]
    None
}

/// The transposed convolution: the gradient by its input of the convolution that would make `x` from an image with these
/// `output` sizes, plus a bias. The padding before an axis is left out of the whole result; that after it is not used.
///
/// # Shapes
///
/// - `x`: `[samples, …, channels]`, with a slide for each axis in between
/// - `kernel`: `[sizes of the slides, …, filters, channels]`
/// - `bias`: `[filters]`
/// - result: `[samples, output sizes, …, filters]`
pub fn conv_transpose<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    slides: &[Slide],
    output: &[usize],
    relu: bool,
) -> Option<Tensor<D>> {
    #[cfg(feature = "flex")]
    return crate::flex::convolution::conv_transpose::conv_transpose(x, kernel, bias, slides, output, relu);
    #[cfg(not(feature = "flex"))]
    None
}
