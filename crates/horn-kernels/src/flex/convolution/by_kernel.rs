//! The gradient of a convolution by its kernel: for each place in the kernel, the product of what it saw with the
//! gradients of the results, summed over all pixels and images.

use std::ops::Range;

use crate::flex::buffer::Scratch;
use crate::flex::convolution::frame::Frame;
use crate::flex::convolution::passes::Sums;
use crate::flex::convolution::windows::Windows;
use crate::flex::microkernel::{End, Walk, block, block_width};

/// How many values of frames and gradients are held at a time, so that they stay in the cache.
const HELD: usize = 1 << 16;

/// The widest block of the [microkernel](crate::flex::microkernel): it may read so far beyond the gradient of the last pixel.
const SLACK: usize = 32;

/// The gradient by the kernel, prepared for any number of images.
pub(crate) struct ByKernel {
    frame: Frame,
    walk: Walk,
    /// Where the pixels of each depth begin, in the frame and in the gradients.
    passes: Vec<(usize, usize)>,
    /// Where each place of the kernel looks in the frame.
    from: Vec<isize>,
    to: Vec<isize>,
    groups: usize,
    depth: usize,
    columns: usize,
    filters: usize,
    outputs: usize,
}

impl ByKernel {
    /// For kernels `[…, channels / groups, filters]`.
    pub(crate) fn new(windows: &Windows, filters: usize, groups: usize) -> Self {
        let frame = Frame::of_input(windows);
        let depth = windows.channels / groups;
        let [depths, heights, widths] = windows.slides.map(|slide| slide.size);
        let mut from = Vec::new();
        for at in 0..depths * heights * widths {
            let tap = [at / (heights * widths), at / widths % heights, at % widths];
            let start = frame.pixel(std::array::from_fn(|axis| tap[axis] * windows.slides[axis].dilation));
            from.extend((start..start + depth).map(|at| at as isize));
        }
        let to = (0..from.len()).map(|row| (row * filters) as isize).collect();
        let [planes, rows, columns] = windows.output;
        let [plane_step, row_step, column_step] = [0, 1, 2].map(|axis| {
            frame.pixel(std::array::from_fn(|other| if other == axis { windows.slides[axis].stride } else { 0 }))
        });
        Self {
            walk: Walk {
                outer: rows,
                a_outer: row_step as isize,
                b_outer: (columns * filters) as isize,
                inner: columns,
                a_inner: column_step as isize,
                b_inner: filters as isize,
            },
            passes: (0..planes).map(|plane| (plane * plane_step, plane * rows * columns * filters)).collect(),
            frame,
            from,
            to,
            groups,
            depth,
            columns: filters / groups,
            filters,
            outputs: windows.outputs() * filters,
        }
    }

    /// May the microkernel read beyond the end of the gradients?
    fn reads_beyond(&self) -> bool {
        !self.columns.is_multiple_of(block_width(self.columns))
    }
}

impl Sums for ByKernel {
    fn len(&self) -> usize {
        self.from.len() * self.filters
    }

    /// Several small ones, so that their sums stay in the cache as well.
    fn at_a_time(&self) -> usize {
        (HELD / (self.frame.len() + self.outputs).max(1)).max(1)
    }

    fn scratch(&self) -> Scratch {
        Scratch::new(if self.frame.is_needed() { self.at_a_time() * self.frame.len() } else { 0 })
    }

    fn slack(&self) -> usize {
        if self.reads_beyond() { SLACK } else { 0 }
    }

    fn add(&self, images: &[f32], gradients: &[f32], scratch: &mut [f32], sums: &mut [f32]) {
        let slack = self.slack();
        let samples = (gradients.len() - slack) / self.outputs;
        let framed = if self.frame.is_needed() {
            let each = images.chunks_exact(images.len() / samples);
            for (image, framed) in each.zip(scratch.chunks_exact_mut(self.frame.len())) {
                self.frame.fill(image, framed);
            }
            scratch
        } else {
            images
        };
        assert!(framed.len() >= samples * self.frame.len() && sums.len() == self.len());
        assert!(gradients.len() == samples * self.outputs + slack);
        // Of one image, all places at once; of several, so few that their sums stay in the cache.
        let at_once = if samples * self.passes.len() == 1 { self.from.len() } else { 56 };
        let width = block_width(self.columns);
        assert!(width <= SLACK);
        for group in 0..self.groups {
            for start in (0..self.columns).step_by(width) {
                let columns = width.min(self.columns - start);
                let channel = group * self.columns + start;
                for rows in chunks(self.from.len(), at_once) {
                    for sample in 0..samples {
                        for (from, to) in &self.passes {
                            let from = sample * self.frame.len() + group * self.depth + from;
                            let to = sample * self.outputs + channel + to;
                            // SAFETY: the places of the kernel lie within the frame at each of its positions. A block is
                            // read at each pixel; of the last one, it ends within the gradients or the slack.
                            unsafe {
                                block(
                                    width,
                                    columns,
                                    &self.walk,
                                    framed.as_ptr().add(from),
                                    &self.from[rows.clone()],
                                    gradients.as_ptr().add(to),
                                    sums.as_mut_ptr().add(channel),
                                    &self.to[rows.clone()],
                                    &End::ADD,
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Ranges of this length that cover `0..n`.
fn chunks(n: usize, len: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(len.max(1)).map(move |start| start..n.min(start + len))
}
