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

use serde_json::{Value, json};

use crate::arguments::options::Padding;
use crate::error::Result;
use crate::graph::keras_tensor::KerasTensor;
use crate::operations::calls::argument::Constant;
use crate::ops::operand::{IntoAxes, IntoOperand, Operand, call, call_all, functions};

functions! {
    /// The largest value in each window of this size, over images with the channels last; without strides the windows lie
    /// beside each other.
    max_pool(inputs; pool_size: impl IntoAxes => pool_size.into_axes(), strides: impl IntoAxes => strides.into_axes(),
        padding: Padding => padding) => "MaxPool", "If the window does not fit.";
    /// The mean of each window of this size, over images with the channels last.
    average_pool(inputs; pool_size: impl IntoAxes => pool_size.into_axes(),
        strides: impl IntoAxes => strides.into_axes(), padding: Padding => padding)
        => "AveragePool", "If the window does not fit.";
    /// The largest value in each window, for `output_size` windows along each spatial axis.
    adaptive_max_pool(inputs; output_size: impl IntoAxes => output_size.into_axes())
        => "AdaptiveMaxPool", "If there is not one size for each spatial axis.";
    /// The mean of each window, for `output_size` windows along each spatial axis.
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
    /// The crossentropy of each row, between class probabilities and predicted probabilities or logits.
    categorical_crossentropy(target, output; from_logits: bool => from_logits)
        => "CategoricalCrossentropy", "If the shapes differ.";
    /// The crossentropy of each row, between class indices and predicted probabilities or logits.
    sparse_categorical_crossentropy(target, output; from_logits: bool => from_logits)
        => "SparseCategoricalCrossentropy", "If the shapes do not fit each other.";
    /// The crossentropy of each value.
    binary_crossentropy(target, output; from_logits: bool => from_logits)
        => "BinaryCrossentropy", "If the shapes differ.";
    /// Minus the logarithm of the probability that the outputs of each sequence, logits `[batch, steps, classes]`, read as the
    /// labels, `[batch, labels]`; the lengths say how many labels and steps there are. The class `mask_index` is the blank.
    ctc_loss(target, output, target_length, output_length; mask_index: usize => mask_index)
        => "CTCLoss", "If the shapes do not fit each other.";
    /// Values as they would be after a quantization of their range to `num_bits` bits.
    fake_quant_with_min_max_vars(inputs, min_vals, max_vals; num_bits: u8 => num_bits)
        => "FakeQuantWithMinMaxVars", "If `num_bits` is not from 2 to 16.";
    /// A vector of `num_classes` values for each row of class indices: 1 for each class in the row, 0 for the others.
    multi_hot(inputs; num_classes: usize => num_classes) => "MultiHot", "If `num_classes` is 0.";
    /// Is the class of each row among the `k` largest values?
    in_top_k(targets, predictions; k: usize => k) => "InTopK", "If the shapes do not fit each other.";
    /// The ratio of the largest value to the mean squared difference, in decibels.
    psnr(x1, x2; max_val: f64 => max_val) => "PSNR", "If the shapes differ.";
    /// Channels as pixels of blocks of `block_size` by `block_size`.
    depth_to_space(x; block_size: usize => block_size) => "DepthToSpace", "If the blocks do not divide the channels.";
    /// Blocks of `block_size` by `block_size` pixels as channels.
    space_to_depth(x; block_size: usize => block_size) => "SpaceToDepth", "If the blocks do not divide the images.";
    /// Patches of images with the channels first, as columns.
    unfold(x; kernel_size: impl IntoAxes => kernel_size.into_axes(), padding: usize => padding, stride: usize => stride)
        => "Unfold", "If the patches are larger than the images.";
    /// The sum of patches, which are columns, at their places in images with the channels first.
    fold(x; output_size: impl IntoAxes => output_size.into_axes(), kernel_size: impl IntoAxes => kernel_size.into_axes(),
        padding: usize => padding, stride: usize => stride) => "Fold", "If the patches do not fit the images.";
}

/// The values minus the mean, divided by the standard deviation. The mean and the variance are vectors along the axis.
///
/// # Errors
///
/// If the mean or the variance is not a vector as long as the axis.
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

/// The labels that the outputs of each sequence, `[batch, steps, classes]`, read as, filled up with -1 as
/// `[1, batch, steps]`, and minus the sums of the largest outputs. Equal labels in a row count once, and the class
/// `mask_index` is the blank.
///
/// # Errors
///
/// If the shapes do not fit each other.
pub fn ctc_decode(
    inputs: impl IntoOperand,
    sequence_lengths: impl IntoOperand,
    mask_index: usize,
) -> Result<[KerasTensor; 2]> {
    decoded(json!({"mask_index": mask_index}), [inputs.into_operand(), sequence_lengths.into_operand()])
}

/// The likeliest labels of each sequence by beam search, and the logarithms of their probabilities: `beam_width` beams
/// are followed, and the `top_paths` likeliest results are returned.
///
/// # Errors
///
/// If the shapes do not fit each other, or there are fewer beams than results.
pub fn ctc_beam_search(
    inputs: impl IntoOperand,
    sequence_lengths: impl IntoOperand,
    beam_width: usize,
    top_paths: usize,
    mask_index: usize,
) -> Result<[KerasTensor; 2]> {
    let strategy = json!({
        "strategy": "beam_search", "beam_width": beam_width, "top_paths": top_paths, "mask_index": mask_index,
    });
    decoded(strategy, [inputs.into_operand(), sequence_lengths.into_operand()])
}

fn decoded(config: Value, operands: [Operand; 2]) -> Result<[KerasTensor; 2]> {
    let outputs = call_all("CTCDecode", config, operands)?;
    Ok(outputs.try_into().expect("decoding has two outputs"))
}

/// The values of each vector along the axes, moved and scaled to the mean 0 and the variance 1.
///
/// # Errors
///
/// If an axis does not exist.
pub fn layer_normalization(x: impl IntoOperand, axis: impl IntoAxes, epsilon: Option<f64>) -> Result<KerasTensor> {
    // Neither a scale nor an offset.
    let [gamma, beta] = [(); 2].map(|()| Operand::constant(Constant::None));
    call("LayerNorm", json!({"axis": axis.into_axes(), "epsilon": epsilon}), [x.into_operand(), gamma, beta])
}

/// The values of each vector along the axis, divided by the root of their mean square, times a scale.
///
/// # Errors
///
/// If the axis does not exist, or the scale does not fit.
pub fn rms_normalization(
    x: impl IntoOperand,
    scale: impl IntoOperand,
    axis: i64,
    epsilon: Option<f64>,
) -> Result<KerasTensor> {
    call("RMSNorm", json!({"axis": axis, "epsilon": epsilon}), [x.into_operand(), scale.into_operand()])
}

/// Scaled dot-product attention of queries, keys and values, all `[batch, steps, heads, width]`.
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
