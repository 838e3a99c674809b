//! The gradients of a convolution: each thread has sums of its own for the gradient by the kernel, which are added at the
//! end, always in the same order.

use std::ops::Range;

use burn::backend::flex::FlexTensor;

use crate::flex::buffer::{Scratch, tensor};
use crate::flex::convolution::by_depthwise::ByDepthwise;
use crate::flex::convolution::by_kernel::ByKernel;
use crate::flex::convolution::correlate::{Correlation, Ending, Kind, Weights};
use crate::flex::convolution::depthwise::Depthwise;
use crate::flex::convolution::passes::{Images, Sums};
use crate::flex::convolution::windows::Windows;
use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, WORTH_A_THREAD, count, parts, split_if};

fn back<'a>(windows: &Windows, weights: Weights<'a>) -> Box<dyn Images + 'a> {
    match weights.kind {
        Kind::Groups(_) => Box::new(Correlation::back(windows, weights, Ending::default())),
        Kind::Depthwise => Box::new(Depthwise::back(windows, weights.values)),
    }
}

/// The gradients of a convolution by the input, the kernel and the bias, from that by the result. `y` is the result, where
/// relu was applied to it. All gradients of an image are computed while it is in the cache.
pub(crate) fn gradients(
    windows: &Windows,
    weights: Weights,
    x: &[f32],
    gradient: &[f32],
    y: Option<&[f32]>,
    [by_x, by_kernel, by_bias]: [bool; 3],
) -> [Option<FlexTensor>; 3] {
    let Weights { filters, kind, .. } = weights;
    let step = Step {
        back: by_x.then(|| back(windows, weights)),
        by_kernel: by_kernel.then(|| -> Box<dyn Sums> {
            match kind {
                Kind::Groups(groups) => Box::new(ByKernel::new(windows, filters, groups)),
                Kind::Depthwise => Box::new(ByDepthwise::new(windows)),
            }
        }),
        by_bias,
        inputs: windows.inputs() * windows.channels,
        outputs: windows.outputs() * filters,
        filters,
        x,
        gradient,
        y,
    };
    let parts = parts(windows.samples);
    let mut sums = Scratch::zeros(parts * step.sums_len());
    let worth_it = gradient.len().saturating_mul(weights.values.len() / filters) >= 8 * WORTH_A_THREAD;
    let run = |by_x: &mut [f32], sums: &mut [f32]| {
        let images_are_shared = windows.samples < count() && !by_x.is_empty();
        if let Some(back) = step.back.as_ref().filter(|_| images_are_shared) {
            back.images(windows.samples, gradient, by_x);
        }
        let (by_x, sums) = (Shared::new(by_x), Shared::new(sums));
        let len = step.sums_len();
        split_if(worth_it, windows.samples, |part, range| {
            // SAFETY: each part has sums of its own.
            let sums = unsafe { sums.slice(part * len..(part + 1) * len) };
            step.run(range, (!images_are_shared).then_some(by_x), sums);
        });
    };
    let by_x = if by_x {
        Some(tensor(windows.input_shape(), |by_x| run(by_x, sums.values())))
    } else {
        run(&mut [], sums.values());
        None
    };
    let (kernel_len, len) = (step.kernel_len(), step.sums_len());
    let parts = sums.values();
    let shape = weights.shape(windows);
    let by_kernel = by_kernel.then(|| tensor(shape, |total| add_parts(parts, len, 0, total)));
    let by_bias = by_bias.then(|| tensor([filters], |total| add_parts(parts, len, kernel_len, total)));
    [by_x, by_kernel, by_bias]
}

/// Adds what begins at this place in each of the parts.
fn add_parts(parts: &[f32], len: usize, start: usize, total: &mut [f32]) {
    total.fill(0.0);
    for part in parts.chunks_exact(len) {
        total.iter_mut().zip(&part[start..]).for_each(|(total, partial)| *total += partial);
    }
}

/// The gradients of some images.
struct Step<'a> {
    back: Option<Box<dyn Images + 'a>>,
    by_kernel: Option<Box<dyn Sums>>,
    by_bias: bool,
    inputs: usize,
    outputs: usize,
    filters: usize,
    x: &'a [f32],
    gradient: &'a [f32],
    y: Option<&'a [f32]>,
}

impl Step<'_> {
    fn kernel_len(&self) -> usize {
        self.by_kernel.as_ref().map_or(0, |by_kernel| by_kernel.len())
    }

    /// How many sums there are: the gradient by the kernel, and that by the bias.
    fn sums_len(&self) -> usize {
        self.kernel_len() + if self.by_bias { self.filters } else { 0 }
    }

    fn run(&self, samples: Range<usize>, by_x: Option<Shared<f32>>, sums: &mut [f32]) {
        let Self { inputs, outputs, .. } = *self;
        let at_a_time = self.by_kernel.as_ref().map_or(1, |by_kernel| by_kernel.at_a_time());
        let slack = self.by_kernel.as_ref().map_or(0, |by_kernel| by_kernel.slack());
        let held_len = if self.y.is_some() || slack > 0 { at_a_time.min(samples.len()) * outputs + slack } else { 0 };
        let mut held = Scratch::new(held_len);
        let mut frames = self.by_kernel.as_ref().map(|by_kernel| by_kernel.scratch());
        let mut frame = self.back.as_ref().map(|back| back.scratch());
        let (sums_of_kernel, sums_of_bias) = sums.split_at_mut(self.kernel_len());
        for first in samples.clone().step_by(at_a_time) {
            let samples = first..samples.end.min(first + at_a_time);
            let range = samples.start * outputs..samples.end * outputs;
            let len = range.len();
            let gradient = &self.gradient[range.clone()];
            let gradient = match self.y {
                Some(y) => {
                    masked(gradient, &y[range], &mut held.values()[..len]);
                    &held.values()[..len + slack]
                }
                None if slack > 0 => {
                    held.values()[..len].copy_from_slice(gradient);
                    &held.values()[..len + slack]
                }
                None => gradient,
            };
            if let (Some(by_kernel), Some(frames)) = (&self.by_kernel, &mut frames) {
                let x = &self.x[samples.start * inputs..samples.end * inputs];
                by_kernel.add(x, gradient, frames.values(), sums_of_kernel);
            }
            if self.by_bias {
                add_rows(&gradient[..len], sums_of_bias);
            }
            if let (Some(back), Some(frame), Some(by_x)) = (&self.back, &mut frame, by_x) {
                for (sample, gradient) in samples.zip(gradient[..len].chunks_exact(outputs)) {
                    // SAFETY: each sample is of one thread.
                    let by_x = unsafe { by_x.slice(sample * inputs..(sample + 1) * inputs) };
                    back.image(gradient, frame.values(), by_x);
                }
            }
        }
    }
}

/// Writes the gradient before relu.
fn masked(gradient: &[f32], y: &[f32], to: &mut [f32]) {
    vectorize(
        #[inline(always)]
        || {
            for ((to, gradient), y) in to.iter_mut().zip(gradient).zip(y) {
                *to = if *y > 0.0 { *gradient } else { 0.0 };
            }
        },
    );
}

/// Adds all rows of a matrix.
fn add_rows(matrix: &[f32], sums: &mut [f32]) {
    let columns = sums.len();
    vectorize(
        #[inline(always)]
        || {
            let mut blocks = matrix.chunks_exact(4 * columns);
            for rows in &mut blocks {
                let ((a, b), (c, d)) = {
                    let (ab, cd) = rows.split_at(2 * columns);
                    (ab.split_at(columns), cd.split_at(columns))
                };
                for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *sum += (a + b) + (c + d);
                }
            }
            for row in blocks.remainder().chunks_exact(columns) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value;
                }
            }
        },
    );
}
