//! Loops over values that several operations share.

use std::ops::Range;

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;

use crate::flex::buffer::{tensor, values};
use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};

/// Writes each value of a result from its place, in parts that may run on different threads.
///
/// `fill` gets the place where the part begins, and the part. It must be `#[inline(always)]` where it is to be vectorized.
pub(crate) fn fill(y: &mut [f32], fill: impl Fn(usize, &mut [f32]) + Sync) {
    let (len, shared) = (y.len(), Shared::new(y));
    split_if(len >= WORTH_A_THREAD, len, |_, range| {
        let start = range.start;
        // SAFETY: the parts do not overlap.
        fill(start, unsafe { shared.slice(range) });
    });
}

/// Runs `work` with the number of each row, and where its values lie.
#[inline(always)]
pub(crate) fn each_row(rows: usize, columns: usize, work: impl Fn(usize, Range<usize>) + Sync) {
    split_if(rows * columns >= WORTH_A_THREAD, rows, |_, range| {
        vectorize(
            #[inline(always)]
            || {
                for row in range.clone() {
                    work(row, row * columns..(row + 1) * columns);
                }
            },
        );
    });
}

/// The gradient by the input of relu, from that by its result `y`.
pub(crate) fn gradient_of_relu(gradient: &FlexTensor, y: &FlexTensor) -> FlexTensor {
    let shape = y.shape();
    let (gradient, y) = (values(gradient), values(y));
    tensor(shape, |by_x| {
        fill(by_x, |start, part| {
            let (gradient, y) = (&gradient[start..][..part.len()], &y[start..][..part.len()]);
            vectorize(
                #[inline(always)]
                || {
                    for ((part, gradient), y) in part.iter_mut().zip(gradient).zip(y) {
                        *part = if *y > 0.0 { *gradient } else { 0.0 };
                    }
                },
            );
        });
    })
}

/// Writes the sum of each column of a matrix in row-major order.
pub(crate) fn column_sums(matrix: &[f32], sums: &mut [f32]) {
    sums.fill(0.0);
    add_column_sums(matrix, sums.len(), 0, sums);
}

/// Adds the sums of the columns from `first` on, of a matrix whose rows have `width` values.
pub(crate) fn add_column_sums(matrix: &[f32], width: usize, first: usize, sums: &mut [f32]) {
    if sums.is_empty() {
        return;
    }
    vectorize(
        #[inline(always)]
        || {
            for row in matrix.chunks_exact(width) {
                for (sum, value) in sums.iter_mut().zip(&row[first..]) {
                    *sum += value;
                }
            }
        },
    );
}
