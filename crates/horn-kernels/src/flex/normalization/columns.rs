//! Statistics of the columns of a matrix in row-major order, in one pass over it.
//!
//! The rows are samples and pixels, the columns are channels. Narrow rows are put together to a wide one, so that few
//! channels fill vectors, too.

use std::ops::Range;

use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, WORTH_A_THREAD, parts, split_if};

/// The fewest values that a loop over a wide row has.
const WIDE: usize = 64;

/// How many wide rows are summed up in float32 before the sums go on in float64.
const ROWS: usize = 64;

/// The columns of a matrix, and how many rows are put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    count: usize,
    together: usize,
}

impl Columns {
    /// So many columns, at least one.
    pub(crate) fn new(count: usize) -> Self {
        Self { count, together: (WIDE / count).max(1) }
    }

    fn width(self) -> usize {
        self.count * self.together
    }

    /// A number for each column, repeated for each of the rows that are put together.
    pub(crate) fn repeated(self, values: impl IntoIterator<Item = f32>) -> Vec<f32> {
        let values: Vec<f32> = values.into_iter().collect();
        debug_assert_eq!(values.len(), self.count);
        values.repeat(self.together)
    }

    /// Runs `work` with ranges of values of whole rows, on the threads where it is worth it.
    pub(crate) fn split(self, len: usize, work: impl Fn(usize, Range<usize>) + Sync) {
        split_if(len >= WORTH_A_THREAD, len / self.count, |part, rows| {
            work(part, rows.start * self.count..rows.end * self.count);
        });
    }

    /// Calls `row` with the ranges of wide rows, and of the single ones that are left.
    #[inline(always)]
    fn rows(self, range: Range<usize>, mut row: impl FnMut(Range<usize>)) {
        let mut start = range.start;
        for step in [self.width(), self.count] {
            while start + step <= range.end {
                row(start..start + step);
                start += step;
            }
        }
    }

    /// Two sums for each column, of chunks of rows that are few enough for float32.
    ///
    /// `add` gets the range of a chunk, and adds its values to both sums. `finish` gets how many rows the chunk had, where
    /// it began, and the sums.
    fn chunks(
        self,
        len: usize,
        mut add: impl FnMut(Range<usize>, &mut [f32], &mut [f32]),
        mut finish: impl FnMut(usize, usize, &[f32], &[f32]),
    ) {
        let mut sums = vec![0.0; 2 * self.width()];
        let (first, second) = sums.split_at_mut(self.width());
        for start in (0..len).step_by(ROWS * self.width()) {
            let chunk = start..len.min(start + ROWS * self.width());
            first.fill(0.0);
            second.fill(0.0);
            let rows = chunk.len() / self.count;
            add(chunk, first, second);
            for sums in [&mut *first, &mut *second] {
                let (sums, others) = sums.split_at_mut(self.count);
                for other in others.chunks_exact(self.count) {
                    sums.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
                }
            }
            finish(rows, start, &first[..self.count], &second[..self.count]);
        }
    }

    /// The moments of each column.
    ///
    /// Each chunk has its own moments, of values less those of its first row, so that nothing cancels out; those of the
    /// chunks are brought together by the formula of Chan, Golub and LeVeque (1979).
    pub(crate) fn moments(self, x: &[f32]) -> Moments {
        let mut all = vec![Moments::new(self.count); parts(x.len() / self.count)];
        let shared = Shared::new(&mut all);
        self.split(x.len(), |part, range| {
            // SAFETY: each part has its own place.
            let moments = unsafe { &mut shared.slice(part..part + 1)[0] };
            *moments = self.moments_of_part(&x[range]);
        });
        let mut moments = Moments::new(self.count);
        all.iter().for_each(|part| moments.merge(part));
        moments
    }

    /// As [`moments`](Self::moments), on this thread.
    pub(crate) fn moments_of_part(self, x: &[f32]) -> Moments {
        let mut moments = Moments::new(self.count);
        let mut shift = vec![0.0; self.width()];
        let add = |chunk: Range<usize>, sums: &mut [f32], squares: &mut [f32]| {
            let first = &x[chunk.start..][..self.count];
            shift.chunks_exact_mut(self.count).for_each(|shift| shift.copy_from_slice(first));
            vectorize(
                #[inline(always)]
                || {
                    self.rows(
                        chunk.clone(),
                        #[inline(always)]
                        |row| add_moments(&x[row], &shift, sums, squares),
                    );
                },
            );
        };
        self.chunks(x.len(), add, |rows, start, sums, squares| moments.add(rows, &x[start..], sums, squares));
        moments
    }

    /// The sum of each column of a gradient, and of its product with `x` less the column's `mean`.
    ///
    /// Where `y` is given, the gradient counts only where `y` is positive.
    pub(crate) fn gradient_sums(self, x: &[f32], mean: &[f32], gradient: &[f32], y: Option<&[f32]>) -> [Vec<f32>; 2] {
        let mean = self.repeated(mean.iter().copied());
        let mut all = vec![0.0_f64; 2 * self.count * parts(x.len() / self.count)];
        let shared = Shared::new(&mut all);
        self.split(x.len(), |part, range| {
            // SAFETY: each part has its own place.
            let sums = unsafe { shared.slice(2 * self.count * part..2 * self.count * (part + 1)) };
            self.add_gradient_sums([&x[range.clone()], &gradient[range.clone()]], &mean, y.map(|y| &y[range]), sums);
        });
        let total = |at: usize| all[at..].iter().step_by(2 * self.count).sum::<f64>() as f32;
        [(0..self.count).map(total).collect(), (self.count..2 * self.count).map(total).collect()]
    }

    /// Adds what [`gradient_sums`](Self::gradient_sums) sums up: first the sums, then those of the products. `mean` is
    /// [repeated](Self::repeated).
    pub(crate) fn add_gradient_sums(
        self,
        [x, gradient]: [&[f32]; 2],
        mean: &[f32],
        y: Option<&[f32]>,
        totals: &mut [f64],
    ) {
        let add = |chunk: Range<usize>, sums: &mut [f32], products: &mut [f32]| {
            vectorize(
                #[inline(always)]
                || {
                    self.rows(
                        chunk.clone(),
                        #[inline(always)]
                        |row| {
                            let (x, gradient) = (&x[row.clone()], &gradient[row.clone()]);
                            match y {
                                Some(y) => add_products([x, gradient, &y[row]], mean, sums, products, mask),
                                None => add_products([x, gradient, gradient], mean, sums, products, keep),
                            }
                        },
                    );
                },
            );
        };
        self.chunks(x.len(), add, |_, _, sums, products| {
            totals.iter_mut().zip(sums.iter().chain(products)).for_each(|(total, sum)| *total += f64::from(*sum));
        });
    }

    /// Writes `relu?((x − mean) · factor + offset)`. The terms are [repeated](Self::repeated).
    pub(crate) fn affine(self, x: &[f32], [mean, factor, offset]: [&[f32]; 3], relu: bool, y: &mut [f32]) {
        let lowest = if relu { 0.0 } else { f32::NEG_INFINITY };
        vectorize(
            #[inline(always)]
            || {
                self.rows(
                    0..x.len(),
                    #[inline(always)]
                    |row| {
                        let terms = mean.iter().zip(factor).zip(offset);
                        for ((y, x), ((mean, factor), offset)) in y[row.clone()].iter_mut().zip(&x[row]).zip(terms) {
                            let value = (x - mean) * factor + offset;
                            // Not `max`, which would lose what is not a number.
                            *y = if value < lowest { lowest } else { value };
                        }
                    },
                );
            },
        );
    }

    /// Writes `gradient · factor + (x − mean) · slope + offset`, the gradient where `y` is positive if it is given. The
    /// terms, in this order with the mean first, are [repeated](Self::repeated).
    pub(crate) fn affine_gradient(
        self,
        [x, gradient]: [&[f32]; 2],
        y: Option<&[f32]>,
        terms: [&[f32]; 4],
        by_x: &mut [f32],
    ) {
        vectorize(
            #[inline(always)]
            || {
                self.rows(
                    0..x.len(),
                    #[inline(always)]
                    |row| {
                        let (x, gradient) = (&x[row.clone()], &gradient[row.clone()]);
                        let by_x = &mut by_x[row.clone()];
                        match y {
                            Some(y) => write_gradient([x, gradient, &y[row]], terms, by_x, mask),
                            None => write_gradient([x, gradient, gradient], terms, by_x, keep),
                        }
                    },
                );
            },
        );
    }
}

/// The gradient by the input of relu, whose result is `y`.
#[inline(always)]
fn mask(gradient: f32, y: f32) -> f32 {
    if y > 0.0 { gradient } else { 0.0 }
}

#[inline(always)]
fn keep(gradient: f32, _: f32) -> f32 {
    gradient
}

#[inline(always)]
fn write_gradient(
    [x, gradient, y]: [&[f32]; 3],
    [mean, factor, slope, offset]: [&[f32]; 4],
    by_x: &mut [f32],
    masked: impl Fn(f32, f32) -> f32,
) {
    let terms = mean.iter().zip(factor).zip(slope).zip(offset);
    for ((((by_x, x), gradient), y), (((mean, factor), slope), offset)) in
        by_x.iter_mut().zip(x).zip(gradient).zip(y).zip(terms)
    {
        *by_x = masked(*gradient, *y) * factor + (x - mean) * slope + offset;
    }
}

#[inline(always)]
fn add_moments(x: &[f32], shift: &[f32], sums: &mut [f32], squares: &mut [f32]) {
    for (((x, shift), sum), square) in x.iter().zip(shift).zip(sums).zip(squares) {
        let difference = x - shift;
        *sum += difference;
        *square += difference * difference;
    }
}

#[inline(always)]
fn add_products(
    [x, gradient, y]: [&[f32]; 3],
    mean: &[f32],
    sums: &mut [f32],
    products: &mut [f32],
    masked: impl Fn(f32, f32) -> f32,
) {
    for (((((x, gradient), y), mean), sum), product) in x.iter().zip(gradient).zip(y).zip(mean).zip(sums).zip(products)
    {
        let gradient = masked(*gradient, *y);
        *sum += gradient;
        *product += gradient * (x - mean);
    }
}

/// The moments of some rows.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    pub(crate) rows: f64,
    pub(crate) means: Vec<f64>,
    /// The sums of the squared differences from the mean.
    pub(crate) squares: Vec<f64>,
}

impl Moments {
    fn new(columns: usize) -> Self {
        Self { rows: 0.0, means: vec![0.0; columns], squares: vec![0.0; columns] }
    }

    /// Adds a chunk whose first row is `shift`, by the sums of the differences from it and of their squares.
    fn add(&mut self, rows: usize, shift: &[f32], sums: &[f32], squares: &[f32]) {
        let rows = rows as f64;
        let (share, weight) = self.weights(rows);
        let (means, totals) = (&mut self.means, &mut self.squares);
        for ((((mean, total), shift), sum), square) in means.iter_mut().zip(totals).zip(shift).zip(sums).zip(squares) {
            let (sum, square) = (f64::from(*sum), f64::from(*square));
            let difference = f64::from(*shift) + sum / rows - *mean;
            *mean += difference * share;
            *total += square - sum * sum / rows + difference * difference * weight;
        }
        self.rows += rows;
    }

    /// The variance of each column, divided by the number of rows.
    pub(crate) fn variances(&self) -> impl Iterator<Item = f32> {
        self.squares.iter().map(|square| (square / self.rows) as f32)
    }

    fn merge(&mut self, other: &Self) {
        let (share, weight) = self.weights(other.rows);
        for at in 0..self.means.len() {
            let difference = other.means[at] - self.means[at];
            self.means[at] += difference * share;
            self.squares[at] += other.squares[at] + difference * difference * weight;
        }
        self.rows += other.rows;
    }

    /// The share of so many more rows in all, and the weight of the squared difference of both means.
    fn weights(&self, more: f64) -> (f64, f64) {
        let all = (self.rows + more).max(1.0);
        (more / all, self.rows * more / all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::numbers;

    #[test]
    fn moments_are_exact_far_from_zero() {
        for (rows, columns, middle) in [(1, 1, 0.0), (7, 3, 5.0), (5000, 5, 1e4), (300, 64, -1e3), (1000, 70, 1e4)] {
            let x: Vec<f32> = numbers(rows * columns, 4).into_iter().map(|value| value + middle).collect();
            let moments = Columns::new(columns).moments(&x);
            let (means, variances) = (&moments.means, moments.variances().collect::<Vec<_>>());
            for column in 0..columns {
                let values = || x.iter().skip(column).step_by(columns).map(|value| f64::from(*value));
                let mean = values().sum::<f64>() / rows as f64;
                let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / rows as f64;
                assert!((means[column] - mean).abs() <= 1e-7 * mean.abs().max(1.0), "{rows} × {columns}");
                assert!((f64::from(variances[column]) - variance).abs() <= 1e-5 * variance, "{rows} × {columns}");
            }
        }
    }
}
