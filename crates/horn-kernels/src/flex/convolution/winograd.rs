//! Convolutions of 3 × 3 with fewer multiplications: Winograd's minimal filtering, F(2 × 2, 3 × 3).
//!
//! Four neighbouring pixels of a result see a tile of 4 × 4 pixels. Tiles and kernel are transformed into 16 numbers for
//! each channel, whose products, summed over the channels, are transformed back into the four pixels. That takes 16
//! multiplications where the definition takes 36. The transforms are those of Lavin and Gray, "Fast Algorithms for
//! Convolutional Neural Networks" (2015), section 4.1: sums, and halves of sums.
//!
//! The rounding of a result is that of the largest value of its tile, and a value that is not finite reaches the whole
//! tile. So this is for predictions; training keeps the sums of the definition.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::flex::buffer::Scratch;
use crate::flex::convolution::correlate::{Ending, Kind, Weights};
use crate::flex::convolution::depthwise::{read, write};
use crate::flex::convolution::frame::Frame;
use crate::flex::convolution::passes::Images;
use crate::flex::convolution::windows::Windows;
use crate::flex::microkernel::{End, MAX_ROWS, Packed, Walk, rows};
use crate::flex::simd::{arch, vectorize};
use crate::flex::threads::WORTH_A_THREAD;

/// The numbers that a tile is transformed into.
const PLACES: usize = 16;

/// With fewer channels or filters than this, the transforms take longer than what they save.
const FEWEST: usize = 16;

/// How many tiles of all images make the transform of the kernel worth it.
const FEWEST_TILES: usize = 64;

/// How many transformed values are held at a time, so that they stay in the cache.
const HELD: usize = 1 << 15;

/// A convolution, prepared for any number of images.
pub(crate) struct Winograd<'a> {
    frame: Frame,
    /// The transformed kernel: a matrix `[channels, filters]` for each place.
    kernels: Vec<Packed>,
    ending: Ending<'a>,
    filters: usize,
    /// The height and width of a result, in pixels and in tiles.
    output: [usize; 2],
    tiles: [usize; 2],
    /// How many tiles are transformed at a time, and where their channels and filters begin.
    at_once: usize,
    from: Vec<isize>,
    to: Vec<isize>,
}

impl<'a> Winograd<'a> {
    /// The convolution, if it is one that this way computes faster.
    pub(crate) fn new(windows: &Windows, weights: Weights, ending: Ending<'a>) -> Option<Self> {
        let Windows { channels, output: [_, height, width], slides, .. } = *windows;
        let filters = weights.filters;
        let is_3_by_3 = slides.iter().map(|slide| slide.size).eq([1, 3, 3])
            && slides.iter().all(|slide| slide.stride == 1 && slide.dilation == 1)
            && windows.input[0] == 1
            && slides[0].padding == (0, 0);
        let tiles = [height.div_ceil(2), width.div_ceil(2)];
        let worth_it = channels.min(filters) >= FEWEST && windows.samples * tiles[0] * tiles[1] >= FEWEST_TILES;
        if weights.kind != Kind::Groups(1) || !is_3_by_3 || !worth_it {
            return None;
        }
        let of_a_tile = PLACES * (channels + filters);
        // Parts of about the same size, which fill the tiles of the microkernel.
        let most = (HELD / of_a_tile / MAX_ROWS).max(1) * MAX_ROWS;
        let all = tiles[0] * tiles[1];
        let at_once = all.div_ceil(all.div_ceil(most));
        Some(Self {
            frame: Frame::of_input(&Windows { output: [1, 2 * tiles[0], 2 * tiles[1]], ..*windows }),
            kernels: transformed(weights.values, channels, filters),
            ending,
            filters,
            output: [height, width],
            tiles,
            at_once,
            from: rows(at_once, channels),
            to: rows(at_once, filters),
        })
    }
}

/// The kernel `[3, 3, channels, filters]` at each place: `G g Gᵀ`.
fn transformed(kernel: &[f32], channels: usize, filters: usize) -> Vec<Packed> {
    let len = channels * filters;
    // First along the columns, to `[4, 3, channels, filters]`, then along the rows.
    let (mut columns, mut places) = (Scratch::new(4 * 3 * len), Scratch::new(PLACES * len));
    lengthened(kernel, columns.values(), 1, 3 * len);
    lengthened(columns.values(), places.values(), 4, len);
    places.values().chunks_exact(len).map(|matrix| Packed::row_major(matrix, filters)).collect()
}

/// Makes four of each three neighbours, `G`: `outer` times three rows `a, b, c` of `inner` values become
/// `a, (a + b + c) / 2, (a - b + c) / 2, c`.
fn lengthened(from: &[f32], to: &mut [f32], outer: usize, inner: usize) {
    assert!(from.len() == 3 * outer * inner && to.len() == 4 * outer * inner);
    vectorize(
        #[inline(always)]
        || {
            for (from, to) in from.chunks_exact(3 * inner).zip(to.chunks_exact_mut(4 * inner)) {
                let ((a, from), (to_a, to)) = (from.split_at(inner), to.split_at_mut(inner));
                let ((b, c), (sums, to)) = (from.split_at(inner), to.split_at_mut(inner));
                let (differences, to_c) = to.split_at_mut(inner);
                to_a.copy_from_slice(a);
                to_c.copy_from_slice(c);
                for (((a, b), c), sum) in a.iter().zip(b).zip(c).zip(sums) {
                    *sum = (a + b + c) / 2.0;
                }
                for (((a, b), c), difference) in a.iter().zip(b).zip(c).zip(differences) {
                    *difference = (a - b + c) / 2.0;
                }
            }
        },
    );
}

impl Images for Winograd<'_> {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn outputs(&self) -> usize {
        self.output[0] * self.output[1] * self.filters
    }

    fn is_worth_threads(&self, values: usize) -> bool {
        values.saturating_mul(4 * self.frame.channels) >= 8 * WORTH_A_THREAD
    }

    unsafe fn share(&self, framed: &[f32], y: *mut f32, share: usize, shares: usize) {
        assert_eq!(framed.len(), self.frame.len());
        let channels = self.frame.channels;
        let tiles = self.tiles[0] * self.tiles[1];
        let tiles = tiles * share / shares..tiles * (share + 1) / shares;
        let mut memory = Scratch::new(PLACES * self.at_once * (channels + self.filters));
        let (seen, sums) = memory.values().split_at_mut(PLACES * self.at_once * channels);
        for first in tiles.clone().step_by(self.at_once) {
            let tiles = first..tiles.end.min(first + self.at_once);
            let count = tiles.len();
            arch().dispatch(Transform { of: self, framed, tiles: tiles.clone(), seen });
            let places =
                seen.chunks_exact(self.at_once * channels).zip(sums.chunks_exact_mut(self.at_once * self.filters));
            for ((seen, sums), kernel) in places.zip(&self.kernels) {
                let walk = Walk::along(channels, kernel.width());
                let (from, to) = (&self.from[..count], &self.to[..count]);
                // SAFETY: each place has the channels and the filters of so many tiles.
                unsafe { kernel.multiply(&walk, seen.as_ptr(), from, sums.as_mut_ptr(), to, None, End::WRITE) };
            }
            arch().dispatch(Finish { of: self, sums, tiles, y });
        }
    }
}

/// Transforms tiles: `Bᵀ d B`.
struct Transform<'a> {
    of: &'a Winograd<'a>,
    framed: &'a [f32],
    tiles: Range<usize>,
    seen: &'a mut [f32],
}

impl WithSimd for Transform<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.of.frame.channels;
        for (at, tile) in self.tiles.enumerate() {
            let from = self.of.frame.pixel([0, tile / self.of.tiles[1] * 2, tile % self.of.tiles[1] * 2]);
            for channel in (0..channels).step_by(S::F32_LANES) {
                let len = (channels - channel).min(S::F32_LANES);
                // SAFETY: the frame holds all tiles, and there is a place for the channels of each.
                unsafe {
                    let from = self.framed.as_ptr().add(from + channel);
                    let to = self.seen.as_mut_ptr().add(at * channels + channel);
                    if len == S::F32_LANES {
                        transform::<S, true>(simd, self.of, len, from, to);
                    } else {
                        transform::<S, false>(simd, self.of, len, from, to);
                    }
                }
            }
        }
    }
}

/// A line of a tile, transformed: `Bᵀ`.
#[inline(always)]
fn spread<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
    [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d)]
}

/// Two pixels of a line of sums: `Aᵀ`.
#[inline(always)]
fn gather<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
    [simd.add_f32s(simd.add_f32s(a, b), c), simd.sub_f32s(simd.sub_f32s(b, c), d)]
}

/// Transforms some channels of a tile.
///
/// # Safety
///
/// The tile begins at `from`, its first place is `to`, and there are so many channels.
#[inline(always)]
unsafe fn transform<S: Simd, const WHOLE: bool>(simd: S, of: &Winograd, len: usize, from: *const f32, to: *mut f32) {
    let (channels, line, place) = (of.frame.channels, of.frame.pixel([0, 1, 0]), of.at_once * of.frame.channels);
    let mut columns = [[simd.splat_f32s(0.0); 4]; 4];
    for (column, spread_column) in columns.iter_mut().enumerate() {
        let mut seen = [simd.splat_f32s(0.0); 4];
        for (row, seen) in seen.iter_mut().enumerate() {
            // SAFETY: the pixel is one of the tile.
            *seen = unsafe { read::<S, WHOLE>(simd, from.add(row * line + column * channels), len) };
        }
        *spread_column = spread(simd, seen);
    }
    let [a, b, c, d] = columns;
    for row in 0..4 {
        for (column, value) in spread(simd, [a[row], b[row], c[row], d[row]]).into_iter().enumerate() {
            // SAFETY: each place has the channels of the tile.
            unsafe { write::<S, WHOLE>(simd, to.add((row * 4 + column) * place), len, value) };
        }
    }
}

/// Transforms sums back into pixels, `Aᵀ m A`, adds the bias, and applies relu.
struct Finish<'a> {
    of: &'a Winograd<'a>,
    sums: &'a [f32],
    tiles: Range<usize>,
    y: *mut f32,
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd { filters, tiles: [_, across], .. } = *self.of;
        for (at, tile) in self.tiles.enumerate() {
            let pixel = [tile / across * 2, tile % across * 2];
            for filter in (0..filters).step_by(S::F32_LANES) {
                let len = (filters - filter).min(S::F32_LANES);
                // SAFETY: there are sums for each filter of the tile, and a bias; the pixel lies within the result.
                unsafe {
                    let from = self.sums.as_ptr().add(at * filters + filter);
                    if len == S::F32_LANES {
                        finish::<S, true>(simd, self.of, filter, len, from, pixel, self.y);
                    } else {
                        finish::<S, false>(simd, self.of, filter, len, from, pixel, self.y);
                    }
                }
            }
        }
    }
}

/// Writes some filters of the pixels of a tile, of those that the result has.
///
/// # Safety
///
/// The sums of these filters begin at `from`, the first pixel is one of the result `y`.
#[inline(always)]
unsafe fn finish<S: Simd, const WHOLE: bool>(
    simd: S,
    of: &Winograd,
    filter: usize,
    len: usize,
    from: *const f32,
    [top, left]: [usize; 2],
    y: *mut f32,
) {
    let [height, width] = of.output;
    let place = of.at_once * of.filters;
    let zero = simd.splat_f32s(0.0);
    let mut columns = [[zero; 2]; 4];
    for (column, gathered) in columns.iter_mut().enumerate() {
        let mut sums = [zero; 4];
        for (row, sum) in sums.iter_mut().enumerate() {
            // SAFETY: each place has the filters of the tile.
            *sum = unsafe { read::<S, WHOLE>(simd, from.add((row * 4 + column) * place), len) };
        }
        *gathered = gather(simd, sums);
    }
    let bias = match of.ending.bias {
        // SAFETY: the bias has all filters.
        Some(bias) => unsafe { read::<S, WHOLE>(simd, bias.as_ptr().add(filter), len) },
        None => zero,
    };
    let [a, b, c, d] = columns;
    for row in 0..2.min(height - top) {
        let pixels = gather(simd, [a[row], b[row], c[row], d[row]]);
        for (column, pixel) in pixels.into_iter().enumerate().take(width - left) {
            let value = simd.add_f32s(pixel, bias);
            let value = if of.ending.relu { simd.max_f32s(value, zero) } else { value };
            // SAFETY: the pixel lies within the result.
            unsafe {
                let to = y.add(((top + row) * width + left + column) * of.filters + filter);
                write::<S, WHOLE>(simd, to, len, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use proptest::prelude::*;

    use super::*;
    use crate::flex::convolution::conv::conv;
    use crate::flex::convolution::conv_tests::{STAY, slide};
    use crate::flex::testing::{close, numbers};
    use crate::types::slide::Slide;

    fn tensor<const D: usize>(sizes: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(numbers(sizes.iter().product(), seed), sizes), device)
    }

    /// A prediction, which takes this way, and a step of training, which does not, have the same result.
    fn agrees(sizes: [usize; 4], filters: usize, slides: [Slide; 2], has_bias: bool, relu: bool) {
        let run = |device: &Device| {
            let x = tensor(sizes, 1, device);
            let x = if device.is_autodiff() { x.require_grad() } else { x };
            let (kernel, bias) = (tensor([3, 3, sizes[3], filters], 2, device), tensor([filters], 3, device));
            let y = conv(&x, &kernel, has_bias.then_some(&bias), &slides, 1, relu, None).unwrap();
            y.into_data().try_to_vec::<f32>().unwrap()
        };
        let device = Device::flex();
        close(&format!("{sizes:?}"), &run(&device), &run(&device.clone().autodiff()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_sums_of_the_definition(
            samples in 1..4_usize, height in 14..30_usize, width in 14..30_usize, channels in 16..50_usize,
            filters in 16..50_usize, above in 0..3_usize, below in 0..3_usize, left in 0..3_usize, right in 0..3_usize,
            has_bias: bool, relu: bool,
        ) {
            let slides = [slide(3, 1, (above, below)), slide(3, 1, (left, right))];
            agrees([samples, height, width, channels], filters, slides, has_bias, relu);
        }
    }

    #[test]
    fn usual_layers() {
        for (samples, size, channels, filters, padding) in
            [(5, 13, 32, 64, 0), (1, 32, 16, 16, 1), (40, 4, 64, 64, 1), (2, 15, 17, 100, 1), (64, 3, 16, 16, 0)]
        {
            agrees([samples, size, size, channels], filters, [slide(3, 1, (padding, padding)); 2], true, true);
        }
    }

    #[test]
    fn is_for_3_by_3_with_many_channels_and_tiles() {
        let is_taken = |sizes: [usize; 5], filters: usize, slides: [Slide; 3], kind: Kind| {
            let windows = Windows::new(&sizes, &slides).unwrap();
            let groups = if let Kind::Groups(groups) = kind { groups } else { sizes[4] };
            let shape = windows.kernel_shape(sizes[4] / groups, filters);
            let values = numbers(shape.num_elements(), 1);
            let weights = Weights { values: &values, filters, kind };
            Winograd::new(&windows, weights, Ending::default()).is_some()
        };
        let (sizes, slides, one) =
            ([1, 1, 18, 18, 16], [STAY, slide(3, 1, (0, 0)), slide(3, 1, (0, 0))], Kind::Groups(1));
        assert!(is_taken(sizes, 16, slides, one));
        assert!(!is_taken(sizes, 15, slides, one));
        assert!(!is_taken([1, 1, 18, 18, 15], 16, slides, one));
        assert!(!is_taken([1, 1, 16, 16, 16], 16, slides, one));
        assert!(is_taken([2, 1, 16, 16, 16], 16, slides, one));
        assert!(!is_taken([1, 2, 18, 18, 16], 16, slides, one));
        assert!(!is_taken([1, 1, 18, 18, 32], 32, slides, Kind::Groups(2)));
        let strided = Slide { stride: 2, ..slides[1] };
        let dilated = Slide { dilation: 2, ..slides[1] };
        for other in [strided, dilated, Slide { size: 2, ..slides[1] }] {
            assert!(!is_taken([9, 1, 18, 18, 16], 16, [STAY, other, slides[2]], one));
            assert!(!is_taken([9, 1, 18, 18, 16], 16, [STAY, slides[1], other], one));
        }
    }
}
