//! Preprocessing of images, and padding for networks that halve them: Keras's `imagenet_utils`.

use ndarray::{Array, ArrayBase, Axis, Data, Dimension, RemoveAxis};

use crate::arguments::options::DataFormat;
use crate::data::elements::HostElement;
use crate::data::host_array::HostArray;
use crate::error::{Error, Result};
use crate::graph::keras_tensor::KerasTensor;
use crate::tensor::shape::sizes;

/// How pixels from 0 to 255 are scaled to the values that a network was trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Channels in the order blue, green, red, minus their ImageNet means; for VGG16 and ResNet50.
    #[default]
    Caffe,
    /// From -1 to 1; for MobileNetV2.
    Tf,
    /// From 0 to 1, then minus the ImageNet mean of each channel and divided by its standard deviation.
    Torch,
}

/// Preprocesses a batch of images or a single one. Pixels are from 0 to 255, and the channels are red, green and blue.
///
/// ```
/// use horn::applications::imagenet_utils::{Mode, preprocess_input};
/// use horn::layers::DataFormat;
/// use ndarray::Array4;
///
/// let images = Array4::<u8>::from_elem((1, 2, 2, 3), 255);
/// let prepared = preprocess_input(&images, Mode::Tf, DataFormat::ChannelsLast)?;
/// assert_eq!(prepared[[0, 0, 0, 0]], 1.0);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the array does not have 3 or 4 axes, or does not have 3 channels in a mode with values for each channel.
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
    Error::data("the array is not a valid image or batch of images")
        .at("preprocess_input")
        .received(sizes(received))
        .expected(expected)
        .hint("reshape them to [batch, height, width, channels], or give the other data format")
}

/// Converts numbers to floats.
pub(crate) fn floats<E: HostElement, S: Data<Elem = E>, D: Dimension>(
    images: &ArrayBase<S, D>,
) -> Result<Array<f32, D>> {
    let host = HostArray::from(images);
    let all: Vec<usize> = (0..host.len()).collect();
    Ok(Array::from_shape_vec(images.raw_dim(), host.floats(&all)?).expect("the conversion keeps the number of values"))
}

/// The padding of an image for a convolution with stride 2 that halves its sides, rounded up: one less at the start of an
/// even side. If the height is unknown, Keras assumes that both sides are even.
pub(crate) fn halving_padding(images: &KerasTensor, kernel_size: usize) -> [(usize, usize); 2] {
    let height = images.shape().sizes()[1];
    let width = height.and(images.shape().sizes()[2]);
    let half = kernel_size / 2;
    [height, width].map(|side| (half - (1 - side.unwrap_or(0) % 2), half))
}
