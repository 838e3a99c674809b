//! Kernels over images: each pixel of the result is a product of the pixels under the kernel with the kernel.
//!
//! Both a convolution and its gradient by the input are such products. An image is copied into a frame of zeros, in
//! memory that stays in the cache, unless it needs none. Then the pixels under a kernel lie at the same distances
//! everywhere, and the [microkernel](crate::flex::microkernel) reads them where they are.

use std::sync::Arc;

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Shape;

use crate::flex::buffer::{Scratch, values};
use crate::flex::convolution::frame::{Frame, Line, frame_back, lines_back, lines_forward, places, taps};
use crate::flex::convolution::passes::Images;
use crate::flex::convolution::windows::Windows;
use crate::flex::microkernel::{End, Packed, Walk, block_width};
use crate::flex::threads::WORTH_A_THREAD;

/// The product for some of the pixels and a group of channels.
struct Job {
    walk: Walk,
    /// Where each pass begins in the frame, and its part of the kernel.
    passes: Vec<(usize, Packed)>,
    /// Where the pixels are in the frame and in the result. All groups share them.
    from: Arc<Vec<isize>>,
    to: Arc<Vec<isize>>,
    /// The first channel of the result.
    channel: usize,
    bias: Option<Packed>,
}

/// A kernel over images, prepared for any number of them.
pub(crate) struct Correlation {
    frame: Frame,
    jobs: Vec<Job>,
    /// The bias, to be written where a pixel sees nothing.
    bias: Vec<f32>,
    columns: usize,
    outputs: usize,
    relu: bool,
}

/// What is added to the sums, and applied to them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ending<'a> {
    pub bias: Option<&'a [f32]>,
    pub relu: bool,
}

/// A kernel `[…, channels / groups, filters]`, or a depthwise one, `[…, channels]`.
#[derive(Clone, Copy)]
pub(crate) struct Weights<'a> {
    pub values: &'a [f32],
    pub filters: usize,
    pub kind: Kind,
}

/// Which channels meet which filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All of a group.
    Groups(usize),
    /// Each channel its own filter.
    Depthwise,
}

impl<'a> Weights<'a> {
    /// A kernel whose last axis are the filters.
    pub(crate) fn of(kernel: &'a FlexTensor, groups: usize) -> Self {
        let shape = kernel.shape();
        Self { values: values(kernel), filters: shape[shape.num_dims() - 1], kind: Kind::Groups(groups) }
    }

    fn groups(&self) -> usize {
        match self.kind {
            Kind::Groups(groups) => groups,
            Kind::Depthwise => self.filters,
        }
    }

    /// The shape of the kernel.
    pub(crate) fn shape(&self, windows: &Windows) -> Shape {
        match self.kind {
            Kind::Groups(groups) => windows.kernel_shape(windows.channels / groups, self.filters),
            Kind::Depthwise => windows.kernel_shape(self.filters, 1),
        }
    }
}

impl Correlation {
    /// The convolution.
    pub(crate) fn forward(windows: &Windows, weights: Weights, ending: Ending) -> Self {
        let (lines, groups) = (lines_forward(windows), weights.groups());
        let depth = windows.channels / groups;
        let columns = weights.filters / groups;
        let rows = |tap: usize, group: usize, matrix: &mut [f32]| {
            let of_tap = &weights.values[tap * depth * weights.filters..][..depth * weights.filters];
            for (row, from) in matrix.chunks_exact_mut(columns).zip(of_tap.chunks_exact(weights.filters)) {
                row.copy_from_slice(&from[group * columns..][..columns]);
            }
        };
        Self::new(windows, Frame::of_input(windows), lines, windows.output, [depth, columns], groups, rows, ending)
    }

    /// The gradient of the convolution by its input, which is a transposed convolution.
    pub(crate) fn back(windows: &Windows, weights: Weights, ending: Ending) -> Self {
        let lines = [0, 1, 2].map(|axis| lines_back(windows, axis));
        let (frame, groups) = (frame_back(windows, &lines, weights.filters), weights.groups());
        let depth = weights.filters / groups;
        let columns = windows.channels / groups;
        let rows = |tap: usize, group: usize, matrix: &mut [f32]| {
            let of_tap = &weights.values[tap * columns * weights.filters..][..columns * weights.filters];
            // A few rows at a time, so that all that is written stays in the cache.
            for (block, rows) in matrix.chunks_mut(16 * columns).enumerate() {
                let start = group * depth + block * 16;
                for (column, from) in of_tap.chunks_exact(weights.filters).enumerate() {
                    for (row, value) in rows.chunks_exact_mut(columns).zip(&from[start..]) {
                        row[column] = *value;
                    }
                }
            }
        };
        let lines = lines.map(|back| back.lines);
        Self::new(windows, frame, lines, windows.input, [depth, columns], groups, rows, ending)
    }

    /// All jobs of all lines. `rows` writes the part of the kernel at one tap and for one group.
    #[allow(clippy::too_many_arguments, reason = "each is one fact about the correlation")]
    fn new(
        windows: &Windows,
        frame: Frame,
        lines: [Vec<Line>; 3],
        to: [usize; 3],
        [depth, columns]: [usize; 2],
        groups: usize,
        rows: impl Fn(usize, usize, &mut [f32]),
        ending: Ending,
    ) -> Self {
        let all_columns = columns * groups;
        let mut jobs = Vec::new();
        for depths in &lines[0] {
            for heights in &lines[1] {
                for widths in &lines[2] {
                    let lines = [*depths, *heights, *widths];
                    let (from, to) = places(&frame, lines, to, all_columns);
                    let (from, to) = (Arc::new(from), Arc::new(to));
                    let (walk, starts) = walk(&frame, lines, [depth, columns]);
                    let taps = taps(windows, lines);
                    for group in 0..groups {
                        let each = taps.len() / starts.len().max(1);
                        let passes = starts.iter().enumerate().map(|(pass, start)| {
                            let mut matrix = Scratch::new(each * depth * columns);
                            let parts = matrix.values().chunks_exact_mut((depth * columns).max(1));
                            for (part, tap) in parts.zip(&taps[pass * each..]) {
                                rows(*tap, group, part);
                            }
                            (start + group * depth, Packed::row_major(matrix.values(), columns))
                        });
                        let channel = group * columns;
                        let bias = ending.bias.map(|bias| Packed::row_major(&bias[channel..][..columns], columns));
                        let passes = passes.collect();
                        jobs.push(Job { walk, passes, from: from.clone(), to: to.clone(), channel, bias });
                    }
                }
            }
        }
        let bias = ending.bias.map_or_else(|| vec![0.0; all_columns], <[f32]>::to_vec);
        let outputs = to.iter().product::<usize>() * all_columns;
        Self { frame, jobs, bias, columns: all_columns, outputs, relu: ending.relu }
    }

    /// # Safety
    ///
    /// As for [`share`](Self::share); the pixels are of the job.
    unsafe fn pixels(&self, job: &Job, framed: *const f32, from: &[isize], y: *mut f32, to: &[isize]) {
        let last = job.passes.len().wrapping_sub(1);
        for (pass, (start, kernel)) in job.passes.iter().enumerate() {
            let end = End { accumulate: pass > 0, relu: self.relu && pass == last, ..End::WRITE };
            let bias = job.bias.as_ref().filter(|_| pass == last);
            // SAFETY: the frame is so large that each pixel and each step of the walk lies within it, and the result has
            // a place for the columns of each pixel.
            unsafe { kernel.multiply(&job.walk, framed.add(*start), from, y.add(job.channel), to, bias, end) };
        }
        if job.passes.is_empty() {
            let columns = self.columns;
            for &pixel in to {
                // SAFETY: as above.
                let pixel = unsafe { std::slice::from_raw_parts_mut(y.offset(pixel), columns) };
                for (y, bias) in pixel.iter_mut().zip(&self.bias) {
                    *y = if self.relu { bias.max(0.0) } else { *bias };
                }
            }
        }
    }
}

impl Images for Correlation {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn is_worth_threads(&self, values: usize) -> bool {
        values.saturating_mul(self.jobs[0].multiplications()) >= 8 * WORTH_A_THREAD
    }

    unsafe fn share(&self, framed: &[f32], y: *mut f32, share: usize, shares: usize) {
        assert_eq!(framed.len(), self.frame.len());
        for job in &self.jobs {
            let pixels = job.from.len() * share / shares..job.from.len() * (share + 1) / shares;
            // So many pixels at a time that they stay in the cache from one block of the kernel to the next.
            let chunk = ((1 << 15) / self.frame.channels.max(1)).clamp(56, 1024);
            let chunks = job.from[pixels.clone()].chunks(chunk).zip(job.to[pixels].chunks(chunk));
            for (from, to) in chunks {
                // SAFETY: the pixels of the job lie within the frame and the result.
                unsafe { self.pixels(job, framed.as_ptr(), from, y, to) };
            }
        }
    }
}

impl Job {
    /// How many multiplications each value of the result takes.
    fn multiplications(&self) -> usize {
        self.walk.outer * self.walk.inner * self.passes.len()
    }
}

/// How the values under the kernel are walked, and where each pass begins: the two innermost loops are the walk, those
/// outside of them passes. Loops over what lies side by side are one.
fn walk(frame: &Frame, lines: [Line; 3], [depth, columns]: [usize; 2]) -> (Walk, Vec<usize>) {
    let unit = |axis: usize| frame.pixel(std::array::from_fn(|other| usize::from(other == axis)));
    let mut loops = [0, 1, 2].map(|axis| (lines[axis].taps, lines[axis].tap_step * unit(axis))).to_vec();
    loops.push((depth, 1));
    loops.retain(|&(count, _)| count != 1);
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (count, step) in loops {
        match merged.last_mut() {
            Some(outer) if outer.1 == count * step => *outer = (outer.0 * count, step),
            _ => merged.push((count, step)),
        }
    }
    let (inner, a_inner) = merged.pop().unwrap_or((1, 1));
    let (outer, a_outer) = merged.pop().unwrap_or((1, 0));
    let mut starts = vec![0];
    for (count, step) in merged {
        starts = starts.iter().flat_map(|start| (0..count).map(move |at| start + at * step)).collect();
    }
    if outer * inner == 0 {
        starts.clear();
    }
    let width = block_width(columns) as isize;
    let walk = Walk {
        outer,
        a_outer: a_outer as isize,
        b_outer: inner as isize * width,
        inner,
        a_inner: a_inner as isize,
        b_inner: width,
    };
    (walk, starts)
}
