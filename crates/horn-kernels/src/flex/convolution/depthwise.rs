//! Depthwise convolutions: each channel by itself. A vector of channels of several pixels is held in registers.

use std::ops::Range;
use std::ptr;

use pulp::{Simd, WithSimd};

use crate::flex::convolution::correlate::Ending;
use crate::flex::convolution::frame::{Frame, Line, frame_back, lines_back, lines_forward, places, taps};
use crate::flex::convolution::passes::Images;
use crate::flex::convolution::windows::Windows;
use crate::flex::simd::arch;
use crate::flex::threads::WORTH_A_THREAD;

/// Some rows of a result: their pixels see the same places of the kernel.
struct Job {
    /// Where each row begins, in the frame and in the result.
    rows: Vec<(usize, usize)>,
    pixels: usize,
    from_step: usize,
    to_step: usize,
    /// Each place of the kernel: how far from the begin of a pixel it looks, and where its weights begin.
    taps: Vec<(usize, usize)>,
}

/// A depthwise kernel `[…, channels]` over images, prepared for any number of them.
pub(crate) struct Depthwise<'a> {
    frame: Frame,
    jobs: Vec<Job>,
    kernel: &'a [f32],
    bias: Option<&'a [f32]>,
    relu: bool,
    channels: usize,
    outputs: usize,
}

impl<'a> Depthwise<'a> {
    /// The convolution.
    pub(crate) fn forward(windows: &Windows, kernel: &'a [f32], ending: Ending<'a>) -> Self {
        Self::new(windows, Frame::of_input(windows), lines_forward(windows), windows.output, kernel, ending)
    }

    /// Its gradient by the input.
    pub(crate) fn back(windows: &Windows, kernel: &'a [f32]) -> Self {
        let lines = [0, 1, 2].map(|axis| lines_back(windows, axis));
        let frame = frame_back(windows, &lines, windows.channels);
        Self::new(windows, frame, lines.map(|back| back.lines), windows.input, kernel, Ending::default())
    }

    fn new(
        windows: &Windows,
        frame: Frame,
        lines: [Vec<Line>; 3],
        to: [usize; 3],
        kernel: &'a [f32],
        ending: Ending<'a>,
    ) -> Self {
        let channels = windows.channels;
        assert_eq!(kernel.len(), windows.slides.iter().map(|slide| slide.size).product::<usize>() * channels);
        let mut jobs = Vec::new();
        for depths in &lines[0] {
            for heights in &lines[1] {
                for widths in &lines[2] {
                    let lines = [*depths, *heights, *widths];
                    let (from, into) = places(&frame, [*depths, *heights, widths.of_one_pixel()], to, channels);
                    let looks = frame.looks(lines);
                    jobs.push(Job {
                        rows: from.iter().zip(&into).map(|(&from, &into)| (from as usize, into as usize)).collect(),
                        pixels: widths.pixels,
                        from_step: widths.from_step * channels,
                        to_step: widths.to_step * channels,
                        taps: looks.into_iter().zip(taps(windows, lines).iter().map(|tap| tap * channels)).collect(),
                    });
                }
            }
        }
        let Ending { bias, relu } = ending;
        Self { frame, jobs, kernel, bias, relu, channels, outputs: to.iter().product::<usize>() * channels }
    }
}

impl Images for Depthwise<'_> {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn is_worth_threads(&self, values: usize) -> bool {
        values * self.kernel.len() / self.channels >= WORTH_A_THREAD
    }

    unsafe fn share(&self, framed: &[f32], y: *mut f32, share: usize, shares: usize) {
        assert_eq!(framed.len(), self.frame.len());
        for job in &self.jobs {
            let rows = job.rows.len() * share / shares..job.rows.len() * (share + 1) / shares;
            arch().dispatch(Rows { of: self, job, rows, framed: framed.as_ptr(), y });
        }
    }
}

/// Some rows of a job, computed with the best instruction set.
struct Rows<'a> {
    of: &'a Depthwise<'a>,
    job: &'a Job,
    rows: Range<usize>,
    framed: *const f32,
    y: *mut f32,
}

/// Reads a vector, or what there is of it.
///
/// # Safety
///
/// A vector can be read from there; if it is not `WHOLE`, so many values.
#[inline(always)]
pub(super) unsafe fn read<S: Simd, const WHOLE: bool>(simd: S, from: *const f32, len: usize) -> S::f32s {
    // SAFETY: the caller says so.
    unsafe {
        if WHOLE {
            ptr::read_unaligned(from.cast())
        } else {
            simd.partial_load_f32s(std::slice::from_raw_parts(from, len))
        }
    }
}

/// Writes a vector, or what there is place for.
///
/// # Safety
///
/// As for [`read`], for writing.
#[inline(always)]
pub(super) unsafe fn write<S: Simd, const WHOLE: bool>(simd: S, to: *mut f32, len: usize, value: S::f32s) {
    // SAFETY: the caller says so.
    unsafe {
        if WHOLE {
            ptr::write_unaligned(to.cast(), value);
        } else {
            simd.partial_store_f32s(std::slice::from_raw_parts_mut(to, len), value);
        }
    }
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.of.channels;
        for &(from, to) in &self.job.rows[self.rows.clone()] {
            for channel in (0..channels).step_by(S::F32_LANES) {
                let len = (channels - channel).min(S::F32_LANES);
                // SAFETY: the rows lie within the frame and the result.
                unsafe {
                    let (from, to) = (self.framed.add(from + channel), self.y.add(to + channel));
                    if len == S::F32_LANES {
                        self.row::<S, true>(simd, channel, len, from, to);
                    } else {
                        self.row::<S, false>(simd, channel, len, from, to);
                    }
                }
            }
        }
    }
}

impl Rows<'_> {
    /// # Safety
    ///
    /// `from` and `to` are where a row of the job begins, at this channel, of which so many follow.
    #[inline(always)]
    unsafe fn row<S: Simd, const WHOLE: bool>(
        &self,
        simd: S,
        channel: usize,
        len: usize,
        from: *const f32,
        to: *mut f32,
    ) {
        let mut at = 0;
        while at < self.job.pixels {
            // SAFETY: the pixels are of the row.
            unsafe {
                let (from, to) = (from.add(at * self.job.from_step), to.add(at * self.job.to_step));
                at += match self.job.pixels - at {
                    8.. => self.pixels::<S, WHOLE, 8>(simd, channel, len, from, to),
                    4.. => self.pixels::<S, WHOLE, 4>(simd, channel, len, from, to),
                    2.. => self.pixels::<S, WHOLE, 2>(simd, channel, len, from, to),
                    _ => self.pixels::<S, WHOLE, 1>(simd, channel, len, from, to),
                };
            }
        }
    }

    /// Computes so many neighbouring pixels, and says how many.
    ///
    /// # Safety
    ///
    /// As for [`row`](Self::row), where so many pixels follow.
    #[inline(always)]
    unsafe fn pixels<S: Simd, const WHOLE: bool, const PIXELS: usize>(
        &self,
        simd: S,
        channel: usize,
        len: usize,
        from: *const f32,
        to: *mut f32,
    ) -> usize {
        // SAFETY: each place of the kernel that a pixel sees lies within the frame, and the kernel has as many weights.
        unsafe {
            let start = match self.of.bias {
                Some(bias) => read::<S, WHOLE>(simd, bias.as_ptr().add(channel), len),
                None => simd.splat_f32s(0.0),
            };
            let mut sums = [start; PIXELS];
            let kernel = self.of.kernel.as_ptr().add(channel);
            for &(look, weights) in &self.job.taps {
                let weight = read::<S, WHOLE>(simd, kernel.add(weights), len);
                let from = from.add(look);
                for (pixel, sum) in sums.iter_mut().enumerate() {
                    let x = read::<S, WHOLE>(simd, from.add(pixel * self.job.from_step), len);
                    *sum = simd.mul_add_e_f32s(x, weight, *sum);
                }
            }
            for (pixel, mut sum) in sums.into_iter().enumerate() {
                if self.of.relu {
                    sum = simd.max_f32s(sum, simd.splat_f32s(0.0));
                }
                write::<S, WHOLE>(simd, to.add(pixel * self.job.to_step), len, sum);
            }
        }
        PIXELS
    }
}
