//! The product that convolutions and recurrences share: a tile of `C = A · B + bias`, held in registers.
//!
//! The rows of `A` lie anywhere: each is given by where it begins. So a row can be the pixels under a kernel, and no
//! image needs to be rearranged. `B` is in blocks as wide as two vectors, or one ([`Packed`]).

use std::ptr;
use std::sync::OnceLock;

use pulp::{Arch, Simd};

use crate::flex::simd::arch;

/// How a row of `A` and the rows of `B` are walked: `outer` times `inner` steps, with these strides in values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    pub outer: usize,
    pub a_outer: isize,
    pub b_outer: isize,
    pub inner: usize,
    pub a_inner: isize,
    pub b_inner: isize,
}

impl Walk {
    /// Over `depth` neighbouring values of a row of `A`, and as many rows of a packed block of this width.
    pub(crate) fn along(depth: usize, width: usize) -> Self {
        Self { outer: 1, a_outer: 0, b_outer: 0, inner: depth, a_inner: 1, b_inner: width as isize }
    }
}

/// What happens to a tile before it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// Is the product added to what is there?
    pub accumulate: bool,
    /// A block of biases, as wide as that of `B`, or null.
    pub bias: *const f32,
    pub relu: bool,
}

impl End {
    /// Only the product.
    pub(crate) const WRITE: Self = Self { accumulate: false, bias: ptr::null(), relu: false };
    /// The product is added to what is there.
    pub(crate) const ADD: Self = Self { accumulate: true, bias: ptr::null(), relu: false };
}

/// Computes a tile of as many rows and vectors as its table entry says.
///
/// Its arguments are the walk, `A`, where its rows begin, `B`, `C`, where its rows begin, and the end.
type Tile = unsafe fn(&Walk, *const f32, *const isize, *const f32, *mut f32, *const isize, &End);

/// The tiles of an instruction set: `tiles[vectors - 1][rows - 1]`.
pub(crate) struct Tiles {
    lanes: usize,
    tiles: [&'static [Tile]; 2],
    /// One row of [`VECTORS_OF_ROW`] vectors.
    row: Tile,
}

/// A single row has so many sums at once that none of them waits for the one before.
const VECTORS_OF_ROW: usize = 8;

/// Loads a vector from anywhere.
///
/// # Safety
///
/// A vector can be read from there.
#[inline(always)]
unsafe fn load<S: Simd>(from: *const f32) -> S::f32s {
    // SAFETY: the caller says so.
    unsafe { ptr::read_unaligned(from.cast()) }
}

/// # Safety
///
/// `A` can be read at each row's begin for the whole walk, `B` for the whole walk and `VECTORS` vectors from each step, the
/// bias, if any, for `VECTORS` vectors, and `C` can be written for as many at each row's begin.
#[expect(clippy::too_many_arguments, reason = "the factors of a product, and where they lie")]
#[inline(always)]
unsafe fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    walk: &Walk,
    a: *const f32,
    a_rows: *const isize,
    b: *const f32,
    c: *mut f32,
    c_rows: *const isize,
    end: &End,
) {
    // SAFETY: all accesses are those that the caller vouches for.
    unsafe {
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        let rows: [isize; ROWS] = std::array::from_fn(
            #[inline(always)]
            |row| *a_rows.add(row),
        );
        let (mut a_outer, mut b_outer) = (a, b);
        for _ in 0..walk.outer {
            let (mut a, mut b) = (a_outer, b_outer);
            for _ in 0..walk.inner {
                let columns: [S::f32s; VECTORS] = std::array::from_fn(
                    #[inline(always)]
                    |vector| load::<S>(b.add(vector * S::F32_LANES)),
                );
                for row in 0..ROWS {
                    let value = simd.splat_f32s(*a.offset(rows[row]));
                    for vector in 0..VECTORS {
                        sums[row][vector] = simd.mul_add_e_f32s(value, columns[vector], sums[row][vector]);
                    }
                }
                a = a.wrapping_offset(walk.a_inner);
                b = b.wrapping_offset(walk.b_inner);
            }
            a_outer = a_outer.wrapping_offset(walk.a_outer);
            b_outer = b_outer.wrapping_offset(walk.b_outer);
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let c = c.offset(*c_rows.add(row));
            for (vector, mut sum) in sums.into_iter().enumerate() {
                let at = vector * S::F32_LANES;
                if end.accumulate {
                    sum = simd.add_f32s(sum, load::<S>(c.add(at)));
                }
                if !end.bias.is_null() {
                    sum = simd.add_f32s(sum, load::<S>(end.bias.add(at)));
                }
                if end.relu {
                    sum = simd.max_f32s(sum, simd.splat_f32s(0.0));
                }
                ptr::write_unaligned(c.add(at).cast::<S::f32s>(), sum);
            }
        }
    }
}

/// Makes the function of one instruction set, and its tiles. There are as many rows as registers hold.
macro_rules! tiles {
    ($set:ident, $simd:ty, $new:expr; $($rows_1:literal)+; $($rows_2:literal)+) => {
        mod $set {
            use super::*;

            /// # Safety
            ///
            /// As for [`tile`](super::tile), and the machine has the instruction set.
            #[inline(never)]
            unsafe fn compute<const ROWS: usize, const VECTORS: usize>(
                walk: &Walk,
                a: *const f32,
                a_rows: *const isize,
                b: *const f32,
                c: *mut f32,
                c_rows: *const isize,
                end: &End,
            ) {
                #[allow(unused_unsafe, reason = "plain code needs no instruction set")]
                // SAFETY: the caller says that the machine has the instruction set.
                let simd: $simd = unsafe { $new };
                simd.vectorize(
                    #[inline(always)]
                    // SAFETY: the caller vouches for the accesses.
                    || unsafe { tile::<$simd, ROWS, VECTORS>(simd, walk, a, a_rows, b, c, c_rows, end) },
                );
            }

            pub(super) static TILES: Tiles = Tiles {
                lanes: <$simd as Simd>::F32_LANES,
                tiles: [&[$(compute::<$rows_1, 1>),+], &[$(compute::<$rows_2, 2>),+]],
                row: compute::<1, VECTORS_OF_ROW>,
            };
        }
    };
}

#[cfg(target_arch = "x86_64")]
tiles!(avx512, pulp::x86::V4, pulp::x86::V4::new_unchecked(); 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 1 2 3 4 5 6 7 8 9 10 11 12 13 14);
#[cfg(target_arch = "x86_64")]
tiles!(avx2, pulp::x86::V3, pulp::x86::V3::new_unchecked(); 1 2 3 4 5 6 7 8 9 10 11 12; 1 2 3 4 5 6);
#[cfg(target_arch = "aarch64")]
tiles!(neon, pulp::aarch64::Neon, pulp::aarch64::Neon::new_unchecked(); 1 2 3 4 5 6 7 8 9 10 11 12; 1 2 3 4 5 6 7 8 9 10 11 12);
tiles!(plain, pulp::Scalar, pulp::Scalar::new(); 1 2 3 4; 1 2 3 4);

/// The tiles of the best instruction set of this machine.
fn best() -> &'static Tiles {
    static BEST: OnceLock<&'static Tiles> = OnceLock::new();
    BEST.get_or_init(|| match arch() {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(_) => &avx512::TILES,
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) => &avx2::TILES,
        #[cfg(target_arch = "aarch64")]
        Arch::Neon(_) => &neon::TILES,
        _ => &plain::TILES,
    })
}

/// The most rows that a tile can have: those of AVX-512.
pub(crate) const MAX_ROWS: usize = 14;

/// The most values that a tile can have: two vectors of AVX-512 in each row.
const LARGEST_TILE: usize = MAX_ROWS * 2 * 16;

/// How wide the blocks of `B` are for a matrix with so many columns: two vectors, or one where that wastes less.
pub(crate) fn block_width(columns: usize) -> usize {
    let lanes = best().lanes;
    if columns.div_ceil(lanes).is_multiple_of(2) { 2 * lanes } else { lanes }
}

/// How wide the blocks of `B` are for [`row`].
pub(crate) fn row_width() -> usize {
    VECTORS_OF_ROW * best().lanes
}

/// Computes a row of `C = A · B`, as wide as [`row_width`] says.
///
/// # Safety
///
/// `A` can be read for the whole walk, `B` and the bias, if any, for this width at each step, and `C` can be written for it.
pub(crate) unsafe fn row(walk: &Walk, a: *const f32, b: *const f32, c: *mut f32, end: &End) {
    // SAFETY: the caller vouches for the accesses; the only row begins at the beginning.
    unsafe { (best().row)(walk, a, &0, b, c, &0, end) };
}

/// Computes `C = A · B` for one block of `B`, `width` wide, of which the first `columns` columns are written.
///
/// # Safety
///
/// `width` comes from [`block_width`] and is at least `columns`. `A` can be read at each row's begin for the whole walk,
/// `B` and the bias, if any, for `width` values at each step, and `C` can be written for `columns` values at each row's begin.
#[expect(clippy::too_many_arguments, reason = "the factors of a product, and where they lie")]
#[inline]
pub(crate) unsafe fn block(
    width: usize,
    columns: usize,
    walk: &Walk,
    a: *const f32,
    a_rows: &[isize],
    b: *const f32,
    c: *mut f32,
    c_rows: &[isize],
    end: &End,
) {
    assert_eq!(a_rows.len(), c_rows.len());
    let Tiles { lanes, tiles, .. } = best();
    let tiles = tiles[width / lanes - 1];
    let count = a_rows.len().div_ceil(tiles.len());
    let mut row = 0;
    for at in 0..count {
        // Tiles of about the same size, rather than full ones and a small rest.
        let rows = (a_rows.len() - row).div_ceil(count - at);
        let (a_rows, c_rows) = (&a_rows[row..row + rows], &c_rows[row..row + rows]);
        if columns == width {
            // SAFETY: the caller vouches for the accesses.
            unsafe { tiles[rows - 1](walk, a, a_rows.as_ptr(), b, c, c_rows.as_ptr(), end) };
        } else {
            // SAFETY: as above; of `C` only the first columns are read and written.
            unsafe { narrow(tiles[rows - 1], width, columns, walk, a, a_rows, b, c, c_rows, end) };
        }
        row += rows;
    }
}

/// A tile of which only the first columns are written: it is computed beside `C`, and then copied.
///
/// # Safety
///
/// As for [`block`].
#[expect(clippy::too_many_arguments, reason = "the factors of a product, and where they lie")]
unsafe fn narrow(
    tile: Tile,
    width: usize,
    columns: usize,
    walk: &Walk,
    a: *const f32,
    a_rows: &[isize],
    b: *const f32,
    c: *mut f32,
    c_rows: &[isize],
    end: &End,
) {
    let mut beside = [0.0_f32; LARGEST_TILE];
    let rows: [isize; MAX_ROWS] = std::array::from_fn(|row| (row * width) as isize);
    // SAFETY: the rows beside `C` do not overlap, and those of `C` have so many columns.
    unsafe {
        if end.accumulate {
            for (row, &start) in c_rows.iter().enumerate() {
                ptr::copy_nonoverlapping(c.offset(start), beside.as_mut_ptr().add(row * width), columns);
            }
        }
        tile(walk, a, a_rows.as_ptr(), b, beside.as_mut_ptr(), rows.as_ptr(), end);
        for (row, &start) in c_rows.iter().enumerate() {
            ptr::copy_nonoverlapping(beside.as_ptr().add(row * width), c.offset(start), columns);
        }
    }
}

/// A matrix in blocks of columns, one after the other: `[block][row][width]`. The last block is filled up with zeros.
pub(crate) struct Packed {
    values: Vec<f32>,
    rows: usize,
    columns: usize,
    width: usize,
}

impl Packed {
    /// Packs the matrix with these entries, given by row and column.
    pub(crate) fn new(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f32) -> Self {
        let mut packed = Self::zeros(rows, columns);
        let width = packed.width;
        for (at, block) in packed.values.chunks_exact_mut((rows * width).max(1)).enumerate() {
            for (row, values) in block.chunks_exact_mut(width).enumerate() {
                for (column, value) in (at * width..columns).zip(values) {
                    *value = entry(row, column);
                }
            }
        }
        packed
    }

    /// Packs a matrix in row-major order.
    pub(crate) fn row_major(matrix: &[f32], columns: usize) -> Self {
        let rows = matrix.len() / columns.max(1);
        let mut packed = Self::zeros(rows, columns);
        let width = packed.width;
        for (at, block) in packed.values.chunks_exact_mut((rows * width).max(1)).enumerate() {
            let range = at * width..(at * width + width).min(columns);
            for (row, values) in block.chunks_exact_mut(width).enumerate() {
                values[..range.len()].copy_from_slice(&matrix[row * columns..][range.clone()]);
            }
        }
        packed
    }

    fn zeros(rows: usize, columns: usize) -> Self {
        let width = block_width(columns);
        Self { values: vec![0.0; columns.div_ceil(width) * rows * width], rows, columns, width }
    }

    /// How many rows and columns the matrix has.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// How wide the blocks are.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Writes `C = A · B`, or adds it. The bias is packed as a matrix of one row.
    ///
    /// # Safety
    ///
    /// `A` can be read at each row's begin for the whole walk, which visits as many steps as this matrix has rows, and `C`
    /// can be written for as many columns as this matrix has at each row's begin.
    #[expect(clippy::too_many_arguments, reason = "the factors of a product, and where they lie")]
    pub(crate) unsafe fn multiply(
        &self,
        walk: &Walk,
        a: *const f32,
        a_rows: &[isize],
        c: *mut f32,
        c_rows: &[isize],
        bias: Option<&Self>,
        end: End,
    ) {
        debug_assert_eq!(walk.outer * walk.inner, self.rows);
        assert!(bias.is_none_or(|bias| bias.rows == 1 && bias.columns == self.columns));
        for (at, values) in self.values.chunks_exact((self.rows * self.width).max(1)).enumerate() {
            let start = at * self.width;
            let bias = bias.map_or(end.bias, |bias| bias.values[start..].as_ptr());
            // SAFETY: blocks are filled up to their width; the caller vouches for the rest.
            unsafe {
                let (b, c) = (values.as_ptr(), c.add(start));
                let columns = self.width.min(self.columns - start);
                block(self.width, columns, walk, a, a_rows, b, c, c_rows, &End { bias, ..end });
            }
        }
    }
}

/// Where rows begin that lie `stride` values apart.
pub(crate) fn rows(count: usize, stride: usize) -> Vec<isize> {
    (0..count).map(|row| (row * stride) as isize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::numbers;

    /// Compares with a plain product, for all numbers of rows and columns up to three blocks.
    #[test]
    fn the_product_is_that_of_the_definition() {
        for (count, depth, columns) in
            [(1, 1, 1), (3, 5, 16), (14, 7, 32), (15, 9, 33), (29, 4, 48), (40, 11, 70), (6, 3, 10)]
        {
            let (a, b, bias) = (numbers(count * depth, 1), numbers(depth * columns, 2), numbers(columns, 3));
            let packed = Packed::row_major(&b, columns);
            assert_eq!(packed.values, Packed::new(depth, columns, |row, column| b[row * columns + column]).values);
            let walk = Walk::along(depth, packed.width());
            for (accumulate, relu) in [(false, false), (false, true), (true, false)] {
                let mut c = vec![0.5; count * columns];
                let bias_block = Packed::row_major(&bias, columns);
                let end = End { accumulate, relu, ..End::WRITE };
                // SAFETY: the rows lie within the matrices.
                unsafe {
                    let (a_rows, c_rows) = (rows(count, depth), rows(count, columns));
                    packed.multiply(&walk, a.as_ptr(), &a_rows, c.as_mut_ptr(), &c_rows, Some(&bias_block), end);
                }
                for row in 0..count {
                    for column in 0..columns {
                        let sum: f32 = (0..depth).map(|k| a[row * depth + k] * b[k * columns + column]).sum();
                        let sum = sum + bias[column] + if accumulate { 0.5 } else { 0.0 };
                        let sum = if relu { sum.max(0.0) } else { sum };
                        assert!((sum - c[row * columns + column]).abs() < 1e-5, "{count} {depth} {columns}");
                    }
                }
            }
        }
    }
}
