//! Pooling: a row of channels at a time, without a tensor of indices.

use std::ops::Range;

use burn::backend::flex::FlexTensor;
use burn::tensor::{Shape, Tensor};

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{Scratch, tensor, values};
use crate::flex::convolution::windows::Windows;
use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};
use crate::types::pooling::{Pool, Pooling};
use crate::types::slide::Slide;

pub(crate) fn pool<const D: usize>(x: &Tensor<D>, pooling: Pooling) -> Option<Tensor<D>> {
    Some(Pools::new(&x.dims(), pooling)?.run([operand(x)?]))
}

/// A pooling over images of some sizes.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    windows: Windows,
    kind: Pool,
}

impl Kernel<1> for Pools {
    /// For a maximum, the input and the result.
    type Saved = Option<(FlexTensor, FlexTensor)>;

    fn forward(&self, [x]: [FlexTensor; 1], _: bool) -> (FlexTensor, Option<Self::Saved>) {
        let y = tensor(self.output_shape(), |y| self.forward(values(&x), y));
        let saved = (self.kind == Pool::Max).then(|| (x, y.clone()));
        (y, Some(saved))
    }

    fn backward(&self, saved: Self::Saved, gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let saved = saved.as_ref().map(|(x, y)| (values(x), values(y)));
        [Some(tensor(self.windows.input_shape(), |by_x| self.backward(saved, values(&gradient), by_x)))]
    }
}

impl Pools {
    /// The pooling over images of this shape, if each window sees something.
    pub(crate) fn new(shape: &[usize], Pooling { kind, slides }: Pooling) -> Option<Self> {
        let windows = Windows::new(shape, slides)?;
        let sees_something = (0..3).all(|axis| {
            windows.slides[axis].dilation == 1
                && [0, windows.output[axis] - 1].iter().all(|&position| !windows.seen(axis, position).is_empty())
        });
        sees_something.then_some(Self { windows, kind })
    }

    /// The same pooling over images without the last pixels, where no window sees these.
    pub(crate) fn cropped(mut self) -> Self {
        for axis in 0..3 {
            self.windows.input[axis] = self.windows.seen(axis, self.windows.output[axis] - 1).end;
        }
        self
    }

    /// The sizes of an image.
    pub(crate) fn input(&self) -> [usize; 3] {
        self.windows.input
    }

    pub(crate) fn samples(&self) -> usize {
        self.windows.samples
    }

    /// How many values the result for an image has.
    pub(crate) fn outputs(&self) -> usize {
        self.windows.outputs() * self.windows.channels
    }

    pub(crate) fn output_shape(&self) -> Shape {
        self.windows.output_shape(self.windows.channels)
    }

    /// Writes the result for one image.
    pub(crate) fn image(&self, x: &[f32], y: &mut [f32]) {
        let [depth, height, _] = self.windows.output;
        self.rows(x, 0..depth * height, y);
    }

    /// Do windows of 2 × 2 lie side by side over the image?
    fn is_of_pairs(&self) -> bool {
        let pair = |axis: usize| matches!(self.windows.slides[axis], Slide { size: 2, stride: 2, padding: (0, 0), .. });
        self.windows.slides[0].size == 1 && self.windows.input[0] == 1 && pair(1) && pair(2)
    }

    fn forward(&self, x: &[f32], y: &mut [f32]) {
        let [depth, height, width] = self.windows.output;
        let row_len = width * self.windows.channels;
        let shared = Shared::new(y);
        split_if(x.len() >= WORTH_A_THREAD, self.windows.samples * depth * height, |_, rows| {
            // SAFETY: the rows of the threads do not overlap.
            let y = unsafe { shared.slice(rows.start * row_len..rows.end * row_len) };
            self.rows(x, rows, y);
        });
    }

    /// Writes some rows of the results, counted over all images.
    fn rows(&self, x: &[f32], rows: Range<usize>, y: &mut [f32]) {
        if y.is_empty() {
            return;
        }
        let windows = &self.windows;
        let (channels, [depth, height, width]) = (windows.channels, windows.output);
        let pairs = self.kind == Pool::Max && self.is_of_pairs();
        let mut part = Scratch::new(channels);
        vectorize(
            #[inline(always)]
            || {
                for (row, y) in rows.clone().zip(y.chunks_exact_mut(width * channels)) {
                    let image = &x[row / (depth * height) * windows.inputs() * channels..];
                    let position = [row / height % depth, row % height];
                    match self.kind {
                        Pool::Max if pairs => self.largest_of_pairs(image, position[1], y),
                        Pool::Max => self.largest(image, position, y),
                        Pool::Average => self.mean(image, position, y, part.values()),
                    }
                }
            },
        );
    }

    /// The row at this depth and height.
    #[inline(always)]
    fn largest(&self, image: &[f32], position: [usize; 2], y: &mut [f32]) {
        for (column, y) in y.chunks_exact_mut(self.windows.channels).enumerate() {
            let mut first = true;
            self.each_pixel([position[0], position[1], column], |start| {
                let pixel = &image[start..][..y.len()];
                if first {
                    y.copy_from_slice(pixel);
                    first = false;
                } else {
                    for (y, x) in y.iter_mut().zip(pixel) {
                        *y = larger(*y, *x);
                    }
                }
            });
        }
    }

    #[inline(always)]
    fn largest_of_pairs(&self, image: &[f32], row: usize, y: &mut [f32]) {
        let channels = self.windows.channels;
        let row_len = self.windows.input[2] * channels;
        let (top, bottom) = (&image[2 * row * row_len..][..row_len], &image[(2 * row + 1) * row_len..][..row_len]);
        let pairs = top.chunks_exact(2 * channels).zip(bottom.chunks_exact(2 * channels));
        for (y, (top, bottom)) in y.chunks_exact_mut(channels).zip(pairs) {
            let ((a, b), (c, d)) = (top.split_at(channels), bottom.split_at(channels));
            for ((((y, a), b), c), d) in y.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *y = larger(larger(*a, *b), larger(*c, *d));
            }
        }
    }

    #[inline(always)]
    fn mean(&self, image: &[f32], position: [usize; 2], y: &mut [f32], part: &mut [f32]) {
        let in_parts = self.windows.slides.iter().map(|slide| slide.size).product::<usize>() > PART;
        for (column, y) in y.chunks_exact_mut(self.windows.channels).enumerate() {
            y.fill(0.0);
            let mut seen = 0;
            if in_parts {
                part.fill(0.0);
                self.each_pixel([position[0], position[1], column], |start| {
                    add(part, &image[start..]);
                    seen += 1;
                    if seen % PART == 0 {
                        add(y, part);
                        part.fill(0.0);
                    }
                });
                add(y, part);
            } else {
                seen = self.each_pixel([position[0], position[1], column], |start| add(y, &image[start..]));
            }
            let seen = seen as f32;
            y.iter_mut().for_each(|y| *y /= seen);
        }
    }

    fn backward(&self, saved: Option<(&[f32], &[f32])>, gradient: &[f32], by_x: &mut [f32]) {
        let windows = &self.windows;
        let (inputs, outputs) = (windows.inputs() * windows.channels, windows.outputs() * windows.channels);
        let pairs = self.is_of_pairs();
        let shared = Shared::new(by_x);
        split_if(inputs * windows.samples >= WORTH_A_THREAD, windows.samples, |_, samples| {
            let mut rest = Scratch::new(windows.channels);
            for sample in samples {
                // SAFETY: each sample is of one thread.
                let by_x = unsafe { shared.slice(sample * inputs..(sample + 1) * inputs) };
                let of_sample = |y| -> &[f32] { &<[f32]>::as_ref(y)[sample * outputs..][..outputs] };
                let gradient = of_sample(gradient);
                vectorize(
                    #[inline(always)]
                    || match saved {
                        Some((x, y)) => {
                            let (x, y) = (&x[sample * inputs..][..inputs], of_sample(y));
                            if pairs {
                                self.to_largest_of_pairs(x, y, gradient, by_x);
                            } else {
                                self.to_largest(x, y, gradient, by_x, rest.values());
                            }
                        }
                        None => self.to_all(gradient, by_x, rest.values()),
                    },
                );
            }
        });
    }

    /// Each gradient goes to the first of the largest values. `rest` holds what has not found its place yet.
    #[inline(always)]
    fn to_largest(&self, x: &[f32], y: &[f32], gradient: &[f32], by_x: &mut [f32], rest: &mut [f32]) {
        by_x.fill(0.0);
        let channels = rest.len();
        self.each_position(|at, position| {
            let y = &y[at * channels..][..channels];
            rest.copy_from_slice(&gradient[at * channels..][..channels]);
            self.each_pixel(position, |start| {
                let pixels = by_x[start..][..channels].iter_mut().zip(&x[start..][..channels]);
                for (((by_x, x), y), rest) in pixels.zip(y).zip(rest.iter_mut()) {
                    *by_x += take(is_largest(*x, *y), rest);
                }
            });
        });
    }

    #[inline(always)]
    fn to_largest_of_pairs(&self, x: &[f32], y: &[f32], gradient: &[f32], by_x: &mut [f32]) {
        let (channels, [_, _, width], [_, outputs, columns]) =
            (self.windows.channels, self.windows.input, self.windows.output);
        let (row_len, paired) = (width * channels, 2 * columns * channels);
        if row_len == 0 {
            return;
        }
        by_x[2 * outputs * row_len..].fill(0.0);
        let rows = x.chunks_exact(2 * row_len).zip(by_x.chunks_exact_mut(2 * row_len));
        let results = y.chunks_exact(columns * channels).zip(gradient.chunks_exact(columns * channels));
        for ((x, by_x), (y, gradient)) in rows.zip(results) {
            let ((top, bottom), (to_top, to_bottom)) = (x.split_at(row_len), by_x.split_at_mut(row_len));
            to_top[paired..].fill(0.0);
            to_bottom[paired..].fill(0.0);
            let to = to_top.chunks_exact_mut(2 * channels).zip(to_bottom.chunks_exact_mut(2 * channels));
            let from = top.chunks_exact(2 * channels).zip(bottom.chunks_exact(2 * channels));
            let results = y.chunks_exact(channels).zip(gradient.chunks_exact(channels));
            for (((to_top, to_bottom), (top, bottom)), (y, gradient)) in to.zip(from).zip(results) {
                let ((to_a, to_b), (to_c, to_d)) = (to_top.split_at_mut(channels), to_bottom.split_at_mut(channels));
                let ((a, b), c) = (top.split_at(channels), &bottom[..channels]);
                let (b, to_b, to_d) = (&b[..channels], &mut to_b[..channels], &mut to_d[..channels]);
                let (y, gradient) = (&y[..channels], &gradient[..channels]);
                for at in 0..channels {
                    let mut rest = gradient[at];
                    to_a[at] = take(is_largest(a[at], y[at]), &mut rest);
                    to_b[at] = take(is_largest(b[at], y[at]), &mut rest);
                    to_c[at] = take(is_largest(c[at], y[at]), &mut rest);
                    to_d[at] = rest;
                }
            }
        }
    }

    /// Each gradient is shared by all values that the window saw.
    #[inline(always)]
    fn to_all(&self, gradient: &[f32], by_x: &mut [f32], share: &mut [f32]) {
        by_x.fill(0.0);
        let channels = share.len();
        self.each_position(|at, position| {
            let count = self.each_pixel(position, |_| {}) as f32;
            for (share, gradient) in share.iter_mut().zip(&gradient[at * channels..]) {
                *share = gradient / count;
            }
            self.each_pixel(position, |start| add(&mut by_x[start..], share));
        });
    }

    /// Calls a function with the number of each position of the window, and where it is.
    #[inline(always)]
    fn each_position(&self, mut call: impl FnMut(usize, [usize; 3])) {
        let [depth, height, width] = self.windows.output;
        for at in 0..depth * height * width {
            call(at, [at / (height * width), at / width % height, at % width]);
        }
    }

    /// Calls a function with where each pixel under the window begins, and counts them.
    #[inline(always)]
    fn each_pixel(&self, position: [usize; 3], mut call: impl FnMut(usize)) -> usize {
        let [depths, rows, columns] = [0, 1, 2].map(
            #[inline(always)]
            |axis| self.windows.seen(axis, position[axis]),
        );
        let [_, height, width] = self.windows.input;
        for depth in depths.clone() {
            for row in rows.clone() {
                for column in columns.clone() {
                    call(((depth * height + row) * width + column) * self.windows.channels);
                }
            }
        }
        depths.len() * rows.len() * columns.len()
    }
}

/// Sums of many numbers are made of sums of so many, which loses less.
const PART: usize = 64;

#[inline(always)]
fn add(sums: &mut [f32], values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

/// The larger number, or NaN if one of them is.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// All that is left, if it belongs here.
#[inline(always)]
fn take(here: bool, rest: &mut f32) -> f32 {
    let taken = if here { *rest } else { 0.0 };
    *rest = if here { 0.0 } else { *rest };
    taken
}

/// Is a value the largest one? If that is NaN, all are.
#[inline(always)]
fn is_largest(x: f32, largest: f32) -> bool {
    x >= largest || largest.is_nan()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, same};
    use burn::tensor::Device;
    use burn::tensor::module::{avg_pool2d, max_pool2d};
    use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
    use proptest::prelude::*;

    fn slide(size: usize, stride: usize, padding: (usize, usize)) -> Slide {
        Slide { size, stride, dilation: 1, padding }
    }

    fn pool<const D: usize>(x: &Tensor<D>, slides: &[Slide], kind: Pool) -> Option<Tensor<D>> {
        super::pool(x, Pooling { kind, slides })
    }

    /// Pools over the last two of four axes, by Burn's own operations.
    fn plain_2d(x: Tensor<4>, kind: Pool, slides: [Slide; 2]) -> Tensor<4> {
        let (size, stride) = (slides.map(|slide| slide.size), slides.map(|slide| slide.stride));
        let padding = slides.map(|slide| slide.padding);
        match kind {
            Pool::Max => max_pool2d(x, MaxPoolOptions { stride, padding, ..MaxPoolOptions::new(size) }),
            Pool::Average => {
                let options = AvgPoolOptions { stride, padding, ..AvgPoolOptions::new(size) };
                avg_pool2d(x, AvgPoolOptions { count_include_pad: false, ..options })
            }
        }
    }

    /// Pools `[samples, depth, height, width, channels]`: over the last two axes, and then over the first.
    fn plain(x: Tensor<5>, kind: Pool, slides: [Slide; 3]) -> Tensor<5> {
        let [n, d, h, w, c] = x.dims();
        let x = x.permute([0, 4, 1, 2, 3]).reshape([n * c, d, h, w]);
        let y = plain_2d(x, kind, [slides[1], slides[2]]);
        let [_, _, h, w] = y.dims();
        let y = plain_2d(y.reshape([n * c, 1, d, h * w]), kind, [slides[0], slide(1, 1, (0, 0))]);
        let d = y.dims()[2];
        y.reshape([n, c, d, h, w]).permute([0, 2, 3, 4, 1])
    }

    fn agrees(sizes: [usize; 5], slides: [Slide; 3], kind: Pool) {
        same(
            &[sizes.iter().product()],
            |leaves| pool(&leaves[0].clone().reshape(sizes), &slides, kind).unwrap().flatten(0, 4),
            |leaves| plain(leaves[0].clone().reshape(sizes), kind, slides).flatten(0, 4),
        );
    }

    fn any_axis() -> impl Strategy<Value = (usize, Slide)> {
        (1..9_usize, 1..4_usize, 1..4_usize, 0..3_usize, 0..3_usize).prop_map(|(input, size, stride, before, after)| {
            let size = size.min(input);
            (input, slide(size, stride, (before.min(size - 1), after.min(size - 1))))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn equals_the_plain_path(
            samples in 1..4_usize, channels in 1..20_usize, axes in [any_axis(), any_axis(), any_axis()], max: bool,
        ) {
            let [d, h, w] = axes.map(|(input, _)| input);
            let kind = if max { Pool::Max } else { Pool::Average };
            agrees([samples, d, h, w, channels], axes.map(|(_, slide)| slide), kind);
        }

        #[test]
        fn pairs_equal_the_plain_path(
            samples in 1..4_usize, height in 2..9_usize, width in 2..9_usize, channels in 1..40_usize,
        ) {
            let pair = slide(2, 2, (0, 0));
            agrees([samples, 1, height, width, channels], [slide(1, 1, (0, 0)), pair, pair], Pool::Max);
        }
    }

    #[test]
    fn large_images_are_split_over_the_threads() {
        let (pair, over) = (slide(2, 2, (0, 0)), slide(3, 2, (0, 1)));
        agrees([5, 1, 31, 30, 33], [slide(1, 1, (0, 0)), pair, pair], Pool::Max);
        agrees([5, 1, 31, 30, 33], [slide(1, 1, (0, 0)), over, over], Pool::Max);
        agrees([1, 1, 64, 64, 16], [slide(1, 1, (0, 0)), over, over], Pool::Average);
        let all = slide(16, 16, (0, 0));
        agrees([1, 1, 64, 64, 16], [slide(1, 1, (0, 0)), all, all], Pool::Average);
    }

    #[test]
    fn there_may_be_fewer_axes_and_no_samples() {
        let device = Device::flex();
        let x = Tensor::<3>::from_data([[[3.0, 1.0], [2.0, 5.0], [4.0, 0.0]]], &device);
        let y = pool(&x, &[slide(2, 1, (0, 0))], Pool::Max).unwrap();
        assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [3.0, 5.0, 4.0, 5.0]);
        let y = pool(&x, &[slide(3, 1, (0, 0))], Pool::Average).unwrap();
        assert_eq!(y.into_data().try_to_vec::<f32>().unwrap(), [3.0, 2.0]);
        for kind in [Pool::Max, Pool::Average] {
            let y = pool(&Tensor::<4>::zeros([0, 4, 4, 3], &device), &[slide(2, 2, (0, 0)); 2], kind).unwrap();
            assert_eq!(y.dims(), [0, 2, 2, 3]);
        }
    }

    #[test]
    fn the_first_of_the_largest_takes_the_gradient() {
        let by_x = |values: [f32; 6], slide: Slide| {
            let x = Tensor::<1>::from_floats(values, &Device::flex().autodiff()).require_grad();
            let y = pool(&x.clone().reshape([1, 2, 3, 1]), &[slide; 2], Pool::Max).unwrap();
            x.grad(&y.sum().backward()).unwrap().into_data().try_to_vec::<f32>().unwrap()
        };
        assert_eq!(by_x([1.0, 2.0, 2.0, 2.0, 0.0, 2.0], slide(2, 1, (0, 0))), [0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(by_x([1.0, 1.0, 9.0, 1.0, 1.0, 9.0], slide(2, 2, (0, 0))), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn missing_values_are_the_largest() {
        let x = Tensor::<4>::from_data([[[[0.0], [f32::NAN], [1.0]], [[3.0], [2.0], [4.0]]]], &Device::flex());
        let nans = |slide: Slide| {
            let y = pool(&x, &[slide; 2], Pool::Max).unwrap().into_data().try_to_vec::<f32>().unwrap();
            y.iter().map(|y| y.is_nan()).collect::<Vec<_>>()
        };
        assert_eq!(nans(slide(2, 2, (0, 0))), [true]);
        assert_eq!(nans(slide(2, 1, (0, 0))), [true, true]);
        assert_eq!(nans(slide(1, 1, (0, 0))), [false, true, false, false, false, false]);
    }

    #[test]
    fn windows_that_do_not_fit_are_left_to_the_plain_path() {
        let x = Tensor::<4>::zeros([1, 4, 4, 1], &Device::flex());
        for slide in [slide(5, 1, (0, 0)), slide(0, 1, (0, 0)), slide(2, 0, (0, 0)), slide(2, 1, (3, 0))] {
            assert!(pool(&x, &[slide; 2], Pool::Max).is_none());
        }
        assert!(pool(&x, &[Slide { dilation: 2, ..slide(2, 1, (0, 0)) }; 2], Pool::Max).is_none());
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let average = |leaves: &[Tensor<1>]| {
            pool(&leaves[0].clone().reshape([2, 5, 4, 3]), &[slide(3, 2, (1, 1)); 2], Pool::Average).unwrap()
        };
        follows_its_derivative(&[120], |leaves| average(leaves).flatten(0, 3));
    }
}
