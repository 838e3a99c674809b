//! Functions of networks whose weights are arguments: convolutions, poolings, attention, crossentropies.
//!
//! ```
//! use horn::layers::{Input, Padding};
//! use horn::ops;
//! use ndarray::Array4;
//!
//! let x = Input([8, 8, 3]);
//! let edges = ops::conv(&x, Array4::<f32>::ones((3, 3, 3, 4)), 1, Padding::Same)?;
//! let pooled = ops::max_pool(edges, 2, None, Padding::Valid)?;
//! assert_eq!(pooled.shape().to_string(), "(None, 4, 4, 4)");
//! assert!(ops::conv(&x, Array4::<f32>::ones((3, 3, 5, 4)), 1, Padding::Same).unwrap_err().is_shape());
//! # Ok::<(), horn::Error>(())
//! ```

use serde_json::json;

use crate::arguments::options::Padding;
use crate::error::Result;
use crate::graph::keras_tensor::KerasTensor;
use crate::ops::operand::{IntoAxes, IntoOperand, call, functions};

functions! {
    /// The largest value in each window of this size, over images with the channels last; without strides the windows lie
    /// beside each other.
    max_pool(inputs; pool_size: impl IntoAxes => pool_size.into_axes(), strides: impl IntoAxes => strides.into_axes(),
        padding: Padding => padding) => "MaxPool", "If the window does not fit.";
    /// The mean of each window of this size, over images with the channels last.
    average_pool(inputs; pool_size: impl IntoAxes => pool_size.into_axes(),
        strides: impl IntoAxes => strides.into_axes(), padding: Padding => padding)
        => "AveragePool", "If the window does not fit.";
    /// The largest values of so many windows along each spatial axis.
    adaptive_max_pool(inputs; output_size: impl IntoAxes => output_size.into_axes())
        => "AdaptiveMaxPool", "If there is not one size for each spatial axis.";
    /// The means of so many windows along each spatial axis.
    adaptive_average_pool(inputs; output_size: impl IntoAxes => output_size.into_axes())
        => "AdaptiveAveragePool", "If there is not one size for each spatial axis.";
    /// The convolution with kernels `[…, channels, filters]`.
    conv(inputs, kernel; strides: impl IntoAxes => strides.into_axes(), padding: Padding => padding)
        => "Conv", "If the kernel does not fit the input.";
    /// The convolution of each channel by itself, with kernels `[…, channels, multiplier]`.
    depthwise_conv(inputs, kernel; strides: impl IntoAxes => strides.into_axes(), padding: Padding => padding)
        => "DepthwiseConv", "If the kernel does not fit the input.";
    /// A depthwise convolution, and one with kernels `[1, …, channels · multiplier, filters]` that mixes the channels.
    separable_conv(inputs, depthwise_kernel, pointwise_kernel; strides: impl IntoAxes => strides.into_axes(),
        padding: Padding => padding) => "SeparableConv", "If a kernel does not fit.";
    /// The transposed convolution, with kernels `[…, filters, channels]`.
    conv_transpose(inputs, kernel; strides: impl IntoAxes => strides.into_axes(), padding: Padding => padding)
        => "ConvTranspose", "If the kernel does not fit the input.";
    /// The crossentropy of each row: of shares of classes, and probabilities or logits.
    categorical_crossentropy(target, output; from_logits: bool => from_logits)
        => "CategoricalCrossentropy", "If the shapes differ.";
    /// The crossentropy of each row: of numbers of classes, and probabilities or logits.
    sparse_categorical_crossentropy(target, output; from_logits: bool => from_logits)
        => "SparseCategoricalCrossentropy", "If the shapes do not fit each other.";
    /// The crossentropy of each value.
    binary_crossentropy(target, output; from_logits: bool => from_logits)
        => "BinaryCrossentropy", "If the shapes differ.";
    /// 1 for each class that a row of numbers of classes names.
    multi_hot(inputs; num_classes: usize => num_classes) => "MultiHot", "If there are no classes.";
    /// Is the class of each row among the `k` largest values?
    in_top_k(targets, predictions; k: usize => k) => "InTopK", "If the shapes do not fit each other.";
    /// The ratio of the largest value to the mean squared difference, in decibels.
    psnr(x1, x2; max_val: f64 => max_val) => "PSNR", "If the shapes differ.";
    /// Channels as pixels of blocks of this size.
    depth_to_space(x; block_size: usize => block_size) => "DepthToSpace", "If the blocks do not divide the channels.";
    /// Blocks of pixels of this size as channels.
    space_to_depth(x; block_size: usize => block_size) => "SpaceToDepth", "If the blocks do not divide the images.";
    /// Patches of images with the channels first, as columns.
    unfold(x; kernel_size: impl IntoAxes => kernel_size.into_axes(), padding: usize => padding, stride: usize => stride)
        => "Unfold", "If the patches are larger than the images.";
    /// The sum of patches, which are columns, at their places in images with the channels first.
    fold(x; output_size: impl IntoAxes => output_size.into_axes(), kernel_size: impl IntoAxes => kernel_size.into_axes(),
        padding: usize => padding, stride: usize => stride) => "Fold", "If the patches do not fit the images.";
}

/// The values without the mean and divided by the root of the variance, which are vectors along the axis.
///
/// # Errors
///
/// If the sizes do not fit.
pub fn batch_normalization(
    x: impl IntoOperand,
    mean: impl IntoOperand,
    variance: impl IntoOperand,
    axis: i64,
    epsilon: f64,
) -> Result<KerasTensor> {
    let operands = [x.into_operand(), mean.into_operand(), variance.into_operand()];
    call("BatchNorm", json!({"axis": axis, "epsilon": epsilon}), operands)
}

/// What queries find in values by their keys, all `[batch, steps, heads, width]`.
///
/// # Errors
///
/// If the shapes do not fit each other.
pub fn dot_product_attention(
    query: impl IntoOperand,
    key: impl IntoOperand,
    value: impl IntoOperand,
    is_causal: bool,
) -> Result<KerasTensor> {
    let operands = [query.into_operand(), key.into_operand(), value.into_operand()];
    call("DotProductAttention", json!({"is_causal": is_causal}), operands)
}
