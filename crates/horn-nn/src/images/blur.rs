//! Images in which each pixel is a mean of those around it.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};

use crate::arguments::options::DataFormat;

/// Each channel, convolved with a kernel of odd sizes. Beyond the edges is nothing.
pub(crate) fn filtered(images: Tensor<4>, kernel: &[f32], sizes: [usize; 2], data_format: DataFormat) -> Tensor<4> {
    let images = match data_format {
        DataFormat::ChannelsLast => images.permute([0, 3, 1, 2]),
        DataFormat::ChannelsFirst => images,
    };
    let channels = images.dims()[1];
    let weights = TensorData::new(kernel.repeat(channels), [channels, 1, sizes[0], sizes[1]]);
    let weights = Tensor::<4>::from_data(weights, &images.device().without_autodiff());
    let options = ConvOptions::new([1, 1], sizes.map(|size| size / 2), [1, 1], channels);
    let filtered = conv2d(images, weights, None, options);
    match data_format {
        DataFormat::ChannelsLast => filtered.permute([0, 2, 3, 1]),
        DataFormat::ChannelsFirst => filtered,
    }
}

/// Images that are blurred by normal distributions along the width and the height.
pub(crate) fn blurred(images: Tensor<4>, sizes: [usize; 2], sigmas: [f32; 2], data_format: DataFormat) -> Tensor<4> {
    let [along, down] = [0, 1].map(|axis| bell(sizes[axis], sigmas[axis]));
    let kernel: Vec<f32> = down.iter().flat_map(|y| along.iter().map(move |x| y * x)).collect();
    filtered(images, &kernel, [sizes[1], sizes[0]], data_format)
}

/// Shares of a normal distribution.
fn bell(size: usize, sigma: f32) -> Vec<f32> {
    let middle = (size as f32 - 1.0) / 2.0;
    let heights: Vec<f32> = (0..size).map(|at| (-0.5 * ((at as f32 - middle) / sigma).powi(2)).exp()).collect();
    let sum: f32 = heights.iter().sum();
    heights.into_iter().map(|height| height / sum).collect()
}
