//! Images of another size in floats, as TensorFlow's `tf.image.resize` makes them.

use horn_nn::layers::Interpolation;
use horn_nn::{Window, crop_windows, place_in_steps, shares_at};

use crate::images::picture::Picture;

/// How an image comes to its size if its shape is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// It is distorted.
    Distort,
    /// What lies beyond the new shape is cut off.
    Crop,
    /// What is missing is black.
    Pad,
}

/// The image with this height and width. Pixels are floats from 0 to 255, beyond which some interpolations go a bit.
pub(crate) fn resized(image: &Picture, to: [usize; 2], interpolation: Interpolation, framing: Framing) -> Vec<f32> {
    let from = [image.height, image.width];
    match framing {
        Framing::Distort => resample(image, from.map(Window::all), to, interpolation),
        Framing::Crop => resample(image, crop_windows(from, to), to, interpolation),
        Framing::Pad => {
            let (inner, margins) = frame(from, to);
            let pixels = resample(image, from.map(Window::all), inner, interpolation);
            framed(&pixels, inner, margins, to, image.channels)
        }
    }
}

/// The largest size of the same shape within another one, and how far it lies from the top and the left, in TensorFlow's
/// single precision.
fn frame(from: [usize; 2], to: [usize; 2]) -> ([usize; 2], [usize; 2]) {
    let [height, width] = [0, 1].map(|axis| from[axis] as f32 / to[axis] as f32);
    let ratio = height.max(width);
    let inner = from.map(|size| size as f32 / ratio);
    let margins = [0, 1].map(|axis| ((to[axis] as f32 - inner[axis]) / 2.0).max(0.0) as usize);
    (inner.map(|size| (size as usize).max(1)), margins)
}

/// Puts an image into a black one.
fn framed(pixels: &[f32], size: [usize; 2], margins: [usize; 2], to: [usize; 2], channels: usize) -> Vec<f32> {
    let [top, left] = margins;
    let mut framed = vec![0.0; to[0] * to[1] * channels];
    for (row, values) in pixels.chunks_exact(size[1] * channels).enumerate() {
        let first = ((top + row) * to[1] + left) * channels;
        framed[first..][..values.len()].copy_from_slice(values);
    }
    framed
}

fn resample(image: &Picture, windows: [Window; 2], to: [usize; 2], interpolation: Interpolation) -> Vec<f32> {
    let channels = image.channels;
    let [rows, columns] = [0, 1].map(|axis| {
        let Window { start, len } = windows[axis];
        let shares = (0..to[axis]).map(|at| shares(at, len, to[axis], interpolation));
        let moved =
            shares.map(|shares| shares.into_iter().map(|(from, share)| (from + start as usize, share)).collect());
        moved.collect::<Vec<Vec<(usize, f32)>>>()
    });
    let mut resized = Vec::with_capacity(to[0] * to[1] * channels);
    let mut row = vec![0.0; image.width * channels];
    for shares in &rows {
        // The mean of some rows, and then of pixels within it.
        row.fill(0.0);
        for &(from, share) in shares {
            let pixels = &image.pixels[from * row.len()..][..row.len()];
            row.iter_mut().zip(pixels).for_each(|(sum, &pixel)| *sum += share * f32::from(pixel));
        }
        for shares in &columns {
            for channel in 0..channels {
                resized.push(shares.iter().map(|&(from, share)| share * row[from * channels + channel]).sum());
            }
        }
    }
    resized
}

/// The pixels of a row of `from` that count in the new pixel `at` of `to`, and how much of each.
fn shares(at: usize, from: usize, to: usize, interpolation: Interpolation) -> Vec<(usize, f32)> {
    // TensorFlow finds places in single precision, which decides where one lies between two pixels.
    let step = from as f32 / to as f32;
    let place = (at as f32 + 0.5) * step - 0.5;
    if interpolation == Interpolation::Nearest {
        return vec![((((at as f32 + 0.5) * step) as usize).min(from - 1), 1.0)];
    }
    let place = match interpolation {
        // TensorFlow looks cubics up, in a table of 1024 places between two pixels.
        Interpolation::Bicubic => place_in_steps(at, from, to),
        _ => f64::from(place),
    };
    shares_at(place, 1.0, from, interpolation).into_iter().map(|(at, share)| (at, share as f32)).collect()
}
