//! Products of matrices, split over the threads.

use std::ops::Range;

use gemm::{Parallelism, gemm};

use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, split_if};

/// Below so many multiplications, which take some fifty microseconds, waking a thread costs more than it saves: epochs of
/// small dense layers took a third less time without it.
const WORTH_A_THREAD: usize = 1 << 23;

/// A matrix in memory: its values, and how far apart its rows and its columns are.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix in row-major order.
    pub(crate) fn row_major(values: &'a [f32], columns: usize) -> Self {
        Self { values, row_stride: columns, column_stride: 1 }
    }

    /// The transposed matrix.
    pub(crate) fn transposed(self) -> Self {
        Self { row_stride: self.column_stride, column_stride: self.row_stride, ..self }
    }

    /// Does a matrix of this size lie within the values?
    fn has(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.values.len()
    }
}

/// What is added to a product, and applied to the sum.
#[derive(Clone, Copy, Default)]
pub(crate) struct Epilogue<'a> {
    /// One number for each column.
    pub bias: Option<&'a [f32]>,
    pub relu: bool,
}

/// Writes `relu?(a · b + bias)` in row-major order. `a` has `rows` rows and `depth` columns, `b` as many columns as `y`.
pub(crate) fn product(y: &mut [f32], rows: usize, depth: usize, a: Matrix, b: Matrix, epilogue: Epilogue) {
    if rows == 0 || y.is_empty() {
        return;
    }
    let columns = y.len() / rows;
    assert!(y.len() == rows * columns && a.has(rows, depth) && b.has(depth, columns));
    let y = Shared::new(y);
    let worth_it = rows.saturating_mul(columns).saturating_mul(depth) >= WORTH_A_THREAD;
    // Each thread prepares the whole of the matrix that is not split, so that should be the smaller one.
    let by_columns = columns > rows;
    split_if(worth_it, if by_columns { columns } else { rows }, |_, range| {
        let (rows, columns_here) = if by_columns { (0..rows, range) } else { (range, 0..columns) };
        let row = |row: usize| {
            let start = row * columns;
            // SAFETY: the threads have different rows, or different columns of them.
            unsafe { y.slice(start + columns_here.start..start + columns_here.end) }
        };
        let has_epilogue = epilogue.bias.is_some() || epilogue.relu;
        let at_once = if has_epilogue { rows_at_once(columns_here.len()) } else { rows.len() };
        for rows in chunks(rows, at_once) {
            if let Some(bias) = epilogue.bias {
                rows.clone().for_each(|at| row(at).copy_from_slice(&bias[columns_here.clone()]));
            }
            let (first_row, first_column) = (rows.start, columns_here.start);
            // SAFETY: the assertion above says that the matrices have these rows and columns, and the threads write to
            // different ones.
            unsafe {
                gemm(
                    rows.len(),
                    columns_here.len(),
                    depth,
                    y.pointer().add(first_row * columns + first_column),
                    1,
                    columns as isize,
                    epilogue.bias.is_some(),
                    a.values.as_ptr().add(first_row * a.row_stride),
                    a.column_stride as isize,
                    a.row_stride as isize,
                    b.values.as_ptr().add(first_column * b.column_stride),
                    b.column_stride as isize,
                    b.row_stride as isize,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    Parallelism::None,
                );
            }
            if epilogue.relu {
                rows.for_each(|at| relu(row(at)));
            }
        }
    });
}

/// How many rows are computed at a time, so that they are in the cache when the bias is added and relu is applied. So many
/// that preparing the other matrix for each time does not matter.
fn rows_at_once(columns: usize) -> usize {
    ((1 << 17) / columns.max(1)).max(256)
}

/// Ranges of at most this length that cover a range.
fn chunks(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(len.max(1)).map(move |start| start..range.end.min(start + len))
}

fn relu(values: &mut [f32]) {
    vectorize(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value = value.max(0.0)),
    );
}
