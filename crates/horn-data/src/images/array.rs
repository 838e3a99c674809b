//! `img_to_array` and `array_to_img`: images as numbers that a model computes with, and back.

use horn_nn::{Error, Result};
use ndarray::Array3;

use crate::images::picture::Picture;

/// An image as floats from 0 to 255: Keras's `img_to_array`.
///
/// # Shapes
///
/// `[height, width, channels]`, as the image
///
/// ```
/// let image = ndarray::array![[[0_u8], [255]]];
/// assert_eq!(horn::utils::img_to_array(&image), ndarray::array![[[0.0], [255.0]]]);
/// ```
pub fn img_to_array(image: &Array3<u8>) -> Array3<f32> {
    image.mapv(f32::from)
}

/// An array of floats as an image: Keras's `array_to_img`. With `scale`, Keras's default, the smallest value becomes black
/// and the largest white; otherwise values are from 0 to 255, and what is beyond is cut off.
///
/// # Shapes
///
/// - `x`: `[height, width, channels]` with 1, 3 or 4 channels
/// - output: the same
///
/// ```
/// use horn::utils::array_to_img;
///
/// let x = ndarray::array![[[-1.0], [0.0], [1.0]]];
/// assert_eq!(array_to_img(&x, true)?, ndarray::array![[[0], [127], [255]]]);
/// assert_eq!(array_to_img(&(x * 100.0), false)?, ndarray::array![[[0], [0], [100]]]);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the array has another number of channels, or holds a value that is not finite.
pub fn array_to_img(x: &Array3<f32>, scale: bool) -> Result<Array3<u8>> {
    check_channels("array_to_img", x.dim().2)?;
    if let Some(value) = x.iter().find(|value| !value.is_finite()) {
        return Err(Error::data("the array holds a value that is not finite")
            .at("array_to_img: x")
            .received(value)
            .expected("finite numbers")
            .hint("remove or replace such values"));
    }
    if !scale {
        // Keras has numbers beyond wrap around, which makes noise of an overflow.
        return Ok(x.mapv(|value| value as u8));
    }
    let smallest = x.fold(f32::INFINITY, |smallest, &value| smallest.min(value));
    let from_zero = x.mapv(|value| value - smallest);
    let largest = from_zero.fold(0.0, |largest: f32, &value| largest.max(value));
    let divisor = if largest == 0.0 { 1.0 } else { largest };
    Ok(from_zero.mapv(|value| (value / divisor * 255.0) as u8))
}

pub(super) fn check_channels(function: &str, channels: usize) -> Result<()> {
    if [1, 3, 4].contains(&channels) {
        return Ok(());
    }
    Err(Error::shape("no image has this number of channels")
        .at(format!("{function}: x"))
        .received(channels)
        .expected("1, 3 or 4 channels in the last axis")
        .hint("give one image, [height, width, channels], with the channels last"))
}

pub(super) fn to_array(image: Picture) -> Result<Array3<u8>> {
    let Picture { height, width, channels, pixels } = image;
    Array3::from_shape_vec((height, width, channels), pixels)
        .map_err(|error| Error::file("the image does not fill its size").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_image_is_an_error() {
        let message = |x: &Array3<f32>| array_to_img(x, true).unwrap_err().to_string();
        assert!(
            message(&Array3::zeros((2, 2, 2))).starts_with("array_to_img: x: no image has this number of channels")
        );
        assert!(message(&Array3::from_elem((2, 2, 1), f32::NAN)).contains("received NaN, expected finite numbers"));
    }

    #[test]
    fn an_image_of_one_colour_is_black_if_it_is_scaled() {
        let grey = Array3::from_elem((1, 2, 3), 7.5);
        assert_eq!(array_to_img(&grey, true).unwrap(), Array3::<u8>::zeros((1, 2, 3)));
        assert_eq!(array_to_img(&grey, false).unwrap(), Array3::from_elem((1, 2, 3), 7));
    }
}
