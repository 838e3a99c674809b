//! Images of another size: one small matrix for the height, and one for the width.

use std::f64::consts::PI;

use burn::tensor::{Device, Tensor, TensorData};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::images::pixels::spatial_axes;
use crate::memory;

/// Which part of an axis is taken. It may begin before the axis and end after it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first place.
    pub start: isize,
    /// How many places there are.
    pub len: usize,
}

impl Window {
    /// All of an axis.
    pub fn all(len: usize) -> Self {
        Self { start: 0, len }
    }
}

/// How new pixels are made of old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter {
    pub interpolation: Interpolation,
    /// Does an old pixel that is smaller than the new ones count as far as they reach?
    pub antialias: bool,
    /// Are the weights of a cubic convolution those of a table of 1024 places between two pixels, as in TensorFlow, and so
    /// in Keras 2?
    pub in_steps: bool,
}

impl Filter {
    /// The means of two pixels along each axis.
    pub const LINEAR: Self = Self { interpolation: Interpolation::Bilinear, antialias: false, in_steps: false };
}

/// How images change their size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resampling {
    data_format: DataFormat,
    size: [usize; 2],
    axes: [Option<Axis>; 2],
}

impl Resampling {
    /// From images of one size to those of another, each axis through its window.
    pub fn new(
        data_format: DataFormat,
        from: [usize; 2],
        windows: [Window; 2],
        to: [usize; 2],
        filter: Filter,
    ) -> Self {
        let axis = |at: usize| Axis::new(from[at], windows[at], to[at], filter);
        Self { data_format, size: from, axes: [axis(0), axis(1)] }
    }

    /// How many steps it takes to make the matrices for these windows.
    pub fn cost(from: [usize; 2], windows: [Window; 2], to: [usize; 2]) -> usize {
        let of_axis = |axis: usize| to[axis].saturating_mul(from[axis].max(windows[axis].len));
        of_axis(0).saturating_add(of_axis(1))
    }

    /// How many values there are in the matrices, which are held twice while one is uploaded, and in the images between the
    /// two products; the sizes are those of the images.
    pub fn workspace(data_format: DataFormat, images: &[usize], windows: [Window; 2], to: [usize; 2]) -> u64 {
        let [height, width] = spatial_axes(data_format);
        let matrices = Self::cost([images[height], images[width]], windows, to) as u64;
        let mut between = images.to_vec();
        between[height] = to[0];
        matrices.saturating_mul(3).saturating_add(memory::values(&between).saturating_mul(2))
    }

    /// Is it for images of this size?
    pub fn takes(&self, size: [usize; 2]) -> bool {
        self.size == size
    }

    /// The images in their new size; what comes from beyond them has this value.
    pub fn run(&self, mut images: Tensor<4>, fill_value: f64) -> Tensor<4> {
        for (at, axis) in spatial_axes(self.data_format).into_iter().zip(&self.axes) {
            if let Some(axis) = axis {
                images = axis.run(images, at, fill_value);
            }
        }
        images
    }
}

/// How much of each old pixel, a column, is in each new one, a row, and how much of each new one comes from beyond.
#[derive(Debug, Clone, PartialEq)]
struct Axis {
    sizes: [usize; 2],
    weights: Vec<f32>,
    beyond: Vec<f32>,
}

impl Axis {
    /// None where nothing changes.
    fn new(from: usize, window: Window, to: usize, filter: Filter) -> Option<Self> {
        (window != Window::all(from) || from != to).then(|| Self::weighted(from, window, to, filter))
    }

    fn weighted(from: usize, window: Window, to: usize, filter: Filter) -> Self {
        let mut axis = Self { sizes: [to, from], weights: vec![0.0; to * from], beyond: vec![0.0; to] };
        for row in 0..to {
            for (at, weight) in shares(row, window.len, to, filter) {
                match usize::try_from(window.start + at as isize) {
                    Ok(column) if column < from => axis.weights[row * from + column] = weight as f32,
                    _ => axis.beyond[row] += weight as f32,
                }
            }
        }
        axis
    }

    fn run(&self, images: Tensor<4>, at: usize, fill_value: f64) -> Tensor<4> {
        let [to, from] = self.sizes;
        let device = images.device();
        let mut sizes = images.dims();
        let (before, after) = (sizes[..at].iter().product::<usize>(), sizes[at + 1..].iter().product::<usize>());
        sizes[at] = to;
        let weights: Tensor<2> = upload(&self.weights, [to, from], &device);
        let resized: Tensor<4> = if after == 1 {
            images.reshape([before, from]).matmul(weights.transpose()).reshape(sizes)
        } else {
            weights.unsqueeze::<3>().matmul(images.reshape([before, from, after])).reshape(sizes)
        };
        if fill_value == 0.0 || self.beyond.iter().all(|share| *share == 0.0) {
            return resized;
        }
        let mut along = [1; 4];
        along[at] = to;
        resized + upload::<4>(&self.beyond, along, &device) * fill_value
    }
}

fn upload<const D: usize>(values: &[f32], sizes: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), sizes), &device.clone().without_autodiff())
}

/// The old pixels in one new pixel, and how much of each. The pixels' centres lie half a pixel from the edges; beyond
/// the edges there is nothing, and what is there counts for more.
fn shares(row: usize, from: usize, to: usize, filter: Filter) -> Vec<(usize, f64)> {
    let Filter { interpolation, antialias, in_steps } = filter;
    if interpolation == Interpolation::Nearest {
        // In single precision, as the place of a pixel may lie exactly between two.
        let nearest = ((row as f32 + 0.5) * from as f32 / to as f32).floor() as usize;
        return vec![(nearest.min(from - 1), 1.0)];
    }
    if in_steps && interpolation == Interpolation::Bicubic && !antialias {
        return shares_at(place_in_steps(row, from, to), 1.0, from, interpolation);
    }
    let step = from as f64 / to as f64;
    let place = (row as f64 + 0.5) * step - 0.5;
    shares_at(place, if antialias { step.max(1.0) } else { 1.0 }, from, interpolation)
}

/// The place of a new pixel among the old ones, as TensorFlow finds it for a cubic convolution: in single precision, and in
/// steps of 1024 between two pixels.
#[doc(hidden)]
pub fn place_in_steps(row: usize, from: usize, to: usize) -> f64 {
    let place = (row as f32 + 0.5) * (from as f32 / to as f32) - 0.5;
    f64::from(place.floor()) + f64::from((place - place.floor()) * 1024.0).round_ties_even() / 1024.0
}

/// The weights of the old pixels, the columns, in the new ones, the rows, of a whole axis.
pub(crate) fn weights(from: usize, to: usize, filter: Filter) -> Vec<f32> {
    Axis::weighted(from, Window::all(from), to, filter).weights
}

/// The pixels of a row of `from` that count at a place, which is 0.0 in the centre of the first, and how much of each. A
/// pixel that is `width` times as wide counts at as many times the distance.
#[doc(hidden)]
pub fn shares_at(place: f64, width: f64, from: usize, interpolation: Interpolation) -> Vec<(usize, f64)> {
    let reach = width * radius(interpolation);
    let first = (place - reach).floor().max(0.0) as usize;
    let end = from.min((place + reach).ceil().max(0.0) as usize + 1);
    let share = |at: usize| kernel((place - at as f64).abs() / width, interpolation);
    let shares: Vec<(usize, f64)> = (first..end).map(|at| (at, share(at))).filter(|(_, share)| *share != 0.0).collect();
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    // Far from all pixels there is nothing that could count for more.
    if sum.abs() < 1e3 * f64::from(f32::EPSILON) {
        return Vec::new();
    }
    shares.into_iter().map(|(at, share)| (at, share / sum)).collect()
}

/// The distance beyond which pixels do not count.
fn radius(interpolation: Interpolation) -> f64 {
    match interpolation {
        Interpolation::Nearest | Interpolation::Bilinear => 1.0,
        Interpolation::Bicubic => 2.0,
        Interpolation::Lanczos3 => 3.0,
        Interpolation::Lanczos5 => 5.0,
    }
}

/// How much a pixel counts at a distance.
fn kernel(x: f64, interpolation: Interpolation) -> f64 {
    match interpolation {
        Interpolation::Nearest => f64::from(x < 0.5),
        Interpolation::Bilinear => (1.0 - x).max(0.0),
        Interpolation::Bicubic => cubic(x),
        Interpolation::Lanczos3 => lanczos(x, 3.0),
        Interpolation::Lanczos5 => lanczos(x, 5.0),
    }
}

/// Cubic convolution (Keys, 1981) with `a = −1/2`.
fn cubic(x: f64) -> f64 {
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

/// `sinc(x) · sinc(x / radius)` up to the radius.
fn lanczos(x: f64, radius: f64) -> f64 {
    if x > radius {
        return 0.0;
    }
    if x <= 1e-3 {
        return 1.0;
    }
    let angle = PI * x;
    radius * angle.sin() * (angle / radius).sin() / (angle * angle)
}

/// The largest part in the middle of an image of one size that has the shape of the other.
#[doc(hidden)]
pub fn crop_windows(from: [usize; 2], to: [usize; 2]) -> [Window; 2] {
    [0, 1].map(|axis| {
        let len = proportional(from, to, axis).clamp(1, from[axis]);
        Window { start: ((from[axis] - len) / 2) as isize, len }
    })
}

/// The smallest frame around an image of one size that has the shape of the other. It is padded on one axis only.
pub(crate) fn pad_windows(from: [usize; 2], to: [usize; 2]) -> [Window; 2] {
    let pads = [0, 1].map(|axis| proportional(from, to, axis).saturating_sub(from[axis]) / 2);
    let pads = if pads[0] > 0 { [pads[0], 0] } else { pads };
    [0, 1].map(|axis| Window { start: -(pads[axis] as isize), len: from[axis] + 2 * pads[axis] })
}

/// How long an axis would be, given the other one, in the proportions of `to`.
fn proportional(from: [usize; 2], to: [usize; 2], axis: usize) -> usize {
    ((from[1 - axis] * to[axis]) as f64 / to[1 - axis] as f64) as usize
}
