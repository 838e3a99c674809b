//! Functions that rearrange space: patches of images, frames of signals, and blocks of pixels as channels.

use serde_json::{Value, json};

use crate::arguments::options::{DataFormat, Padding};
use crate::error::{Error, Result};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::formula::{Formula, Term, product, required};
use crate::operations::networks::windowed::Convolution;
use crate::tensor::shape::Shape;
use crate::windows::window::Window;

/// How a window moves along one axis: its size, its stride and its dilation.
#[derive(Clone, Copy)]
struct Slide {
    size: usize,
    stride: usize,
    dilation: usize,
}

impl Slide {
    /// How many positions it has along an axis of this size.
    fn count(self, size: usize) -> Result<usize> {
        let reach = (self.size - 1).saturating_mul(self.dilation) + 1;
        match size.checked_sub(reach) {
            Some(room) => Ok(room / self.stride + 1),
            None => Err(Error::shape("the window is larger than the tensor")
                .received(format!("a window of {reach} for an axis of {size}"))
                .expected("an axis that is at least as large")
                .hint("take a smaller window, or padding")),
        }
    }
}

/// Replaces an axis by two: the places in the window, and the positions of the window.
fn windows<T: Term>(x: &T, axis: usize, slide: Slide) -> Result<T> {
    let mut sizes = x.lengths();
    let positions = sizes[axis].map(|size| slide.count(size)).transpose()?;
    sizes[axis] = Some(slide.size);
    sizes.insert(axis + 1, positions);
    let count = slide.size.saturating_mul(positions.unwrap_or(1));
    let picked = x.picked(axis, count, |size| {
        let positions = slide.count(size).unwrap_or_default();
        let place = |at: usize| (0..positions).map(move |position| position * slide.stride + at * slide.dilation);
        (0..slide.size).flat_map(place).collect()
    })?;
    picked.reshaped(&sizes)
}

/// The largest number of values in a patch of a volume, for which a matrix of this size is made.
const MAX_VOLUME_PATCH: usize = 1 << 13;

/// `image.extract_patches(images, size, strides, dilation_rate, padding, data_format)`.
pub(crate) struct ExtractPatches;

impl Formula for ExtractPatches {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let images = required(call, 0)?;
        let spatial = match call.parameter("size") {
            Value::Array(sizes) if sizes.len() == 3 => 3,
            _ => 2,
        };
        let rank = images.axis_count();
        if rank != spatial + 1 && rank != spatial + 2 {
            return Err(Error::shape("the images have another number of axes")
                .received(Shape::new(images.lengths()))
                .expected(format!("{} axes, or {} for a batch", spatial + 1, spatial + 2))
                .hint("add the missing axes first"));
        }
        let is_one = rank == spatial + 1;
        let batch = if is_one { images.expanded(0)? } else { images };
        let format = call.data_format()?;
        let size = call.sizes("size", spatial)?.ok_or_else(|| call.invalid("size", "the size of a patch"))?;
        let strides = call.sizes("strides", spatial)?.unwrap_or_else(|| size.clone());
        let patches = if spatial == 3 {
            volumes(call, &batch, format, &size, &strides)?
        } else {
            let channels_last = match format {
                DataFormat::ChannelsLast => batch,
                DataFormat::ChannelsFirst => batch.permuted(&[0, 2, 3, 1])?,
            };
            let found = flat_patches(call, &channels_last, &size, &strides)?;
            match format {
                DataFormat::ChannelsLast => found,
                DataFormat::ChannelsFirst => found.permuted(&[0, 3, 1, 2])?,
            }
        };
        if !is_one {
            return Ok(vec![patches]);
        }
        Ok(vec![patches.reshaped(&patches.lengths()[1..])?])
    }
}

/// Patches of images with the channels last.
fn flat_patches<T: Term>(call: &Call<T>, images: &T, size: &[usize], strides: &[usize]) -> Result<T> {
    let dilation = call.sizes("dilation_rate", 2)?.unwrap_or_else(|| vec![1; 2]);
    let padding = serde_json::from_value(call.parameter("padding").clone());
    let window = Window {
        sizes: size.to_vec(),
        strides: strides.to_vec(),
        dilation,
        padding: padding.map_err(|_| call.invalid("padding", "valid or same"))?,
        data_format: DataFormat::ChannelsLast,
    };
    window.check(false)?;
    window.check_strides_or_dilation()?;
    // Checks that the window fits, and the padding.
    window.output_shape(&DataFormat::ChannelsLast.split(&Shape::new(images.lengths()), 2)?, None)?;
    let margins = match window.padding {
        Padding::Same => window.paddings(&[images.length(1)?, images.length(2)?]),
        _ => vec![(0, 0); 2],
    };
    let images = images.padded(&[(0, 0), margins[0], margins[1], (0, 0)], "constant")?;
    let slide = |at: usize| Slide { size: size[at], stride: strides[at], dilation: window.dilation[at] };
    // Batch, rows in the patch, rows of patches, columns in the patch, columns of patches, channels.
    let found = windows(&windows(&images, 1, slide(0))?, 3, slide(1))?.permuted(&[0, 2, 4, 1, 3, 5])?;
    let sizes = found.lengths();
    found.reshaped(&[sizes[0], sizes[1], sizes[2], product(&sizes[3..])])
}

/// Patches of volumes: a convolution with a filter for each place.
fn volumes<T: Term>(call: &Call<T>, volumes: &T, format: DataFormat, size: &[usize], strides: &[usize]) -> Result<T> {
    let channels = volumes.length(if format == DataFormat::ChannelsLast { 4 } else { 1 })?;
    let count = size.iter().fold(channels, |all, &size| all.saturating_mul(size));
    if count > MAX_VOLUME_PATCH {
        return Err(call.invalid("size", &format!("at most {MAX_VOLUME_PATCH} values in a patch, and not {count}")));
    }
    let filters = volumes.constant(&[size, &[channels, count]].concat(), || {
        (0..count * count).map(|at| f32::from(u8::from(at % count == at / count))).collect()
    })?;
    let config = json!({
        "strides": strides,
        "padding": call.parameter("padding"),
        "data_format": call.parameter("data_format"),
        "dilation_rate": call.parameter("dilation_rate"),
    });
    T::one(&Convolution::Plain, config, vec![volumes.clone(), filters])
}

/// `unfold(x, kernel_size, dilation, padding, stride)`: patches of `[batch, channels, height, width]` as columns; and
/// `fold(x, output_size, …)`, which adds them at their places.
#[derive(Clone, Copy)]
pub(crate) enum Folding {
    Fold,
    Unfold,
}

/// The arguments along one axis.
struct Fold {
    slide: Slide,
    padding: usize,
}

impl Folding {
    fn arguments<T>(call: &Call<T>) -> Result<[Fold; 2]> {
        let pair = |name: &str| Ok(call.sizes(name, 2)?.unwrap_or_else(|| vec![1; 2]));
        let (sizes, dilation, strides) = (pair("kernel_size")?, pair("dilation")?, pair("stride")?);
        let padding = call.ints("padding")?.unwrap_or_default();
        let padding = if padding.len() == 1 { vec![padding[0]; 2] } else { padding };
        let padding: Option<Vec<usize>> = padding.iter().map(|&size| usize::try_from(size).ok()).collect();
        let padding = padding.filter(|padding| padding.len() == 2 && padding.iter().all(|&size| size <= 1 << 31));
        let padding = padding.ok_or_else(|| call.invalid("padding", "one or two numbers of at least 0"))?;
        Ok([0, 1].map(|at| Fold {
            slide: Slide { size: sizes[at], stride: strides[at], dilation: dilation[at] },
            padding: padding[at],
        }))
    }
}

impl Formula for Folding {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (x, [rows, columns]) = (required(call, 0)?, Self::arguments(call)?);
        let axes = if matches!(self, Self::Fold) { 3 } else { 4 };
        if x.axis_count() != axes {
            return Err(Error::shape("the tensor has another number of axes")
                .received(Shape::new(x.lengths()))
                .expected(["(batch, channels · places, patches)", "(batch, channels, height, width)"][axes - 3])
                .hint("permute or reshape the tensor first"));
        }
        if axes == 4 {
            let margins = [&rows, &columns].map(|fold| (fold.padding, fold.padding));
            let x = x.padded(&[(0, 0), (0, 0), margins[0], margins[1]], "constant")?;
            let found = windows(&windows(&x, 2, rows.slide)?, 4, columns.slide)?.permuted(&[0, 1, 2, 4, 3, 5])?;
            let sizes = found.lengths();
            return Ok(vec![found.reshaped(&[sizes[0], product(&sizes[1..4]), product(&sizes[4..])])?]);
        }
        let output =
            call.sizes("output_size", 2)?.ok_or_else(|| call.invalid("output_size", "a height and a width"))?;
        let wholes = [output[0] + 2 * rows.padding, output[1] + 2 * columns.padding];
        let counts = [rows.slide.count(wholes[0])?, columns.slide.count(wholes[1])?];
        let [places, patches] = [rows.slide.size * columns.slide.size, counts[0] * counts[1]];
        let (all, found) = (x.length(1)?, x.length(2)?);
        if !all.is_multiple_of(places) || found != patches {
            return Err(Error::shape("the patches do not fit the output")
                .received(Shape::new(x.lengths()))
                .expected(format!("(batch, a multiple of {places}, {patches})"))
                .hint("give the sizes that `unfold` was called with"));
        }
        let (batch, channels) = (x.lengths()[0], Some(all / places));
        let [height, width] = [&rows, &columns].map(|fold| Some(fold.slide.size));
        let split = x.reshaped(&[batch, channels, height, width, Some(counts[0]), Some(counts[1])])?;
        let apart = split.permuted(&[0, 1, 2, 4, 3, 5])?;
        let [down, along] = [rows.slide.size * counts[0], columns.slide.size * counts[1]];
        let matrices = apart.reshaped(&[batch, channels, Some(down), Some(along)])?;
        let left = targets(&x, rows.slide, counts[0], wholes[0])?.transposed()?;
        let right = targets(&x, columns.slide, counts[1], wholes[1])?;
        let whole = left.matmul(&matrices)?.matmul(&right)?;
        let inner = |x: &T, axis: usize, fold: &Fold, size: usize| {
            x.sliced(axis, Some(fold.padding as i64), Some((fold.padding + size) as i64))
        };
        Ok(vec![inner(&inner(&whole, 2, &rows, output[0])?, 3, &columns, output[1])?])
    }
}

/// Where each place of each position of a window lies along an axis: a row with a 1 for each.
fn targets<T: Term>(like: &T, slide: Slide, positions: usize, size: usize) -> Result<T> {
    like.constant(&[slide.size * positions, size], || {
        let mut values = vec![0.0; slide.size * positions * size];
        for row in 0..slide.size * positions {
            values[row * size + row % positions * slide.stride + row / positions * slide.dilation] = 1.0;
        }
        values
    })
}

/// `depth_to_space(x, block_size, data_format)`: channels as pixels of a block; and `space_to_depth`.
#[derive(Clone, Copy)]
pub(crate) enum Blocks {
    DepthToSpace,
    SpaceToDepth,
}

impl Formula for Blocks {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        let block = call.size("block_size")?.unwrap_or(1);
        let format = call.data_format()?;
        let axes = format.split(&Shape::new(x.lengths()), 2)?;
        let uneven = |expected: String| {
            Error::shape("the blocks do not divide the tensor")
                .received(format!("block_size = {block} for {}", Shape::new(x.lengths())))
                .expected(expected)
                .hint("choose another block_size, or pad the images")
        };
        let (batch, channels, height, width) = (axes.batch, axes.channels, axes.spatial[0], axes.spatial[1]);
        let side = Some(block);
        let area = block.saturating_mul(block);
        let last = format == DataFormat::ChannelsLast;
        let (parts, order, output) = match self {
            Self::DepthToSpace => {
                if channels.is_some_and(|channels| !channels.is_multiple_of(area)) {
                    return Err(uneven(format!("a number of channels that {area} divides")));
                }
                let left = channels.map(|channels| channels / area);
                let [tall, wide] = [height, width].map(|size| size.map(|size| size.saturating_mul(block)));
                match last {
                    true => ([batch, height, width, side, side, left], [0, 1, 3, 2, 4, 5], [batch, tall, wide, left]),
                    false => ([batch, left, side, side, height, width], [0, 1, 4, 2, 5, 3], [batch, left, tall, wide]),
                }
            }
            Self::SpaceToDepth => {
                if [height, width].iter().flatten().any(|size| !size.is_multiple_of(block)) {
                    return Err(uneven(format!("a height and a width that {block} divides")));
                }
                let whole = channels.map(|channels| channels.saturating_mul(area));
                let [rows, columns] = [height, width].map(|size| size.map(|size| size / block));
                match last {
                    true => (
                        [batch, rows, side, columns, side, channels],
                        [0, 1, 3, 2, 4, 5],
                        [batch, rows, columns, whole],
                    ),
                    false => (
                        [batch, channels, rows, side, columns, side],
                        [0, 1, 3, 5, 2, 4],
                        [batch, whole, rows, columns],
                    ),
                }
            }
        };
        Ok(vec![x.reshaped(&parts)?.permuted(&order)?.reshaped(&output)?])
    }
}

/// `extract_sequences(x, sequence_length, sequence_stride)`: parts of a signal as a new axis before the last.
pub(crate) struct ExtractSequences;

impl Formula for ExtractSequences {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        Ok(vec![frames(&x, call.required_size("sequence_length")?, call.required_size("sequence_stride")?)?])
    }
}

/// Parts of the last axis, each a stride after the one before.
pub(crate) fn frames<T: Term>(x: &T, size: usize, stride: usize) -> Result<T> {
    let rank = x.axis_count();
    let last = rank.checked_sub(1).ok_or_else(|| no_tensor("extract_sequences"))?;
    let found = windows(x, last, Slide { size, stride, dilation: 1 })?;
    found.transposed()
}

/// The sum of frames at their places: what `frames` took apart, added. In pieces as long as the stride: the first pieces of
/// all frames lie beside each other, the second ones too, one piece later, and so on.
pub(crate) fn overlapped<T: Term>(frames: &T, stride: usize) -> Result<T> {
    let axis = frames.axis_count() - 2;
    let (count, size) = (frames.length(axis)?, frames.length(axis + 1)?);
    let pieces = size.div_ceil(stride);
    let margins = |at: usize, margin: (usize, usize)| {
        let mut margins = vec![(0, 0); axis + 2];
        margins[at] = margin;
        margins
    };
    let whole = frames.padded(&margins(axis + 1, (0, pieces * stride - size)), "constant")?;
    let mut sum: Option<T> = None;
    for piece in 0..pieces {
        let start = (piece * stride) as i64;
        let own = whole.sliced(axis + 1, Some(start), Some(start + stride as i64))?;
        let own = own.padded(&margins(axis, (piece, pieces - 1 - piece)), "constant")?;
        sum = Some(match sum {
            Some(sum) => sum.plus(&own)?,
            None => own,
        });
    }
    let sum = sum.ok_or_else(|| no_tensor("istft"))?;
    let mut sizes = sum.lengths();
    sizes.truncate(axis);
    sizes.push(Some((count + pieces - 1) * stride));
    sum.reshaped(&sizes)?.sliced(axis, None, Some((count.saturating_sub(1) * stride + size) as i64))
}
