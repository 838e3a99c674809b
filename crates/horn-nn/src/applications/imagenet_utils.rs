//! How images are prepared for a network, and how networks halve them: Keras's `imagenet_utils`.

use ndarray::{Array, ArrayBase, Axis, Data, Dimension, RemoveAxis};

use crate::arguments::options::DataFormat;
use crate::data::host_array::{HostArray, HostElement};
use crate::error::{Error, Result};
use crate::graph::keras_tensor::KerasTensor;
use crate::tensor::shape::sizes;

/// The way in which pixels from 0 to 255 become what a network has learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Blue, green, red, each less its mean in ImageNet; for VGG16 and ResNet50.
    #[default]
    Caffe,
    /// From -1 to 1; for MobileNetV2.
    Tf,
    /// From 0 to 1, then each channel less its mean in ImageNet, divided by its standard deviation there.
    Torch,
}

/// The images of a batch, or a single one, prepared in this way. Pixels go from 0 to 255, and the channels are red,
/// green, blue.
///
/// ```
/// use horn_nn::applications::imagenet_utils::{Mode, preprocess_input};
/// use horn_nn::layers::DataFormat;
/// use ndarray::Array4;
///
/// let images = Array4::<u8>::from_elem((1, 2, 2, 3), 255);
/// let prepared = preprocess_input(&images, Mode::Tf, DataFormat::ChannelsLast)?;
/// assert_eq!(prepared[[0, 0, 0, 0]], 1.0);
/// # Ok::<(), horn_nn::Error>(())
/// ```
///
/// # Errors
///
/// Where the array has not 3 or 4 axes, or for a mode that knows the channels, not 3 of them.
pub fn preprocess_input<E: HostElement, S: Data<Elem = E>, D: Dimension + RemoveAxis>(
    images: &ArrayBase<S, D>,
    mode: Mode,
    data_format: DataFormat,
) -> Result<Array<f32, D>> {
    let rank = images.ndim();
    if !(3..=4).contains(&rank) {
        return Err(unfit(images.shape(), "3 axes for one image, 4 for a batch"));
    }
    let channels = match data_format {
        DataFormat::ChannelsLast => Axis(rank - 1),
        DataFormat::ChannelsFirst => Axis(rank - 3),
    };
    if mode != Mode::Tf && images.len_of(channels) != 3 {
        return Err(unfit(images.shape(), "3 channels: red, green, blue").received(images.len_of(channels)));
    }
    let mut prepared = floats(images)?;
    let each_channel = |prepared: &mut Array<f32, D>, means: [f32; 3], deviations: [f32; 3]| {
        let numbers = means.into_iter().zip(deviations);
        for (mut pixels, (mean, deviation)) in prepared.axis_iter_mut(channels).zip(numbers) {
            pixels.mapv_inplace(|pixel| (pixel - mean) / deviation);
        }
    };
    match mode {
        Mode::Tf => prepared.mapv_inplace(|pixel| pixel / 127.5 - 1.0),
        Mode::Torch => {
            prepared.mapv_inplace(|pixel| pixel / 255.0);
            each_channel(&mut prepared, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
        }
        Mode::Caffe => {
            prepared.invert_axis(channels);
            each_channel(&mut prepared, [103.939, 116.779, 123.68], [1.0; 3]);
        }
    }
    Ok(prepared.as_standard_layout().into_owned())
}

fn unfit(received: &[usize], expected: &str) -> Error {
    Error::data("these are no images")
        .at("preprocess_input")
        .received(sizes(received))
        .expected(expected)
        .hint("reshape them to [batch, height, width, channels], or give the other data format")
}

/// Any numbers as floats.
pub(crate) fn floats<E: HostElement, S: Data<Elem = E>, D: Dimension>(
    images: &ArrayBase<S, D>,
) -> Result<Array<f32, D>> {
    let host = HostArray::from(images);
    let all: Vec<usize> = (0..host.len()).collect();
    Ok(Array::from_shape_vec(images.raw_dim(), host.floats(&all)?).expect("there are as many floats as numbers"))
}

/// The zeros around an image for a convolution of stride 2 that halves it, rounding up: an even side gets one less at
/// its beginning. Where the height is unknown, Keras takes both for even.
pub(crate) fn halving_padding(images: &KerasTensor, kernel_size: usize) -> [(usize, usize); 2] {
    let height = images.shape().sizes()[1];
    let width = height.and(images.shape().sizes()[2]);
    let half = kernel_size / 2;
    [height, width].map(|side| (half - (1 - side.unwrap_or(0) % 2), half))
}
