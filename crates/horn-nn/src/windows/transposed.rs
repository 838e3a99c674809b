//! Transposed convolutions: how much of the whole output they leave out, and what they compute.

use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose1d, conv_transpose2d, conv_transpose3d};
use burn::tensor::ops::ConvTransposeOptions;
use horn_kernels::Slide;

use crate::arguments::options::Padding;
use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::any_tensor::{AnyTensor, unsupported_rank};
use crate::tensor::shape::Shape;
use crate::windows::convolution::at_least_one;
use crate::windows::layout::{Axes, known_channels};
use crate::windows::window::{Window, array};

/// A window, and what is left out of the whole output at both ends of each axis.
pub(crate) struct Crops {
    pub window: Window,
    pub crops: Vec<Crop>,
}

impl Crops {
    pub fn new(window: Window, filters: usize, output_padding: Option<Vec<usize>>) -> Result<Self> {
        window.check(false)?;
        window.check_strides_or_dilation()?;
        at_least_one("filters", filters)?;
        let excess = |padding: &Vec<usize>| padding.iter().zip(&window.strides).any(|(added, stride)| added >= stride);
        if let Some(padding) = output_padding.as_ref().filter(|padding| excess(padding)) {
            return Err(Error::argument("output_padding is as large as the strides")
                .received(format!(
                    "output_padding = {}, strides = {}",
                    crate::tensor::shape::sizes(padding),
                    crate::tensor::shape::sizes(&window.strides)
                ))
                .expected("less than the strides along each axis")
                .hint("leave out output_padding"));
        }
        let crop = |axis: usize| {
            let (reach, stride) = (window.reach(axis), window.strides[axis]);
            let added = output_padding.as_ref().map(|padding| padding[axis]);
            // Keras's rule: what an ordinary convolution over the spread input would be padded with, before and after.
            let (before, after) = match window.padding {
                Padding::Same => {
                    let total = match added {
                        None => stride + reach - 2,
                        Some(added) => reach + reach % 2 + added - 2,
                    };
                    let before = total.div_ceil(2).min(reach - 1);
                    (before, total - before)
                }
                _ => (reach - 1, reach - 1 + added.unwrap_or(stride.saturating_sub(reach))),
            };
            (reach - 1 - before, (reach - 1) as isize - after as isize)
        };
        let crops = (0..window.sizes.len()).map(crop).collect();
        Ok(Self { window, crops })
    }

    pub fn output_shape(&self, input: &Shape, filters: usize) -> Result<Shape> {
        let format = self.window.data_format;
        let Axes { batch, channels, spatial } = format.split(input, self.crops.len())?;
        known_channels(&Axes { batch, channels, spatial: Vec::new() }, input)?;
        let spatial = spatial.iter().enumerate().map(|(axis, size)| {
            let Some(size) = *size else { return Ok(None) };
            let whole = (size.saturating_sub(1) * self.window.strides[axis] + self.window.reach(axis)) as isize;
            let (begin, end) = self.crops[axis];
            match whole - begin as isize - end {
                output if size > 0 && output > 0 => Ok(Some(output as usize)),
                _ => Err(Error::shape("nothing is left of the output")
                    .received(input)
                    .expected("a larger input, or a larger kernel")
                    .hint("leave out `padding` or `output_padding`")),
            }
        });
        let spatial = spatial.collect::<Result<Vec<_>>>()?;
        Ok(format.join(Axes { batch, channels: Some(filters), spatial }))
    }
}

/// How much a transposed convolution leaves out of its whole output at the beginning and the end of an axis; a
/// negative number adds.
pub(crate) type Crop = (usize, isize);

/// The transposed convolution: kernels are `[channels, filters, …]`.
pub(crate) fn convolve_transposed(
    x: AnyTensor,
    kernel: AnyTensor,
    bias: Option<Tensor<1>>,
    window: &Window,
    crops: &[Crop],
) -> Result<AnyTensor> {
    // Burn leaves out the same at both ends, and adds at the end only.
    let begin: Vec<usize> = crops.iter().map(|&(begin, _)| begin).collect();
    let added: Vec<usize> = crops.iter().map(|&(begin, end)| (begin as isize - end).max(0) as usize).collect();
    let surplus: Vec<usize> = crops.iter().map(|&(begin, end)| (end - begin as isize).max(0) as usize).collect();
    let (strides, dilation) = (&window.strides, &window.dilation);
    macro_rules! transposed {
        ($operation:ident) => {{
            let options = ConvTransposeOptions::new(array(strides), array(&begin), array(&added), array(dilation), 1);
            Ok($operation(x.float()?, kernel.float()?, bias, options).into())
        }};
    }
    let y: Result<AnyTensor> = match x.rank() {
        3 => transposed!(conv_transpose1d),
        4 => transposed!(conv_transpose2d),
        5 => transposed!(conv_transpose3d),
        rank => Err(unsupported_rank(rank)),
    };
    if surplus.iter().all(|&surplus| surplus == 0) {
        return y;
    }
    by_rank!(y?, |y| {
        let shorter = |y: Tensor<_>, (axis, &surplus): (usize, &usize)| {
            let size = y.dims()[axis + 2];
            y.narrow(axis + 2, 0, size - surplus)
        };
        surplus.iter().enumerate().fold(y, shorter).into()
    })
}

/// The transposed convolution of `[batch, …, channels]` with a kernel of Keras's, where the backend has a fast way.
pub(crate) fn convolve_transposed_channels_last<const D: usize>(
    x: &AnyTensor,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    window: &Window,
    crops: &[Crop],
    relu: bool,
) -> Result<Option<AnyTensor>> {
    let x = x.clone().float::<D>()?;
    let spatial = &x.dims()[1..D - 1];
    let (mut slides, mut output) = (Vec::new(), Vec::new());
    for (axis, &(begin, end)) in crops.iter().enumerate() {
        let (size, stride, dilation) = (window.sizes[axis], window.strides[axis], window.dilation[axis]);
        slides.push(Slide { size, stride, dilation, padding: (begin, 0) });
        let whole = spatial[axis].saturating_sub(1) * stride + window.reach(axis);
        output.push((whole as isize - begin as isize - end).max(0) as usize);
    }
    let y = horn_kernels::conv_transpose(&x, kernel, bias, &slides, &output, relu);
    Ok(y.map(AnyTensor::from))
}
