//! Windows over images with the channels last.

use std::ops::Range;

use burn::tensor::Shape;

use crate::types::slide::Slide;

/// A window along an axis that is not there.
const STAY: Slide = Slide { size: 1, stride: 1, dilation: 1, padding: (0, 0) };

/// The positions of a window over images. Images with fewer than three axes have a size of 1 along the first ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub samples: usize,
    /// The sizes of an image.
    pub input: [usize; 3],
    pub channels: usize,
    pub slides: [Slide; 3],
    /// How many positions there are along each axis.
    pub output: [usize; 3],
    /// How many of the three axes there are.
    pub axes: usize,
}

impl Windows {
    /// The windows over images `[samples, …, channels]`: `None` if they do not fit.
    pub(crate) fn new(shape: &[usize], slides: &[Slide]) -> Option<Self> {
        let [samples, input @ .., channels] = shape else { return None };
        if input.len() != slides.len() || !(1..=3).contains(&input.len()) {
            return None;
        }
        let missing = 3 - input.len();
        let mut windows = Self {
            samples: *samples,
            input: [1; 3],
            channels: *channels,
            slides: [STAY; 3],
            output: [1; 3],
            axes: input.len(),
        };
        windows.input[missing..].copy_from_slice(input);
        windows.slides[missing..].copy_from_slice(slides);
        for axis in 0..3 {
            let Slide { size, stride, dilation, padding } = windows.slides[axis];
            if size == 0 || stride == 0 || dilation == 0 || windows.input[axis] == 0 {
                return None;
            }
            let padded = windows.input[axis].checked_add(padding.0)?.checked_add(padding.1)?;
            let room = padded.checked_sub((size - 1).checked_mul(dilation)?.checked_add(1)?)?;
            windows.output[axis] = room / stride + 1;
        }
        Some(windows)
    }

    /// The shape of a result with so many channels.
    pub(crate) fn output_shape(&self, channels: usize) -> Shape {
        let spatial = &self.output[3 - self.axes..];
        [&[self.samples], spatial, &[channels]].concat().into()
    }

    /// The shape of the images.
    pub(crate) fn input_shape(&self) -> Shape {
        let spatial = &self.input[3 - self.axes..];
        [&[self.samples], spatial, &[self.channels]].concat().into()
    }

    /// The shape of a kernel of this size, with these last axes.
    pub(crate) fn kernel_shape(&self, channels: usize, filters: usize) -> Shape {
        let sizes = self.slides.map(|slide| slide.size);
        [&sizes[3 - self.axes..], &[channels, filters]].concat().into()
    }

    /// How many pixels an image has.
    pub(crate) fn inputs(&self) -> usize {
        self.input.iter().product()
    }

    /// How many positions a window has over an image.
    pub(crate) fn outputs(&self) -> usize {
        self.output.iter().product()
    }

    /// What a window without gaps sees of an axis at one of its positions.
    #[inline(always)]
    pub(crate) fn seen(&self, axis: usize, position: usize) -> Range<usize> {
        let Slide { size, stride, padding, .. } = self.slides[axis];
        let start = position * stride;
        start.saturating_sub(padding.0)..(start + size).saturating_sub(padding.0).min(self.input[axis])
    }
}
