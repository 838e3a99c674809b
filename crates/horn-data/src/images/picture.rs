//! Decoded images, and their colours.

/// The channels of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorMode {
    /// One channel.
    Grayscale,
    /// Red, green and blue.
    #[default]
    Rgb,
    /// Red, green, blue, and how opaque a pixel is.
    Rgba,
}

impl ColorMode {
    /// The number of channels.
    pub fn channels(self) -> usize {
        match self {
            Self::Grayscale => 1,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// How grey red, green and blue are.
pub(crate) type Grey = fn([u8; 3]) -> u8;

/// Pillow's grey: 0.299 red, 0.587 green and 0.114 blue in 16 bits, rounded.
pub(crate) fn grey_of_pillow([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471 + 0x8000) >> 16) as u8
}

/// TensorFlow's grey, which is libpng's: the same in 15 bits, rounded down.
pub(crate) fn grey_of_tensorflow([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 9_798 + u32::from(green) * 19_235 + u32::from(blue) * 3_735) >> 15) as u8
}

/// An image of 8 bits a channel: grey, grey with opacity, RGB or RGBA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// Row by row, the channels of a pixel beside each other.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The image with the channels of this mode. Opacity is dropped, and without one an image is opaque.
    pub fn in_mode(self, mode: ColorMode, grey: Grey) -> Self {
        let channels = mode.channels();
        if channels == self.channels {
            return self;
        }
        let mut pixels = Vec::with_capacity(self.height * self.width * channels);
        for pixel in self.pixels.chunks_exact(self.channels) {
            let (rgb, opacity) = match *pixel {
                [red, green, blue] => ([red, green, blue], u8::MAX),
                [red, green, blue, opacity] => ([red, green, blue], opacity),
                [value, opacity] => ([value; 3], opacity),
                [value, ..] => ([value; 3], u8::MAX),
                [] => ([0; 3], u8::MAX),
            };
            match mode {
                // What is grey already stays exactly so.
                ColorMode::Grayscale if rgb == [rgb[0]; 3] => pixels.push(rgb[0]),
                ColorMode::Grayscale => pixels.push(grey(rgb)),
                ColorMode::Rgb => pixels.extend(rgb),
                ColorMode::Rgba => pixels.extend([rgb[0], rgb[1], rgb[2], opacity]),
            }
        }
        Self { channels, pixels, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_added_and_dropped() {
        let picture = |channels, pixels: &[u8]| Picture { height: 1, width: 1, channels, pixels: pixels.to_vec() };
        for (channels, pixels, mode, expected) in [
            (1, &[7][..], ColorMode::Rgb, &[7, 7, 7][..]),
            (1, &[7], ColorMode::Rgba, &[7, 7, 7, 255]),
            (2, &[7, 9], ColorMode::Grayscale, &[7]),
            (2, &[7, 9], ColorMode::Rgb, &[7, 7, 7]),
            (2, &[7, 9], ColorMode::Rgba, &[7, 7, 7, 9]),
            (3, &[1, 2, 3], ColorMode::Rgba, &[1, 2, 3, 255]),
            (4, &[1, 2, 3, 4], ColorMode::Rgb, &[1, 2, 3]),
            // 0.299 * 200 + 0.587 * 101 + 0.114 * 50 = 124.787
            (4, &[200, 101, 50, 4], ColorMode::Grayscale, &[125]),
        ] {
            assert_eq!(picture(channels, pixels).in_mode(mode, grey_of_pillow).pixels, expected, "{pixels:?}");
        }
        assert_eq!(grey_of_tensorflow([200, 101, 50]), 124);
    }
}
