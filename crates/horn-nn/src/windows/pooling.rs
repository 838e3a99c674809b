//! The poolings: in Keras's layout where the backend has a fast way, otherwise in Burn's.

use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Int, Tensor, TensorData};
use horn_kernels::{Pool, Pooling};

use crate::arguments::options::DataFormat;
use crate::by_rank;
use crate::error::Result;
use crate::tensor::any_tensor::AnyTensor;
use crate::windows::wide;
use crate::windows::window::{Window, known};

/// The window along one axis: its size, its stride, and the padding before and after the axis.
type Slide = (usize, usize, (usize, usize));

/// The window along a missing axis.
const STAY: Slide = (1, 1, (0, 0));

/// Pools over images in the layout of the window.
pub(crate) fn pool(x: AnyTensor, kind: Pool, window: &Window) -> Result<AnyTensor> {
    let format = window.data_format;
    if let Some(y) = wide::pool(&x, kind, window)? {
        return Ok(y);
    }
    if format == DataFormat::ChannelsLast
        && let Some(y) = slide_channels_last(&x, kind, window)?
    {
        return Ok(y);
    }
    format.channels_first_to_own(pool_channels_first(format.to_channels_first(x)?, kind, window)?)
}

/// Pools `[batch, …, channels]`, where the backend has a fast way.
pub(crate) fn slide_channels_last(x: &AnyTensor, kind: Pool, window: &Window) -> Result<Option<AnyTensor>> {
    let sizes = x.sizes();
    let spatial = &sizes[1..sizes.len() - 1];
    let slides = window.slides_that_see(spatial)?;
    let pooling = Pooling { kind, slides: &slides };
    by_rank!(x.clone(), |x| horn_kernels::pool(&x, pooling).map(AnyTensor::from))
}

/// Pools `[batch, channels, …]`.
///
/// Burn pools over at most two axes. A pooling over three axes is done over the last two axes, and then over the first:
/// the maximum of maxima is the maximum, and the number of values in a mean is a product over the axes.
fn pool_channels_first(x: AnyTensor, kind: Pool, window: &Window) -> Result<AnyTensor> {
    let sizes = x.sizes();
    let (ends, spatial) = sizes.split_at(2);
    let [batch, channels] = [ends[0], ends[1]];
    let outputs: Vec<usize> = window.outputs(&known(spatial))?.into_iter().flatten().collect();
    let window = window.that_sees(spatial);
    let paddings = window.paddings(spatial);
    let slide = |axis: usize| (window.sizes[axis], window.strides[axis], paddings[axis]);
    match *spatial {
        [steps] => {
            let y = pool_images(x.reshape(&[batch, channels, steps, 1])?, kind, [slide(0), STAY])?;
            y.reshape(&[batch, channels, outputs[0]])
        }
        [_, _] => pool_images(x, kind, [slide(0), slide(1)]),
        [depth, height, width] => {
            let slices = x.reshape(&[batch, channels * depth, height, width])?;
            let y = pool_images(slices, kind, [slide(1), slide(2)])?;
            let columns = y.reshape(&[batch, channels, depth, outputs[1] * outputs[2]])?;
            let y = pool_images(columns, kind, [slide(0), STAY])?;
            y.reshape(&[batch, channels, outputs[0], outputs[1], outputs[2]])
        }
        _ => Err(crate::tensor::any_tensor::unsupported_rank(sizes.len())),
    }
}

/// Pools over the last two of four axes. Padding counts as minus infinity for a maximum, and does not count for a mean.
fn pool_images(x: AnyTensor, kind: Pool, slides: [Slide; 2]) -> Result<AnyTensor> {
    let (sizes, strides) = (slides.map(|(size, ..)| size), slides.map(|(_, stride, _)| stride));
    let padding = slides.map(|(.., padding)| padding);
    let x = x.float::<4>()?;
    Ok(match kind {
        Pool::Max => max_pool2d(x, MaxPoolOptions { stride: strides, padding, ..MaxPoolOptions::new(sizes) }).into(),
        Pool::Average => {
            let options = AvgPoolOptions { stride: strides, padding, ..AvgPoolOptions::new(sizes) };
            avg_pool2d(x, AvgPoolOptions { count_include_pad: false, ..options }).into()
        }
    })
}

/// Pools so that each spatial axis has a given size, along one axis after the other.
pub(crate) fn pool_to(x: AnyTensor, sizes: &[usize], pool: Pool, format: DataFormat) -> Result<AnyTensor> {
    let x = format.to_channels_first(x)?;
    let mut axes = sizes.iter().enumerate();
    let y = axes.try_fold(x, |x, (axis, &outputs)| pool_along(x, axis + 2, outputs, pool))?;
    format.channels_first_to_own(y)
}

/// Pools along one axis: gathers all windows as rows of the same length, where the shorter ones repeat their last value.
fn pool_along(x: AnyTensor, axis: usize, outputs: usize, pool: Pool) -> Result<AnyTensor> {
    let mut sizes = x.sizes();
    let (before, size) = (sizes[..axis].iter().product(), sizes[axis]);
    let after = sizes[axis + 1..].iter().product();
    let windows: Vec<_> = (0..outputs).map(|i| (i * size / outputs, ((i + 1) * size).div_ceil(outputs))).collect();
    let longest = windows.iter().map(|(start, end)| end - start).max().unwrap_or(1);

    let x = x.reshape(&[before, size, after])?.float::<3>()?;
    let device = x.device().without_autodiff();
    let ints: Vec<i32> = windows
        .iter()
        .flat_map(|&(start, end)| (start..start + longest).map(move |at| at.min(end - 1) as i32))
        .collect();
    let at = Tensor::<1, Int>::from_data(TensorData::new(ints, [outputs * longest]), &device);
    let rows: Tensor<4> = x.select(1, at).reshape([before, outputs, longest, after]);
    let y = match pool {
        Pool::Max => rows.max_dim(2),
        Pool::Average => {
            // Repeated values do not count.
            let share = |&(start, end): &(usize, usize)| {
                (start..start + longest).map(move |at| if at < end { 1.0 / (end - start) as f32 } else { 0.0 })
            };
            let shares =
                TensorData::new(windows.iter().flat_map(share).collect::<Vec<f32>>(), [1, outputs, longest, 1]);
            (rows * Tensor::<4>::from_data(shares, &device)).sum_dim(2)
        }
    };
    sizes[axis] = outputs;
    AnyTensor::from(y).reshape(&sizes)
}
