//! Products of matrices in the memory of one thread, and the way of rows to such matrices and back.

use std::ops::Range;

use crate::flex::microkernel::{End, Packed, Walk, block, block_width, rows};

/// A matrix that [`add_transposed`] reads must have so many values after its last one: blocks are read in full.
pub(super) const SLACK: usize = 32;

/// Writes `C = A · B + bias`, or adds it, for so many rows of `A` and `C`, which lie these strides apart.
pub(super) fn multiply(
    b: &Packed,
    (a, a_stride): (&[f32], usize),
    (c, c_stride): (&mut [f32], usize),
    count: usize,
    bias: Option<&Packed>,
    end: End,
) {
    if count == 0 {
        return;
    }
    let (depth, columns) = b.sizes();
    assert!((count - 1) * a_stride + depth <= a.len() && (count - 1) * c_stride + columns <= c.len());
    let walk = Walk::along(depth, b.width());
    let (a_rows, c_rows) = (rows(count, a_stride), rows(count, c_stride));
    // SAFETY: the assertion says that the rows lie within the matrices.
    unsafe { b.multiply(&walk, a.as_ptr(), &a_rows, c.as_mut_ptr(), &c_rows, bias, end) };
}

/// Adds `Aᵀ · B` to `C`, for so many rows of `A` and `B`, and so many columns of `B` and `C`.
pub(super) fn add_transposed(
    (a, a_columns): (&[f32], usize),
    (b, b_stride): (&[f32], usize),
    (c, c_stride): (&mut [f32], usize),
    count: usize,
    columns: usize,
) {
    if count == 0 || a_columns == 0 || columns == 0 {
        return;
    }
    let width = block_width(columns);
    assert!(count * a_columns <= a.len() && (a_columns - 1) * c_stride + columns <= c.len());
    assert!((count - 1) * b_stride + columns.next_multiple_of(width) <= b.len());
    let walk = Walk {
        outer: 1,
        a_outer: 0,
        b_outer: 0,
        inner: count,
        a_inner: a_columns as isize,
        b_inner: b_stride as isize,
    };
    let (a_rows, c_rows) = (rows(a_columns, 1), rows(a_columns, c_stride));
    for start in (0..columns).step_by(width) {
        let here = width.min(columns - start);
        // SAFETY: the assertions say that the matrices have these rows, and `B` whole blocks.
        unsafe {
            let (b, c) = (b.as_ptr().add(start), c.as_mut_ptr().add(start));
            block(width, here, &walk, a.as_ptr(), &a_rows, b, c, &c_rows, &End::ADD);
        }
    }
}

/// Rows of so many values: a row for each sample in each slot, `[samples][slots]`.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub width: usize,
    pub slots: usize,
    pub samples: usize,
}

impl Rows {
    fn range(self, sample: usize, slot: usize) -> Range<usize> {
        let start = (sample * self.slots + slot) * self.width;
        start..start + self.width
    }

    /// Copies some slots, one after the other, with the samples of each side by side.
    pub(super) fn gather(self, from: &[f32], slots: impl Iterator<Item = usize>, to: &mut [f32]) {
        for (slot, to) in slots.zip(to.chunks_exact_mut(self.samples * self.width)) {
            for (sample, to) in to.chunks_exact_mut(self.width).enumerate() {
                to.copy_from_slice(&from[self.range(sample, slot)]);
            }
        }
    }

    /// The way back.
    pub(super) fn scatter(self, from: &[f32], slots: impl Iterator<Item = usize>, to: &mut [f32]) {
        for (slot, from) in slots.zip(from.chunks_exact(self.samples * self.width)) {
            for (sample, from) in from.chunks_exact(self.width).enumerate() {
                to[self.range(sample, slot)].copy_from_slice(from);
            }
        }
    }

    /// Adds a slot to the samples side by side.
    pub(super) fn add(self, from: &[f32], slot: usize, to: &mut [f32]) {
        for (sample, to) in to.chunks_exact_mut(self.width).enumerate() {
            for (to, from) in to.iter_mut().zip(&from[self.range(sample, slot)]) {
                *to += from;
            }
        }
    }
}
