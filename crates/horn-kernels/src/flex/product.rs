//! Products of matrices, split over the threads.

use std::ops::Range;

use gemm::{Parallelism, gemm};

use crate::flex::buffer::Scratch;
use crate::flex::microkernel::{End, Walk, block, block_width, row, row_width, rows as places};
use crate::flex::threads::{Shared, split_if};

/// Below so many multiplications, which take some fifty microseconds, another thread costs more than it saves: the threads
/// read from each other what they have written.
pub(crate) const WORTH_A_THREAD: usize = 1 << 23;

/// So many steps are added up at once: a block of the second matrix for them stays in the cache.
const DEPTH_AT_ONCE: usize = 1024;

/// So many values of the first matrix are read again and again until all columns are done: they fit into the cache, too.
const VALUES_AT_ONCE: usize = 1 << 17;

/// Rows that lie so far apart compete for the same few lines of the cache: a block of them is copied before it is used.
const FAR: usize = 1024;

/// From so many rows on, copying a block is a small part of the work.
const WORTH_A_COPY: usize = 28;

/// The widest block of the second matrix.
const WIDEST: usize = 32;

/// A matrix in memory: its values, and how far apart its rows and its columns are.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix whose rows begin so many values apart; in row-major order, so many as it has columns.
    pub(crate) fn row_major(values: &'a [f32], columns: usize) -> Self {
        Self { values, row_stride: columns, column_stride: 1 }
    }

    /// The transposed matrix.
    pub(crate) fn transposed(self) -> Self {
        Self { row_stride: self.column_stride, column_stride: self.row_stride, ..self }
    }

    /// The matrix without its first rows and columns.
    pub(crate) fn from(self, row: usize, column: usize) -> Self {
        let start = row * self.row_stride + column * self.column_stride;
        Self { values: &self.values[start.min(self.values.len())..], ..self }
    }

    /// Does a matrix of this size lie within the values?
    fn has(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.values.len()
    }

    /// Copies the first rows and columns into a block so wide: each row after the other, filled up with zeros. The values
    /// of a row, or of a column, lie side by side.
    fn copy_block(self, rows: usize, columns: usize, width: usize, to: &mut [f32]) {
        debug_assert!(self.column_stride == 1 || self.row_stride == 1);
        if columns < width {
            to[..rows * width].fill(0.0);
        }
        if self.column_stride == 1 {
            match width {
                32 if columns == width => copy_rows::<32>(self.values, self.row_stride, &mut to[..rows * width]),
                16 if columns == width => copy_rows::<16>(self.values, self.row_stride, &mut to[..rows * width]),
                _ => {
                    for (row, to) in to[..rows * width].chunks_exact_mut(width).enumerate() {
                        to[..columns].copy_from_slice(&self.values[row * self.row_stride..][..columns]);
                    }
                }
            }
            return;
        }
        let (mut start, lines) = (0, LINE * width);
        while width == WIDEST && columns == width && start + LINE <= rows {
            turn_over(&self.values[start..], self.column_stride, &mut to[start * width..][..lines]);
            start += LINE;
        }
        for start in (start..rows).step_by(LINE) {
            let end = rows.min(start + LINE);
            let to = &mut to[start * width..end * width];
            for column in 0..columns {
                let from = &self.values[column * self.column_stride + start..][..end - start];
                for (to, value) in to.chunks_exact_mut(width).zip(from) {
                    to[column] = *value;
                }
            }
        }
    }
}

/// The values of a line of the cache.
const LINE: usize = 16;

/// Writes the first values of so many columns, which lie `stride` apart, as rows: a line of the cache at a time, so that each
/// is read once, and what is written stays there.
fn turn_over(columns: &[f32], stride: usize, to: &mut [f32]) {
    let mut rows = [[0.0; WIDEST]; LINE];
    for column in 0..WIDEST {
        let line: &[f32; LINE] = columns[column * stride..].first_chunk().expect("the matrix has these rows");
        for (row, value) in rows.iter_mut().zip(line) {
            row[column] = *value;
        }
    }
    to.copy_from_slice(rows.as_flattened());
}

/// Copies rows of `W` values that lie `stride` apart.
fn copy_rows<const W: usize>(values: &[f32], stride: usize, to: &mut [f32]) {
    for (row, to) in to.as_chunks_mut::<W>().0.iter_mut().enumerate() {
        let from: &[f32; W] = values[row * stride..].first_chunk().expect("the matrix has this row");
        *to = *from;
    }
}

/// What is added to a product, and applied to the sum.
#[derive(Clone, Copy, Default)]
pub(crate) struct Epilogue<'a> {
    /// One number for each column.
    pub bias: Option<&'a [f32]>,
    pub relu: bool,
}

impl Epilogue<'_> {
    /// That of the columns from one on.
    fn from(self, column: usize) -> Self {
        Self { bias: self.bias.map(|bias| &bias[column..]), ..self }
    }
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
    // Each thread reads the whole of the matrix that is not split, so that should be the smaller one.
    if columns > rows {
        let width = block_width(columns);
        split_if(worth_it, columns.div_ceil(width), |_, blocks| {
            let (start, end) = (blocks.start * width, columns.min(blocks.end * width));
            let sizes = [rows, depth, end - start];
            // SAFETY: the threads have different columns of the rows.
            unsafe { compute(y.pointer().add(start), columns, sizes, a, b.from(0, start), epilogue.from(start)) };
        });
    } else {
        split_if(worth_it, rows, |_, range| {
            // SAFETY: the threads have different rows.
            let y = unsafe { y.slice(range.start * columns..range.end * columns) };
            product_here(y, range.len(), depth, a.from(range.start, 0), b, epilogue);
        });
    }
}

/// As [`product`], on this thread alone.
pub(crate) fn product_here(y: &mut [f32], rows: usize, depth: usize, a: Matrix, b: Matrix, epilogue: Epilogue) {
    if rows == 0 || y.is_empty() {
        return;
    }
    let columns = y.len() / rows;
    assert_eq!(y.len(), rows * columns);
    // SAFETY: the values are all there, and borrowed mutably.
    unsafe { compute(y.as_mut_ptr(), columns, [rows, depth, columns], a, b, epilogue) };
}

/// Writes a product of this many rows, steps and columns. The rows of the result lie `stride` values apart.
///
/// # Safety
///
/// The result can be written at these rows and columns, and nobody else uses them meanwhile.
unsafe fn compute(
    y: *mut f32,
    stride: usize,
    [rows, depth, columns]: [usize; 3],
    a: Matrix,
    b: Matrix,
    epilogue: Epilogue,
) {
    assert!(a.has(rows, depth) && b.has(depth, columns) && epilogue.bias.is_none_or(|bias| bias.len() >= columns));
    let is_turned = b.column_stride != 1;
    if is_turned && (rows == 1 || b.column_stride < FAR / 2) && epilogue.bias.is_none() && !epilogue.relu {
        // A small matrix is turned over faster there.
        // SAFETY: the caller says so.
        return unsafe { by_gemm((y, stride), [rows, depth, columns], a, b, false, 1.0) };
    }
    // SAFETY: the caller says so, and the matrix has these columns.
    let done = if rows == 1 && !is_turned { unsafe { start_of_row(y, depth, columns, a, b, epilogue) } } else { 0 };
    if done == columns {
        return;
    }
    // SAFETY: there are columns left.
    let y = unsafe { y.add(done) };
    let (columns, b, epilogue) = (columns - done, b.from(0, done), epilogue.from(done));
    let width = block_width(columns);
    let is_copied = is_turned || (b.row_stride >= FAR && rows >= WORTH_A_COPY);
    let mut copy: Option<Scratch> = None;
    let (a_rows, y_rows) = (places(rows, a.row_stride), places(rows, stride));
    // What is copied is used for many rows. What is not is read again, and the rows of the first matrix stay in the cache.
    let at_once = if is_copied { 2048 } else { (VALUES_AT_ONCE / depth.max(1)).max(WORTH_A_COPY) };
    for rows in chunks(0..rows, at_once) {
        let (a_rows, y_rows) = (&a_rows[rows.clone()], &y_rows[rows]);
        for steps in chunks(0..depth.max(1), DEPTH_AT_ONCE) {
            let deep = steps.end.min(depth) - steps.start;
            let is_last = steps.end >= depth;
            for start in (0..columns).step_by(width) {
                let here = width.min(columns - start);
                let from = b.from(steps.start, start);
                let (from, b_inner) = if is_copied || here < width {
                    let copy = copy.get_or_insert_with(|| Scratch::new(DEPTH_AT_ONCE.min(depth) * width));
                    from.copy_block(deep, here, width, copy.values());
                    (&*copy.values(), width)
                } else {
                    (from.values, b.row_stride)
                };
                let mut bias = [0.0; WIDEST];
                let biases = epilogue.bias.filter(|_| is_last).map_or(std::ptr::null(), |all| {
                    bias[..here].copy_from_slice(&all[start..start + here]);
                    bias.as_ptr()
                });
                let walk = Walk {
                    outer: 1,
                    a_outer: 0,
                    b_outer: 0,
                    inner: deep,
                    a_inner: a.column_stride as isize,
                    b_inner: b_inner as isize,
                };
                let end = End { accumulate: steps.start > 0, bias: biases, relu: epilogue.relu && is_last };
                let a = a.from(0, steps.start).values.as_ptr();
                // SAFETY: the assertion says that the matrices have these rows and columns. A block of the second one is
                // whole, or was copied and filled up. The caller answers for the result.
                unsafe { block(width, here, &walk, a, a_rows, from.as_ptr(), y.add(start), y_rows, &end) };
            }
        }
    }
}

/// Writes the first columns of a product of one row, and says how many. It reads each number of the matrix once, so there is
/// nothing that tiles could use again. The sums are in the order of those of several rows: what a sample gives does not
/// depend on how many there are.
///
/// # Safety
///
/// As for [`compute`]; the columns of `b` lie side by side.
unsafe fn start_of_row(y: *mut f32, depth: usize, columns: usize, a: Matrix, b: Matrix, epilogue: Epilogue) -> usize {
    let width = row_width();
    let whole = columns / width * width;
    for steps in chunks(0..depth.max(1), DEPTH_AT_ONCE) {
        let is_last = steps.end >= depth;
        let (a_inner, b_inner) = (a.column_stride as isize, b.row_stride as isize);
        let inner = steps.end.min(depth) - steps.start;
        let walk = Walk { outer: 1, a_outer: 0, b_outer: 0, inner, a_inner, b_inner };
        for start in (0..whole).step_by(width) {
            let bias = epilogue.bias.filter(|_| is_last).map_or(std::ptr::null(), |bias| bias[start..].as_ptr());
            let end = End { accumulate: steps.start > 0, bias, relu: epilogue.relu && is_last };
            let (a, b) = (a.from(0, steps.start).values.as_ptr(), b.from(steps.start, start).values.as_ptr());
            // SAFETY: the caller says that the matrices have these rows and columns, and the bias these values.
            unsafe { row(&walk, a, b, y.add(start), &end) };
        }
    }
    whole
}

/// Writes `scale · a · b`, or adds it to what is there, by the library for products. The rows of the result lie `stride`
/// values apart.
///
/// # Safety
///
/// As for [`compute`].
pub(crate) unsafe fn by_gemm(
    (y, stride): (*mut f32, usize),
    [rows, depth, columns]: [usize; 3],
    a: Matrix,
    b: Matrix,
    adds: bool,
    scale: f32,
) {
    assert!(a.has(rows, depth) && b.has(depth, columns));
    // SAFETY: the assertion says that the matrices have these rows and columns, and the caller answers for the result.
    unsafe {
        gemm(
            rows,
            columns,
            depth,
            y,
            1,
            stride as isize,
            adds,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// Ranges of at most this length that cover a range.
pub(crate) fn chunks(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(len.max(1)).map(move |start| start..range.end.min(start + len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{close, numbers};
    use proptest::prelude::*;

    /// Compares with the sums of the definition, in float64.
    fn check([rows, depth, columns]: [usize; 3], a_is_transposed: bool, b_is_transposed: bool, bias: bool, relu: bool) {
        let (a, b, biases) = (numbers(rows * depth, 1), numbers(depth * columns, 2), numbers(columns, 3));
        let matrix = |values, [rows, columns]: [usize; 2], is_transposed: bool| {
            if is_transposed {
                Matrix::row_major(values, rows).transposed()
            } else {
                Matrix::row_major(values, columns)
            }
        };
        let (left, right) = (matrix(&a, [rows, depth], a_is_transposed), matrix(&b, [depth, columns], b_is_transposed));
        let mut y = vec![f32::NAN; rows * columns];
        product(&mut y, rows, depth, left, right, Epilogue { bias: bias.then_some(&biases), relu });
        let at =
            |m: &Matrix, row: usize, column: usize| f64::from(m.values[row * m.row_stride + column * m.column_stride]);
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let expected: Vec<f32> = places
            .map(|(row, column)| {
                let sum: f64 = (0..depth).map(|k| at(&left, row, k) * at(&right, k, column)).sum();
                let sum = sum + if bias { f64::from(biases[column]) } else { 0.0 };
                (if relu { sum.max(0.0) } else { sum }) as f32
            })
            .collect();
        close("the product", &y, &expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn products_are_those_of_the_definition(
            rows in 0..60_usize, depth in 0..50_usize, columns in 0..100_usize,
            a_is_transposed: bool, b_is_transposed: bool, bias: bool, relu: bool,
        ) {
            check([rows, depth, columns], a_is_transposed, b_is_transposed, bias, relu);
        }
    }

    #[test]
    fn so_are_those_that_are_split_or_copied() {
        for sizes in [[3, 2500, 70], [40, 1100, 1030], [300, 300, 129], [2100, 60, 90], [129, 1024, 40]] {
            for (a_is_transposed, b_is_transposed) in [(false, false), (true, false), (false, true)] {
                check(sizes, a_is_transposed, b_is_transposed, true, false);
            }
        }
    }

    #[test]
    fn a_row_alone_gives_the_same_bits_as_among_others() {
        for [rows, depth, columns] in [[7, 3, 2], [5, 300, 200], [3, 128, 10], [4, 2500, 138], [2, 1, 1]] {
            let (a, b, biases) = (numbers(rows * depth, 1), numbers(depth * columns, 2), numbers(columns, 3));
            let (a, b) = (Matrix::row_major(&a, depth), Matrix::row_major(&b, columns));
            let epilogue = Epilogue { bias: Some(&biases), relu: true };
            let mut all = vec![f32::NAN; rows * columns];
            product(&mut all, rows, depth, a, b, epilogue);
            for (row, among) in all.chunks_exact(columns).enumerate() {
                let mut alone = vec![f32::NAN; columns];
                product(&mut alone, 1, depth, a.from(row, 0), b, epilogue);
                assert_eq!(alone, among, "row {row} of {rows} × {depth} × {columns}");
            }
        }
    }
}
