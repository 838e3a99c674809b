//! The convolutions: in Keras's layout where the backend has a fast way, otherwise in Burn's.

use burn::tensor::Tensor;
use burn::tensor::module::{conv2d, conv3d};
use burn::tensor::ops::{ConvOptions, PadMode};
use horn_kernels::{Pool, Pooling};

use crate::error::{Error, Result};
use crate::tensor::any_tensor::{AnyTensor, unsupported_rank};
use crate::windows::window::{Window, array, known};

/// Refuses 0 where a layer needs at least one.
pub(crate) fn at_least_one(argument: &str, value: usize) -> Result<()> {
    if value > 0 {
        return Ok(());
    }
    Err(Error::argument(format!("{argument} can't be 0"))
        .received(format!("{argument} = 0"))
        .expected("at least 1")
        .hint(format!("leave out {argument}, or make it larger")))
}

/// Axes for Burn's kernels, in which the last two of Keras's come first, in the other order.
pub(crate) fn swapped_first<const D: usize>() -> [usize; D] {
    std::array::from_fn(|axis| if axis < 2 { D - 1 - axis } else { axis - 2 })
}

/// Axes for Burn's kernels, in which the last two of Keras's come first.
pub(crate) fn moved_first<const D: usize>() -> [usize; D] {
    std::array::from_fn(|axis| (axis + D - 2) % D)
}

/// The convolution of `[batch, …, channels]` with a kernel of Keras's, pooled by a window over its result if one is given,
/// where the backend has a fast way.
pub(crate) fn convolve_channels_last<const D: usize>(
    x: &AnyTensor,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    window: &Window,
    groups: usize,
    relu: bool,
    pooling: Option<(Pool, &Window)>,
) -> Result<Option<AnyTensor>> {
    let x = x.clone().float::<D>()?;
    let spatial = &x.dims()[1..D - 1];
    let outputs: Vec<usize> = window.outputs(&known(spatial))?.into_iter().flatten().collect();
    let pooled = match pooling {
        Some((kind, pool)) => Some((kind, pool.slides_that_see(&outputs)?)),
        None => None,
    };
    let pooling = pooled.as_ref().map(|(kind, slides)| Pooling { kind: *kind, slides });
    Ok(horn_kernels::conv(&x, kernel, bias, &window.slides(spatial), groups, relu, pooling).map(AnyTensor::from))
}

/// The convolution: kernels are `[filters, channels / groups, …]`.
pub(crate) fn convolve(
    x: AnyTensor,
    kernel: AnyTensor,
    bias: Option<Tensor<1>>,
    window: &Window,
    groups: usize,
) -> Result<AnyTensor> {
    let spatial = x.sizes()[2..].to_vec();
    window.outputs(&known(&spatial))?;
    let mut padding = window.paddings(&spatial);
    let (strides, dilation) = (&window.strides, &window.dilation);
    match x.rank() {
        3 => {
            // As an image of one row: the gradient of Burn's convolution in one dimension by the kernels of groups is
            // wrong where the strides leave something over at the end.
            let (x, kernel) = (x.float::<3>()?.unsqueeze_dim::<4>(2), kernel.float::<3>()?.unsqueeze_dim::<4>(2));
            let options =
                ConvOptions::new_with_padding([1, strides[0]], [(0, 0), padding[0]], [1, dilation[0]], groups);
            Ok(conv2d(x, kernel, bias, options).squeeze_dim::<3>(2).into())
        }
        4 => {
            let options = ConvOptions::new_with_padding(array(strides), array(&padding), array(dilation), groups);
            Ok(conv2d(x.float()?, kernel.float()?, bias, options).into())
        }
        5 => {
            let mut x = x.float::<5>()?;
            // Burn can't do this itself in three dimensions.
            if padding.iter().any(|(before, after)| before != after) {
                x = x.pad(array::<_, 3>(&padding), PadMode::Constant(0.0));
                padding = vec![(0, 0); 3];
            }
            let options = ConvOptions::new_with_padding(array(strides), array(&padding), array(dilation), groups);
            Ok(conv3d(x, kernel.float()?, bias, options).into())
        }
        rank => Err(unsupported_rank(rank)),
    }
}

/// The depthwise convolution of `[batch, …, channels]`, where the backend has a fast way.
pub(crate) fn depthwise_channels_last<const D: usize>(
    x: &AnyTensor,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    window: &Window,
    relu: bool,
) -> Result<Option<AnyTensor>> {
    let x = x.clone().float::<D>()?;
    let spatial = &x.dims()[1..D - 1];
    window.outputs(&known(spatial))?;
    Ok(horn_kernels::depthwise_conv(&x, kernel, bias, &window.slides(spatial), relu).map(AnyTensor::from))
}

/// The depthwise convolution: every channel is a group.
pub(crate) fn depthwise<const D: usize>(
    x: AnyTensor,
    kernel: Tensor<D>,
    bias: Option<Tensor<1>>,
    window: &Window,
) -> Result<AnyTensor> {
    let mut sizes = kernel.dims();
    let channels = sizes[D - 2];
    let outputs = channels * sizes[D - 1];
    sizes.rotate_right(2);
    sizes[0] = outputs;
    sizes[1] = 1;
    convolve(x, kernel.permute(moved_first()).reshape(sizes).into(), bias, window, channels)
}
