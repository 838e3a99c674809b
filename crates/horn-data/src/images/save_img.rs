//! `save_img`: an array as the image of a file.

use std::path::Path;

use horn_nn::files::{unwritable, write_atomically};
use horn_nn::{Error, Result};
use ndarray::Array3;
use png::ColorType;

use crate::images::array::array_to_img;

/// Saves an array as a PNG file: Keras's `save_img`. With `scale`, Keras's default, the smallest value becomes black and
/// the largest white; see [`array_to_img`].
///
/// # Shapes
///
/// `x`: `[height, width, channels]` with 1, 3 or 4 channels
///
/// ```no_run
/// let x = ndarray::Array3::from_shape_fn((16, 16, 1), |(row, column, _)| (row * column) as f32);
/// horn::utils::save_img("pattern.png", &x, true)?;
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the name does not end in `.png`, the array is not an image, or the file can't be written.
pub fn save_img(path: impl AsRef<Path>, x: &Array3<f32>, scale: bool) -> Result<()> {
    let path = path.as_ref();
    let is_png = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    if !is_png {
        return Err(Error::argument("save_img writes PNG files only")
            .at(format!("save_img: {}", path.display()))
            .expected("a name that ends in .png")
            .hint("save the image as PNG, and convert it with another program"));
    }
    let image = array_to_img(x, scale).map_err(|error| error.within("save_img"))?;
    let (height, width, channels) = image.dim();
    let color = match channels {
        1 => ColorType::Grayscale,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    };
    let pixels: Vec<u8> = image.into_iter().collect();
    write_atomically(path, |file| {
        let mut encoder = png::Encoder::new(file, width as u32, height as u32);
        encoder.set_color(color);
        let mut writer = encoder.write_header().map_err(unwritable)?;
        writer.write_image_data(&pixels).map_err(unwritable)?;
        writer.finish().map_err(unwritable)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{ColorMode, LoadImg, img_to_array, load_img};

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.png");
        for (channels, mode) in [(1, ColorMode::Grayscale), (3, ColorMode::Rgb), (4, ColorMode::Rgba)] {
            let x = Array3::from_shape_fn((3, 5, channels), |(row, column, channel)| {
                (40 * row + 9 * column + 3 * channel) as f32
            });
            save_img(&path, &x, false).unwrap();
            let image = load_img(&path, LoadImg::new().color_mode(mode)).unwrap();
            assert_eq!(img_to_array(&image), x, "{channels} channels");
        }
    }

    #[test]
    fn what_can_not_be_saved_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let save = |path: &str, channels| {
            save_img(folder.path().join(path), &Array3::zeros((2, 2, channels)), true).unwrap_err().to_string()
        };
        assert!(save("image.jpg", 3).contains("save_img writes PNG files only; expected a name that ends in .png"));
        assert!(save("image.png", 2).contains("no image has this number of channels"));
        assert!(save("none/image.png", 3).contains("none"));
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
