//! The gradient of a depthwise convolution by its kernel: the sums of several places are held in registers.

use pulp::{Simd, WithSimd};

use crate::flex::buffer::Scratch;
use crate::flex::convolution::depthwise::{read, write};
use crate::flex::convolution::frame::{Frame, lines_forward, places};
use crate::flex::convolution::passes::Sums;
use crate::flex::convolution::windows::Windows;
use crate::flex::simd::arch;

/// The gradient by a depthwise kernel, prepared for any number of images.
pub(crate) struct ByDepthwise {
    frame: Frame,
    /// Where each place of the kernel looks.
    looks: Vec<usize>,
    /// Where each row begins, in the frame and in the gradients.
    rows: Vec<(usize, usize)>,
    pixels: usize,
    step: usize,
    channels: usize,
    outputs: usize,
}

impl ByDepthwise {
    pub(crate) fn new(windows: &Windows) -> Self {
        let frame = Frame::of_input(windows);
        let [depths, heights, widths] = lines_forward(windows).map(|lines| lines[0]);
        let channels = windows.channels;
        let (from, to) = places(&frame, [depths, heights, widths.of_one_pixel()], windows.output, channels);
        Self {
            frame,
            looks: frame.looks([depths, heights, widths]),
            rows: from.iter().zip(&to).map(|(&from, &to)| (from as usize, to as usize)).collect(),
            pixels: widths.pixels,
            step: widths.from_step * channels,
            channels,
            outputs: windows.outputs() * channels,
        }
    }
}

impl Sums for ByDepthwise {
    fn len(&self) -> usize {
        self.looks.len() * self.channels
    }

    fn at_a_time(&self) -> usize {
        1
    }

    fn slack(&self) -> usize {
        0
    }

    fn scratch(&self) -> Scratch {
        Scratch::new(if self.frame.is_needed() { self.frame.len() } else { 0 })
    }

    fn add(&self, image: &[f32], gradient: &[f32], scratch: &mut [f32], sums: &mut [f32]) {
        let framed = if self.frame.is_needed() {
            self.frame.fill(image, scratch);
            scratch
        } else {
            image
        };
        assert!(framed.len() == self.frame.len() && gradient.len() == self.outputs && sums.len() == self.len());
        arch().dispatch(RowsOfGradient { of: self, framed, gradient, sums });
    }
}

/// All rows of an image, computed with the best instruction set.
struct RowsOfGradient<'a> {
    of: &'a ByDepthwise,
    framed: &'a [f32],
    gradient: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for RowsOfGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let channels = self.of.channels;
        for &(from, to) in &self.of.rows {
            for channel in (0..channels).step_by(S::F32_LANES) {
                let len = (channels - channel).min(S::F32_LANES);
                // SAFETY: the row lies within the frame and the gradient.
                unsafe {
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

impl RowsOfGradient<'_> {
    /// # Safety
    ///
    /// A row begins at `from` in the frame and `to` in the gradient.
    #[inline(always)]
    unsafe fn row<S: Simd, const WHOLE: bool>(&mut self, simd: S, channel: usize, len: usize, from: usize, to: usize) {
        let mut tap = 0;
        while tap < self.of.looks.len() {
            // SAFETY: so many places of the kernel are left.
            unsafe {
                tap += match self.of.looks.len() - tap {
                    9.. => self.taps::<S, WHOLE, 9>(simd, channel, len, from, to, tap),
                    5.. => self.taps::<S, WHOLE, 5>(simd, channel, len, from, to, tap),
                    3.. => self.taps::<S, WHOLE, 3>(simd, channel, len, from, to, tap),
                    _ => self.taps::<S, WHOLE, 1>(simd, channel, len, from, to, tap),
                };
            }
        }
    }

    /// Adds what so many places of the kernel get of a row, and says how many.
    ///
    /// # Safety
    ///
    /// As for [`row`](Self::row), where the kernel has so many places from `tap` on.
    #[inline(always)]
    unsafe fn taps<S: Simd, const WHOLE: bool, const TAPS: usize>(
        &mut self,
        simd: S,
        channel: usize,
        len: usize,
        from: usize,
        to: usize,
        tap: usize,
    ) -> usize {
        let channels = self.of.channels;
        // SAFETY: each place of the kernel looks into the frame at each pixel, and the sums have as many places.
        unsafe {
            let from = self.framed.as_ptr().add(from + channel);
            let gradient = self.gradient.as_ptr().add(to + channel);
            let looks: [*const f32; TAPS] = std::array::from_fn(
                #[inline(always)]
                |at| from.add(self.of.looks[tap + at]),
            );
            let mut sums = [simd.splat_f32s(0.0); TAPS];
            for pixel in 0..self.of.pixels {
                let gradient = read::<S, WHOLE>(simd, gradient.add(pixel * channels), len);
                for (sum, look) in sums.iter_mut().zip(looks) {
                    let x = read::<S, WHOLE>(simd, look.add(pixel * self.of.step), len);
                    *sum = simd.mul_add_e_f32s(x, gradient, *sum);
                }
            }
            for (at, sum) in sums.into_iter().enumerate() {
                let total = self.sums.as_mut_ptr().add((tap + at) * channels + channel);
                write::<S, WHOLE>(simd, total, len, simd.add_f32s(read::<S, WHOLE>(simd, total, len), sum));
            }
        }
        TAPS
    }
}
