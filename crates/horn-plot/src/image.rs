//! Greyscale images for the terminal, with two pixels in a character.

use horn_nn::{Error, Result};

/// A greyscale image as text, with as many columns as the image has, and half as many lines.
///
/// Bright pixels are drawn in the colour of the text, so that an MNIST digit is readable on dark and on light
/// terminals, without colours. `pixels` are in row-major order, from 0 to 255.
///
/// ```
/// # fn main() -> horn::Result<()> {
/// let arrow = [0, 255, 0, 255, 255, 255, 0, 255, 0, 0, 255, 0];
/// assert_eq!(horn::plot::image(&arrow, 3, 4)?, "▄█▄\n █ ");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If there are not `width` times `height` pixels.
pub fn image(pixels: &[u8], width: usize, height: usize) -> Result<String> {
    if width == 0 || width.checked_mul(height) != Some(pixels.len()) {
        return Err(Error::shape("the pixels do not fill the image")
            .at("image")
            .received(format!("{} pixels", pixels.len()))
            .expected(format!("{width} x {height}"))
            .hint("give the width and the height of the image, both at least 1"));
    }
    let rows: Vec<_> = pixels.chunks(width).collect();
    let line = |pair: &[&[u8]]| -> String {
        let below = |column: usize| pair.get(1).map_or(0, |row| row[column]);
        pair[0].iter().enumerate().map(|(column, &above)| character(above, below(column))).collect()
    };
    Ok(rows.chunks(2).map(line).collect::<Vec<_>>().join("\n"))
}

fn character(above: u8, below: u8) -> char {
    const BRIGHT: u8 = 96;
    const GREY: u8 = 64;
    match (above >= BRIGHT, below >= BRIGHT) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) if above.max(below) >= GREY => '░',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_number_of_rows() {
        assert_eq!(image(&[255, 0, 0, 0, 0, 0, 255, 0, 255], 3, 3).unwrap(), "▀  \n▀ ▀");
    }

    #[test]
    fn wrong_sizes() {
        let error = image(&[0; 783], 28, 28).unwrap_err();
        assert!(error.is_shape());
        assert_eq!(
            error.to_string(),
            "image: the pixels do not fill the image; received 783 pixels, expected 28 x 28. Hint: give the width and the \
             height of the image, both at least 1."
        );
        assert!(image(&[], 0, 0).is_err());
        assert!(image(&[0], usize::MAX, 2).is_err());
    }
}
