//! Functions of images with the channels last: `keras.ops.image`.
//!
//! ```
//! use horn::layers::{Input, Padding};
//! use horn::ops;
//!
//! let images = Input([32, 32, 3]);
//! let grey = ops::rgb_to_grayscale(&images)?;
//! assert_eq!(grey.shape().to_string(), "(None, 32, 32, 1)");
//! let patches = ops::extract_patches(&images, 16, 16, Padding::Valid)?;
//! assert_eq!(patches.shape().to_string(), "(None, 2, 2, 768)");
//! assert!(ops::rgb_to_hsv(&grey).unwrap_err().is_shape());
//! # Ok::<(), horn::Error>(())
//! ```

use serde_json::json;

use crate::arguments::options::{Interpolation, Padding};
use crate::error::Result;
use crate::graph::keras_tensor::KerasTensor;
use crate::images::affine::FillMode;
use crate::operations::calls::argument::Constant;
use crate::ops::operand::{IntoAxes, IntoOperand, Operand, call, functions};

functions! {
    /// Images in grey, with one channel.
    rgb_to_grayscale(images) => "RGBToGrayscale", "If the images have no colours.";
    /// Hue, saturation and value of red, green and blue from 0 to 1.
    rgb_to_hsv(images) => "RGBToHSV", "If the images have no colours.";
    /// Red, green and blue of hue, saturation and value.
    hsv_to_rgb(images) => "HSVToRGB", "If the images have not three channels.";
    /// Images blurred by a normal distribution: the size of the filter and the standard deviation, along the width and the
    /// height.
    gaussian_blur(images; kernel_size: [usize; 2] => kernel_size, sigma: [f64; 2] => sigma)
        => "GaussianBlur", "If a size is 0.";
    /// The slopes along the height and the width, as a new last axis.
    sobel_edges(images) => "SobelEdges", "If it is not a batch of images.";
    /// Images of which the pixel at `(x, y)` comes from `(m₀x + m₁y + m₂, m₃x + m₄y + m₅)`; the last two of the eight numbers
    /// are 0.
    affine_transform(images, transform; interpolation: Interpolation => interpolation, fill_mode: FillMode => fill_mode)
        => "AffineTransform", "If the numbers are not eight.";
    /// Images seen so that four start points come to four end points, each `(x, y)`.
    perspective_transform(images, start_points, end_points; interpolation: Interpolation => interpolation)
        => "PerspectiveTransform", "If the points are not four.";
    /// The values at places of a tensor, which are a number for each of its axes: the nearest one by order 0, between the
    /// neighbours by order 1.
    map_coordinates(inputs, coordinates; order: usize => order, fill_mode: FillMode => fill_mode)
        => "MapCoordinates", "If there is not one number for each axis.";
    /// Margins of zeros around the images.
    pad_images(images; top_padding: usize => top_padding, left_padding: usize => left_padding,
        bottom_padding: usize => bottom_padding, right_padding: usize => right_padding)
        => "PadImages", "If it is not a batch of images.";
    /// The images without margins.
    crop_images(images; top_cropping: usize => top_cropping, left_cropping: usize => left_cropping,
        bottom_cropping: usize => bottom_cropping, right_cropping: usize => right_cropping)
        => "CropImages", "If nothing is left.";
    /// Parts of images of this size, each as the channels of a pixel.
    extract_patches(images; size: impl IntoAxes => size.into_axes(), strides: impl IntoAxes => strides.into_axes(),
        padding: Padding => padding) => "ExtractPatches", "If the parts are larger than the images.";
    /// Images seen through water, whose waves the seed decides: `alpha` is how far pixels move, `sigma` how wide waves are.
    elastic_transform(images; alpha: f64 => alpha, sigma: f64 => sigma, seed: Option<u64> => seed)
        => "ElasticTransform", "If it is not a batch of images, or `sigma` is not above 0.";
    /// How alike two images are in the parts that a filter of 11 pixels sees.
    ssim(image1, image2; max_val: f64 => max_val) => "SSIM", "If the images are smaller than the filter.";
}

/// Images whose axes are scaled by `scale` and then moved by `translation` pixels. `output_shape` is the shape of the
/// batch; only the sizes of the axes in `spatial_dims` change. `method` is [`Bilinear`](Interpolation::Bilinear),
/// `Bicubic`, `Lanczos3` or `Lanczos5`, and smaller images are smoothed first.
///
/// # Errors
///
/// If there is not one scale and one translation for each axis, or a scale is not above 0.
pub fn scale_and_translate<const N: usize>(
    images: impl IntoOperand,
    output_shape: &[usize],
    scale: [f64; N],
    translation: [f64; N],
    spatial_dims: [usize; N],
    method: Interpolation,
) -> Result<KerasTensor> {
    let sizes = output_shape.iter().map(|&size| Constant::Int(size as i64)).collect();
    let numbers = |numbers: [f64; N]| Operand::constants(numbers.into_iter().map(Constant::Float).collect());
    let operands = [images.into_operand(), Operand::constants(sizes), numbers(scale), numbers(translation)];
    call("ScaleAndTranslate", json!({"spatial_dims": spatial_dims.to_vec(), "method": method}), operands)
}
