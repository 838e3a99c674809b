//! `load_img`: an image of a file.

use std::path::Path;

use horn_nn::layers::Interpolation;
use horn_nn::{Error, Result};
use ndarray::Array3;

use crate::images::array::to_array;
use crate::images::decode;
use crate::images::picture::{ColorMode, grey_of_pillow};
use crate::images::resize_bytes::resized;

/// The options of [`load_img`], with Keras's names and defaults.
///
/// ```
/// use horn::utils::{ColorMode, LoadImg};
///
/// let options = LoadImg::new().color_mode(ColorMode::Grayscale).target_size([224, 224]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadImg {
    color_mode: ColorMode,
    target_size: Option<[usize; 2]>,
    interpolation: Interpolation,
    keep_aspect_ratio: bool,
}

impl LoadImg {
    /// The colours of the file as RGB, in its size.
    pub fn new() -> Self {
        Self::default()
    }

    /// The channels; RGB by default.
    #[must_use]
    pub fn color_mode(mut self, color_mode: ColorMode) -> Self {
        self.color_mode = color_mode;
        self
    }

    /// The height and the width; those of the file by default.
    #[must_use]
    pub fn target_size(mut self, target_size: [usize; 2]) -> Self {
        self.target_size = Some(target_size);
        self
    }

    /// How pixels of another size are computed; from the nearest one by default. By Lanczos's five lobes they can't be, which
    /// Pillow does not have.
    #[must_use]
    pub fn interpolation(mut self, interpolation: Interpolation) -> Self {
        self.interpolation = interpolation;
        self
    }

    /// Is the image cropped to the shape of its size, rather than distorted? No by default.
    #[must_use]
    pub fn keep_aspect_ratio(mut self, keep_aspect_ratio: bool) -> Self {
        self.keep_aspect_ratio = keep_aspect_ratio;
        self
    }
}

/// Loads the image of a PNG or JPEG file: Keras's `load_img`. What the file is decides its content, not its name.
///
/// PNG files and changes of their size are those of Pillow, bit for bit; of channels of 16 bits, the upper 8 are taken. How
/// a JPEG file is decoded is not exactly laid down: a pixel may differ by a few levels from that of another program.
///
/// # Shapes
///
/// `[height, width, channels]`
///
/// ```no_run
/// use horn::utils::{LoadImg, img_to_array, load_img};
///
/// let image = load_img("cat.png", LoadImg::new().target_size([224, 224]))?;
/// let batch = img_to_array(&image).insert_axis(ndarray::Axis(0));
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the file can't be read, is not a PNG or JPEG file, or the size is 0.
pub fn load_img(path: impl AsRef<Path>, options: LoadImg) -> Result<Array3<u8>> {
    let LoadImg { color_mode, target_size, interpolation, keep_aspect_ratio } = options;
    if let Some(size) = target_size.filter(|size| size.contains(&0)) {
        return Err(Error::argument("the target size is 0")
            .at("load_img: target_size")
            .received(format!("{size:?}"))
            .expected("a height and a width from 1 on")
            .hint("leave it out to keep the size of the image"));
    }
    if interpolation == Interpolation::Lanczos5 {
        return Err(Error::argument("load_img does not know this interpolation")
            .at("load_img: interpolation")
            .received("Lanczos5")
            .expected("Nearest, Bilinear, Bicubic or Lanczos3")
            .hint("use Lanczos3, which is Keras's \"lanczos\""));
    }
    let image = decode::read(path.as_ref(), color_mode, grey_of_pillow)?;
    let size = [image.height, image.width];
    match target_size {
        Some(to) if to != size => {
            let windows = if keep_aspect_ratio { middle(size, to) } else { size.map(|len| [0, len]) };
            to_array(resized(&image, windows, to, interpolation))
        }
        _ => to_array(image),
    }
}

/// The largest part in the middle of an image of one size that has the shape of the other.
fn middle(from: [usize; 2], to: [usize; 2]) -> [[usize; 2]; 2] {
    [0, 1].map(|axis| {
        let len = (from[1 - axis] * to[axis] / to[1 - axis]).min(from[axis]);
        [(from[axis] - len) / 2, len]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_arguments_are_errors() {
        let message = |options| load_img("nowhere.png", options).unwrap_err().to_string();
        assert_eq!(
            message(LoadImg::new()),
            "nowhere.png: the image can't be read. Hint: check the path and the permissions."
        );
        assert!(
            message(LoadImg::new().target_size([0, 2])).starts_with("load_img: target_size: the target size is 0;")
        );
        assert!(message(LoadImg::new().interpolation(Interpolation::Lanczos5)).contains("received Lanczos5"));
    }
}
