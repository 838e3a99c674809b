//! Which pixels a kernel sees: images with zeros around them, and lines of pixels that see the same places of the kernel.

use crate::flex::buffer::Scratch;
use crate::flex::convolution::windows::Windows;
use crate::types::slide::Slide;

/// An image with zeros around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The sizes of the image.
    image: [usize; 3],
    /// How many zeros there are before it.
    before: [usize; 3],
    /// The sizes of the image with the zeros.
    size: [usize; 3],
    pub channels: usize,
}

impl Frame {
    /// The frame of the input of a convolution.
    pub(crate) fn of_input(windows: &Windows) -> Self {
        let before = windows.slides.map(|slide| slide.padding.0);
        let size = std::array::from_fn(|axis| {
            let Slide { size, stride, dilation, .. } = windows.slides[axis];
            let seen = (windows.output[axis].max(1) - 1) * stride + (size - 1) * dilation + 1;
            seen.max(before[axis] + windows.input[axis])
        });
        Self { image: windows.input, before, size, channels: windows.channels }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.size.iter().product::<usize>() * self.channels
    }

    /// Are there any zeros?
    pub(crate) fn is_needed(&self) -> bool {
        self.size != self.image
    }

    /// How many values the image has.
    pub(crate) fn image_len(&self) -> usize {
        self.image.iter().product::<usize>() * self.channels
    }

    /// How far from the begin of a pixel the places of the kernel look.
    pub(crate) fn looks(&self, lines: [Line; 3]) -> Vec<usize> {
        let [depths, heights, widths] = lines.map(|line| (0..line.taps).map(move |tap| tap * line.tap_step));
        let mut looks = Vec::new();
        for depth in depths {
            for height in heights.clone() {
                looks.extend(widths.clone().map(|width| self.pixel([depth, height, width])));
            }
        }
        looks
    }

    /// Where a pixel begins.
    pub(crate) fn pixel(&self, at: [usize; 3]) -> usize {
        ((at[0] * self.size[1] + at[1]) * self.size[2] + at[2]) * self.channels
    }

    /// All images with the zeros, for threads that share images; `None` where there are no zeros.
    pub(crate) fn fill_all(&self, images: &[f32]) -> Option<Scratch> {
        if !self.is_needed() || images.is_empty() {
            return None;
        }
        let (images, len) = (images.chunks_exact(self.image_len()), self.len());
        let mut framed = Scratch::new(images.len() * len);
        images.zip(framed.values().chunks_exact_mut(len)).for_each(|(image, framed)| self.fill(image, framed));
        Some(framed)
    }

    /// Writes the image and the zeros.
    pub(crate) fn fill(&self, image: &[f32], framed: &mut [f32]) {
        let [_, height, width] = self.image;
        let (line, framed_line) = (width * self.channels, self.size[2] * self.channels);
        let left = self.before[2] * self.channels;
        for (row, framed) in framed.chunks_exact_mut(framed_line.max(1)).enumerate() {
            let (depth, row) = (row / self.size[1], row % self.size[1]);
            let inside = |axis: usize, at: usize| {
                let at = at.checked_sub(self.before[axis])?;
                (at < self.image[axis]).then_some(at)
            };
            match (inside(0, depth), inside(1, row)) {
                (Some(depth), Some(row)) => {
                    framed[..left].fill(0.0);
                    framed[left..left + line].copy_from_slice(&image[(depth * height + row) * line..][..line]);
                    framed[left + line..].fill(0.0);
                }
                _ => framed.fill(0.0),
            }
        }
    }
}

/// What happens along one axis for some of the pixels of a result: those at `to + i · to_step`. They see the values of
/// the frame at `from + i · from_step + t · tap_step`, which meet the kernel at `kernel + t · kernel_step`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub pixels: usize,
    to: usize,
    pub to_step: usize,
    from: usize,
    pub from_step: usize,
    pub taps: usize,
    pub tap_step: usize,
    kernel: usize,
    kernel_step: isize,
}

impl Line {
    /// The same for the first pixel alone.
    pub(crate) fn of_one_pixel(self) -> Self {
        Self { pixels: 1, ..self }
    }
}

/// The lines of a convolution along the three axes: all pixels see the same places of the kernel.
pub(crate) fn lines_forward(windows: &Windows) -> [Vec<Line>; 3] {
    [0, 1, 2].map(|axis| {
        let Slide { size, stride, dilation, .. } = windows.slides[axis];
        vec![Line {
            pixels: windows.output[axis],
            to: 0,
            to_step: 1,
            from: 0,
            from_step: stride,
            taps: size,
            tap_step: dilation,
            kernel: 0,
            kernel_step: 1,
        }]
    })
}

/// The lines of the gradient by the input along one axis. The frame is that of the gradient by the result.
pub(crate) struct LinesBack {
    pub lines: Vec<Line>,
    /// How many zeros the frame has before the gradient.
    zeros: usize,
    /// The size of the frame.
    size: usize,
}

/// The lines of the gradient by the input along one axis: a stride spreads the results, so that each input meets only
/// some of the kernel. Inputs that meet the same places are a line of their own.
pub(crate) fn lines_back(windows: &Windows, axis: usize) -> LinesBack {
    let Slide { size, stride, dilation, padding: (before, _) } = windows.slides[axis];
    let tap_step = if stride == 1 { dilation } else { 1 };
    let mut lines = Vec::new();
    for phase in 0..stride {
        let to = (phase + stride - before % stride) % stride;
        if to >= windows.input[axis] {
            continue;
        }
        let taps = size.saturating_sub(phase).div_ceil(stride);
        lines.push(Line {
            pixels: (windows.input[axis] - to).div_ceil(stride),
            to,
            to_step: stride,
            // Without the zeros before, for the last tap.
            from: (to + before - phase) / stride,
            from_step: 1,
            taps,
            tap_step,
            kernel: phase + taps.saturating_sub(1) * stride,
            kernel_step: -(stride as isize),
        });
    }
    let reach = |line: &Line| line.taps.saturating_sub(1) * tap_step;
    let zeros = lines.iter().map(|line| reach(line).saturating_sub(line.from)).max().unwrap_or(0);
    let seen = lines.iter().map(|line| line.from + line.pixels + zeros).max().unwrap_or(0);
    for line in &mut lines {
        line.from = line.from + zeros - reach(line);
    }
    LinesBack { lines, zeros, size: seen.max(zeros + windows.output[axis]) }
}

/// The frame of the gradient by the result.
pub(crate) fn frame_back(windows: &Windows, lines: &[LinesBack; 3], channels: usize) -> Frame {
    let (before, size) = (lines.each_ref().map(|back| back.zeros), lines.each_ref().map(|back| back.size));
    Frame { image: windows.output, before, size, channels }
}

/// Where the pixels of the lines begin, in the frame and in the result.
pub(crate) fn places(frame: &Frame, lines: [Line; 3], sizes: [usize; 3], columns: usize) -> (Vec<isize>, Vec<isize>) {
    let count = lines.iter().map(|line| line.pixels).product();
    let (mut from, mut to) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let at = |axis: usize, pixel: usize| lines[axis].from + pixel * lines[axis].from_step;
    let to_at = |axis: usize, pixel: usize| lines[axis].to + pixel * lines[axis].to_step;
    for depth in 0..lines[0].pixels {
        for row in 0..lines[1].pixels {
            for column in 0..lines[2].pixels {
                from.push(frame.pixel([at(0, depth), at(1, row), at(2, column)]) as isize);
                let pixel = (to_at(0, depth) * sizes[1] + to_at(1, row)) * sizes[2] + to_at(2, column);
                to.push((pixel * columns) as isize);
            }
        }
    }
    (from, to)
}

/// The taps of the lines, in the order in which the walk visits them.
pub(crate) fn taps(windows: &Windows, lines: [Line; 3]) -> Vec<usize> {
    let at = |axis: usize, tap: usize| (lines[axis].kernel as isize + tap as isize * lines[axis].kernel_step) as usize;
    let mut taps = Vec::new();
    for depth in 0..lines[0].taps {
        for row in 0..lines[1].taps {
            for column in 0..lines[2].taps {
                let sizes = windows.slides.map(|slide| slide.size);
                taps.push((at(0, depth) * sizes[1] + at(1, row)) * sizes[2] + at(2, column));
            }
        }
    }
    taps
}
