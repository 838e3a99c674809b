//! Weights as images.

use ndarray::{ArrayD, ArrayView2, Axis, Ix2};

use super::png;

/// Images of equal size.
#[derive(Debug, PartialEq)]
pub(super) struct Images {
    pub width: usize,
    pub height: usize,
    /// The first three, as PNG files.
    pub files: Vec<Vec<u8>>,
}

/// The number of images that a summary has by default.
const MAX_IMAGES: usize = 3;

/// A weight as Keras's TensorBoard draws it: a vector as one row, a matrix lying, and of three axes each channel as an image
/// of its own. `None` for more axes. Axes of size 1 do not count.
pub(super) fn of(weight: &ArrayD<f32>) -> Option<Images> {
    let mut weight = weight.view();
    while let Some(axis) = weight.shape().iter().position(|size| *size == 1) {
        weight.index_axis_inplace(Axis(axis), 0);
    }
    if weight.is_empty() {
        return None;
    }
    match weight.ndim() {
        1 => {
            let row = weight.insert_axis(Axis(0)).into_dimensionality::<Ix2>().ok()?;
            Some(of_matrices([row].into_iter(), row.dim()))
        }
        2 => {
            let matrix = weight.into_dimensionality::<Ix2>().ok()?;
            let lying = if matrix.nrows() > matrix.ncols() { matrix.reversed_axes() } else { matrix };
            Some(of_matrices([lying].into_iter(), lying.dim()))
        }
        3 => {
            let matrices = weight.axis_iter(Axis(2)).filter_map(|matrix| matrix.into_dimensionality::<Ix2>().ok());
            Some(of_matrices(matrices.take(MAX_IMAGES), (weight.shape()[0], weight.shape()[1])))
        }
        _ => None,
    }
}

fn of_matrices<'a>(matrices: impl Iterator<Item = ArrayView2<'a, f32>>, (height, width): (usize, usize)) -> Images {
    // From 0 to 1, as TensorFlow converts floats: all that is outside is black or white.
    let grey = |value: &f32| (value * 255.5).clamp(0.0, 255.0) as u8;
    let file = |matrix: ArrayView2<'_, f32>| {
        let pixels: Vec<u8> = matrix.iter().map(grey).collect();
        png::encode(&pixels, width, height, 1)
    };
    Images { width, height, files: matrices.map(file).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_lie_and_small_axes_vanish() {
        for (shape, expected) in [
            (&[5][..], Some((5, 1, 1))),
            (&[5, 2], Some((5, 2, 1))),
            (&[2, 5], Some((5, 2, 1))),
            (&[3, 4, 1, 8], Some((4, 3, 3))),
            (&[3, 4, 2, 8], None),
            (&[0], None),
        ] {
            let images = of(&ArrayD::zeros(shape));
            assert_eq!(images.map(|images| (images.width, images.height, images.files.len())), expected, "{shape:?}");
        }
    }
}
