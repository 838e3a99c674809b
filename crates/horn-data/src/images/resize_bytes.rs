//! Images of another size in bytes, as Pillow's `Image.resize` makes them.

use horn_nn::layers::Interpolation;
use horn_nn::shares_at;

use crate::images::picture::Picture;

/// Shares of pixels are whole numbers of this many bits.
const BITS: u32 = 22;

/// The image with this height and width, made of the part of it that lies in the windows: the first row and the number of
/// rows, the same of the columns. Where the image gets smaller, more of the old pixels count in each new one.
pub(crate) fn resized(
    image: &Picture,
    windows: [[usize; 2]; 2],
    to: [usize; 2],
    interpolation: Interpolation,
) -> Picture {
    let [rows, columns] = windows;
    let along_columns = |image: &Picture| transposed(&along_rows(&transposed(image), rows, to[0], interpolation));
    if rows_first(image, to) {
        along_rows(&along_columns(image), columns, to[1], interpolation)
    } else {
        along_columns(&along_rows(image, columns, to[1], interpolation))
    }
}

/// Is the height changed before the width? It matters, since each change is rounded to bytes. Pillow 13 does so where it
/// spares work: where the image loses more than two rows for each column. Older versions never do.
fn rows_first(image: &Picture, to: [usize; 2]) -> bool {
    let lost = |from: usize, to: usize| from as i64 - to as i64;
    let [rows, columns] = [lost(image.height, to[0]), lost(image.width, to[1])];
    rows > 0 && rows > 2 * columns
}

/// Resizes the width.
fn along_rows(image: &Picture, [start, len]: [usize; 2], to: usize, interpolation: Interpolation) -> Picture {
    if to == len && len == image.width {
        return image.clone();
    }
    let shares: Vec<_> = (0..to).map(|at| shares(at, start, len, to, image.width, interpolation)).collect();
    let mut pixels = Vec::with_capacity(image.height * to * image.channels);
    for row in image.pixels.chunks_exact(image.width * image.channels) {
        for shares in &shares {
            for channel in 0..image.channels {
                let weighted =
                    shares.iter().map(|&(from, share)| i64::from(row[from * image.channels + channel]) * share);
                let sum = weighted.sum::<i64>() + (1 << (BITS - 1));
                pixels.push((sum >> BITS).clamp(0, 255) as u8);
            }
        }
    }
    Picture { width: to, pixels, ..*image }
}

/// The pixels of a row that count in the new pixel `at`, and how much of each.
fn shares(
    at: usize,
    start: usize,
    len: usize,
    to: usize,
    width: usize,
    interpolation: Interpolation,
) -> Vec<(usize, i64)> {
    let step = len as f64 / to as f64;
    let place = start as f64 + (at as f64 + 0.5) * step;
    if interpolation == Interpolation::Nearest {
        return vec![((place as usize).min(width - 1), 1 << BITS)];
    }
    let whole = |share: f64| (share * f64::from(1 << BITS)).round() as i64;
    let shares = shares_at(place - 0.5, step.max(1.0), width, interpolation);
    shares.into_iter().map(|(at, share)| (at, whole(share))).collect()
}

fn transposed(image: &Picture) -> Picture {
    let Picture { height, width, channels, .. } = *image;
    let mut pixels = Vec::with_capacity(image.pixels.len());
    for column in 0..width {
        for row in 0..height {
            pixels.extend_from_slice(&image.pixels[(row * width + column) * channels..][..channels]);
        }
    }
    Picture { height: width, width: height, channels, pixels }
}
