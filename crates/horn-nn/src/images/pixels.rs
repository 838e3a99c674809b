//! Where the height and the width of images are, and what values their pixels have.

use burn::tensor::Tensor;

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::tensor::shape::{Shape, Values};

/// The places of the height and of the width in a batch of images.
pub(crate) fn spatial_axes(data_format: DataFormat) -> [usize; 2] {
    match data_format {
        DataFormat::ChannelsLast => [1, 2],
        DataFormat::ChannelsFirst => [2, 3],
    }
}

/// Is the shape that of a batch of images?
pub(crate) fn check_images(input: &Shape) -> Result<()> {
    if input.rank() == 4 && input.sample().iter().all(|size| *size != Some(0)) {
        return Ok(());
    }
    Err(Error::shape("the input is not a batch of images")
        .received(input)
        .expected("(batch, height, width, channels), or with the channels second, and no size of 0")
        .hint("reshape the input; images of one colour need an axis of size 1 for it"))
}

/// Resized images of integers as integers again; those of bytes stay in their range.
pub(crate) fn rounded<const D: usize>(images: Tensor<D>, values: Values) -> Tensor<D> {
    let rounded = images.round();
    if values == Values::Bytes { rounded.clamp(0, 255) } else { rounded }
}

/// The values of a pixel that is a byte: Keras's default for the range of values.
pub(crate) const BYTES: [f64; 2] = [0.0, 255.0];

/// Is it a range, the smaller value first?
pub(crate) fn check_value_range(range: [f64; 2]) -> Result<()> {
    if range[0] < range[1] {
        return Ok(());
    }
    Err(Error::argument("the range of values is empty")
        .received(format!("value_range = {range:?}"))
        .expected("the smaller value first")
        .hint("give [0, 255] for bytes, [0, 1] for fractions"))
}

/// Moves values from one range to another.
pub(crate) fn between_ranges<const D: usize>(x: Tensor<D>, from: [f64; 2], to: [f64; 2]) -> Tensor<D> {
    if from == to {
        return x;
    }
    (x - from[0]) / (from[1] - from[0]) * (to[1] - to[0]) + to[0]
}

/// The shape of a batch of images when they have another size.
pub(crate) fn resized(input: &Shape, data_format: DataFormat, size: [usize; 2]) -> Result<Shape> {
    check_images(input)?;
    if size.contains(&0) {
        return Err(Error::argument("the target size is 0")
            .received(format!("height = {}, width = {}", size[0], size[1]))
            .expected("sizes from 1 on")
            .hint("give the height and the width of the images that you want"));
    }
    let mut sizes = input.sizes().to_vec();
    for (axis, size) in spatial_axes(data_format).into_iter().zip(size) {
        sizes[axis] = Some(size);
    }
    Ok(Shape::new(sizes))
}
