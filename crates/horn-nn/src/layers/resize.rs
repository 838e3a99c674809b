//! Resizing images.

use std::f64::consts::PI;

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::arguments::options::Interpolation;
use crate::error::Result;
use crate::images::resampling::{self, Filter};
use crate::tensor::any_tensor::AnyTensor;

/// Resizes an axis. The centres of the border pixels are half a pixel from the edges. Weights beyond the edges are dropped,
/// and the others are normalized.
///
/// The weights of a cubic convolution may be those of TensorFlow's table, [in steps](Filter::in_steps).
pub(crate) fn resize_axis(
    x: AnyTensor,
    axis: usize,
    size: usize,
    interpolation: Interpolation,
    in_steps: bool,
) -> Result<AnyTensor> {
    let mut sizes = x.sizes();
    let from = sizes[axis];
    if from == size {
        return Ok(x);
    }
    let (before, after) = (sizes[..axis].iter().product::<usize>(), sizes[axis + 1..].iter().product::<usize>());
    sizes[axis] = size;
    let weights = match in_steps && interpolation == Interpolation::Bicubic {
        true => {
            let filter = Filter { interpolation, antialias: false, in_steps };
            Tensor::from_data(TensorData::new(resampling::weights(from, size, filter), [size, from]), &x.device())
        }
        false => weights(from, size, interpolation, &x.device()),
    };
    let resized: AnyTensor = if after == 1 {
        x.reshape(&[before, from])?.float::<2>()?.matmul(weights.transpose()).into()
    } else {
        weights.unsqueeze::<3>().matmul(x.reshape(&[before, from, after])?.float::<3>()?).into()
    };
    resized.reshape(&sizes)
}

/// The weights of the old pixels, the columns, in the new pixels, the rows.
fn weights(from: usize, to: usize, interpolation: Interpolation, device: &Device) -> Tensor<2> {
    let steps = |size: usize| Tensor::<1, Int>::arange(0..size as i64, device).float();
    let places = (steps(to) + 0.5) * (from as f64 / to as f64) - 0.5;
    if interpolation == Interpolation::Nearest {
        let nearest: Tensor<2> = (places + 0.5).floor().unsqueeze_dim(1);
        return nearest.expand([to, from]).equal(steps(from).unsqueeze_dim::<2>(0).expand([to, from])).float();
    }
    let distances = (places.unsqueeze_dim::<2>(1) - steps(from).unsqueeze_dim::<2>(0)).abs();
    let weights = match interpolation {
        Interpolation::Nearest | Interpolation::Bilinear => (distances.neg() + 1.0).clamp_min(0.0),
        Interpolation::Bicubic => cubic(distances),
        Interpolation::Lanczos3 => lanczos(distances, 3.0),
        Interpolation::Lanczos5 => lanczos(distances, 5.0),
    };
    let sums = weights.clone().sum_dim(1);
    weights / sums
}

/// Keys's cubic convolution with `a = −1/2`.
fn cubic(x: Tensor<2>) -> Tensor<2> {
    let near = ((x.clone() * 1.5 - 2.5) * x.clone()) * x.clone() + 1.0;
    let far = ((x.clone() * -0.5 + 2.5) * x.clone() - 4.0) * x.clone() + 2.0;
    let is_far = x.clone().greater_equal_elem(1.0);
    near.mask_where(is_far, far).mask_fill(x.greater_equal_elem(2.0), 0.0)
}

/// `sinc(x) · sinc(x / radius)` up to the radius.
fn lanczos(x: Tensor<2>, radius: f64) -> Tensor<2> {
    let at_pixel = x.clone().lower_equal_elem(1e-3);
    let beyond = x.clone().greater_elem(radius);
    let angle = x.mask_fill(at_pixel.clone(), 1.0) * PI;
    let waves = angle.clone().sin() * (angle.clone() / radius).sin() * radius;
    (waves / (angle.clone() * angle)).mask_fill(at_pixel, 1.0).mask_fill(beyond, 0.0)
}
