//! Decompositions of matrices on the host, in float64. Their values go to the device in float32.

/// A matrix in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl Matrix {
    pub fn new(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..rows * columns).map(|at| value(at / columns, at % columns)).collect();
        Self { rows, columns, values }
    }

    pub fn identity(size: usize) -> Self {
        Self::new(size, size, |row, column| f64::from(u8::from(row == column)))
    }

    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    fn set(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.columns + column] = value;
    }

    pub fn transposed(&self) -> Self {
        Self::new(self.columns, self.rows, |row, column| self.at(column, row))
    }

    /// The mean of a square matrix and the transposed one.
    pub fn symmetric(&self) -> Self {
        Self::new(self.rows, self.rows, |row, column| (self.at(row, column) + self.at(column, row)) / 2.0)
    }

    pub fn times(&self, other: &Self) -> Self {
        let sum = |row, column| (0..self.columns).map(|at| self.at(row, at) * other.at(at, column)).sum();
        Self::new(self.rows, other.columns, sum)
    }

    /// The first columns.
    pub fn first_columns(&self, count: usize) -> Self {
        Self::new(self.rows, count, |row, column| self.at(row, column))
    }

    fn swap_rows(&mut self, one: usize, other: usize) {
        for column in 0..self.columns {
            self.values.swap(one * self.columns + column, other * self.columns + column);
        }
    }

    /// Lower and upper triangle in one matrix, with the row that each row was exchanged with: Gauss's elimination.
    pub fn lu(&self) -> (Self, Vec<usize>) {
        let mut lu = self.clone();
        let mut pivots = Vec::new();
        for at in 0..self.rows.min(self.columns) {
            let size = |row: usize| lu.at(row, at).abs();
            let pivot = (at..self.rows).fold(at, |best, row| if size(row) > size(best) { row } else { best });
            pivots.push(pivot);
            lu.swap_rows(at, pivot);
            for row in at + 1..self.rows {
                let factor = lu.at(row, at) / lu.at(at, at);
                // A column of zeros is done: its quotients are none.
                let factor = if lu.at(at, at) == 0.0 { 0.0 } else { factor };
                lu.set(row, at, factor);
                for column in at + 1..self.columns {
                    lu.set(row, column, lu.at(row, column) - factor * lu.at(at, column));
                }
            }
        }
        (lu, pivots)
    }

    /// The sign of the determinant, and the logarithm of its size.
    pub fn log_determinant(&self) -> (f64, f64) {
        let (lu, pivots) = self.lu();
        let exchanged = pivots.iter().enumerate().filter(|(at, pivot)| at != *pivot).count();
        let start = if exchanged % 2 == 0 { 1.0 } else { -1.0 };
        (0..self.rows).fold((start, 0.0), |(sign, sum), at| {
            let value = lu.at(at, at);
            let own = if value == 0.0 { 0.0 } else { value.signum() };
            (sign * own, sum + value.abs().ln())
        })
    }

    /// The matrix `x` with `self · x = right`.
    pub fn solve(&self, right: &Self) -> Self {
        let (lu, pivots) = self.lu();
        let mut x = right.clone();
        for (at, &pivot) in pivots.iter().enumerate() {
            x.swap_rows(at, pivot);
        }
        for column in 0..x.columns {
            for row in 0..self.rows {
                let known: f64 = (0..row).map(|at| lu.at(row, at) * x.at(at, column)).sum();
                x.set(row, column, x.at(row, column) - known);
            }
            for row in (0..self.rows).rev() {
                let known: f64 = (row + 1..self.rows).map(|at| lu.at(row, at) * x.at(at, column)).sum();
                x.set(row, column, (x.at(row, column) - known) / lu.at(row, row));
            }
        }
        x
    }

    pub fn inverse(&self) -> Self {
        self.solve(&Self::identity(self.rows))
    }

    /// The lower triangle whose product with its transpose is the matrix; not numbers, where that has none.
    pub fn cholesky(&self) -> Self {
        let mut lower = Self::new(self.rows, self.rows, |_, _| 0.0);
        for row in 0..self.rows {
            for column in 0..=row {
                let known: f64 = (0..column).map(|at| lower.at(row, at) * lower.at(column, at)).sum();
                let left = self.at(row, column) - known;
                lower.set(row, column, if row == column { left.sqrt() } else { left / lower.at(column, column) });
            }
        }
        lower
    }

    /// An orthogonal matrix and an upper triangle, by Householder's reflections.
    pub fn qr(&self) -> (Self, Self) {
        let (mut r, mut q) = (self.clone(), Self::identity(self.rows));
        for at in 0..self.columns.min(self.rows.saturating_sub(1)) {
            let below: f64 = (at + 1..self.rows).map(|row| r.at(row, at).powi(2)).sum();
            if below == 0.0 {
                continue;
            }
            let first = r.at(at, at);
            let target = -first.signum() * (first * first + below).sqrt();
            let mut mirror: Vec<f64> = (at..self.rows).map(|row| r.at(row, at)).collect();
            mirror[0] -= target;
            let factor = 2.0 / mirror.iter().map(|value| value * value).sum::<f64>();
            let reflect = |matrix: &mut Self, is_left: bool| {
                let lines = if is_left { matrix.columns } else { matrix.rows };
                for line in 0..lines {
                    let place = |at: usize| if is_left { (at, line) } else { (line, at) };
                    let value = |matrix: &Self, at: usize| matrix.at(place(at).0, place(at).1);
                    let sum: f64 = mirror.iter().enumerate().map(|(own, v)| v * value(matrix, at + own)).sum();
                    for (own, v) in mirror.iter().enumerate() {
                        let (row, column) = place(at + own);
                        matrix.set(row, column, matrix.at(row, column) - factor * sum * v);
                    }
                }
            };
            reflect(&mut r, true);
            reflect(&mut q, false);
        }
        for row in 0..self.rows {
            for column in 0..row.min(self.columns) {
                r.set(row, column, 0.0);
            }
        }
        (q, r)
    }

    /// The eigenvalues of a symmetric matrix in ascending order, and the eigenvectors as columns: Jacobi's rotations.
    pub fn eigh(&self) -> (Vec<f64>, Self) {
        let size = self.rows;
        let (mut a, mut vectors) = (self.clone(), Self::identity(size));
        for _ in 0..SWEEPS {
            let off: f64 = (0..size)
                .flat_map(|row| (0..row).map(move |column| (row, column)))
                .map(|(r, c)| a.at(r, c).powi(2))
                .sum();
            let all: f64 = a.values.iter().map(|value| value * value).sum();
            if off <= all * f64::EPSILON * f64::EPSILON || !all.is_finite() {
                break;
            }
            for p in 0..size {
                for q in p + 1..size {
                    if a.at(p, q) == 0.0 {
                        continue;
                    }
                    let (cos, sin) = rotation(a.at(p, p), a.at(q, q), a.at(p, q));
                    for at in 0..size {
                        let (one, other) = (a.at(at, p), a.at(at, q));
                        a.set(at, p, cos * one - sin * other);
                        a.set(at, q, sin * one + cos * other);
                    }
                    for at in 0..size {
                        let (one, other) = (a.at(p, at), a.at(q, at));
                        a.set(p, at, cos * one - sin * other);
                        a.set(q, at, sin * one + cos * other);
                    }
                    vectors.rotate_columns(p, q, cos, sin);
                }
            }
        }
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&one, &other| a.at(one, one).total_cmp(&a.at(other, other)));
        let values = order.iter().map(|&at| a.at(at, at)).collect();
        (values, Self::new(size, size, |row, column| vectors.at(row, order[column])))
    }

    fn rotate_columns(&mut self, p: usize, q: usize, cos: f64, sin: f64) {
        for row in 0..self.rows {
            let (one, other) = (self.at(row, p), self.at(row, q));
            self.set(row, p, cos * one - sin * other);
            self.set(row, q, sin * one + cos * other);
        }
    }

    /// `u`, the singular values in descending order, and `v`, both with the singular vectors as columns: rotations of pairs of
    /// columns until all are orthogonal.
    pub fn svd(&self) -> (Self, Vec<f64>, Self) {
        if self.rows < self.columns {
            let (u, values, v) = self.transposed().svd();
            return (v, values, u);
        }
        let count = self.columns;
        let (mut a, mut v) = (self.clone(), Self::identity(count));
        let dot = |a: &Self, p: usize, q: usize| (0..a.rows).map(|row| a.at(row, p) * a.at(row, q)).sum::<f64>();
        for _ in 0..SWEEPS {
            let mut is_done = true;
            for p in 0..count {
                for q in p + 1..count {
                    let (pp, qq, pq) = (dot(&a, p, p), dot(&a, q, q), dot(&a, p, q));
                    if pq.abs() > f64::EPSILON * (pp * qq).sqrt() && pq.is_finite() {
                        is_done = false;
                        let (cos, sin) = rotation(pp, qq, pq);
                        a.rotate_columns(p, q, cos, sin);
                        v.rotate_columns(p, q, cos, sin);
                    }
                }
            }
            if is_done {
                break;
            }
        }
        let sizes: Vec<f64> = (0..count).map(|column| dot(&a, column, column).sqrt()).collect();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&one, &other| sizes[other].total_cmp(&sizes[one]));
        let smallest = sizes.iter().copied().fold(0.0, f64::max) * f64::EPSILON;
        // Directions without a size are filled up by others that are orthogonal to all.
        let mut u = Self::new(self.rows, count, |row, column| {
            let size = sizes[order[column]];
            if size > smallest { a.at(row, order[column]) / size } else { 0.0 }
        });
        let rank = order.iter().filter(|&&at| sizes[at] > smallest).count();
        if rank < count {
            let filled = u.first_columns(rank).completed();
            u = filled.first_columns(count);
        }
        let values = order.iter().map(|&at| sizes[at]).collect();
        (u, values, Self::new(count, count, |row, column| v.at(row, order[column])))
    }

    /// Orthogonal columns, filled up to a square matrix.
    pub fn completed(&self) -> Self {
        let (q, _) = self.qr();
        Self::new(
            self.rows,
            self.rows,
            |row, column| {
                if column < self.columns { self.at(row, column) } else { q.at(row, column) }
            },
        )
    }

    /// The inverse of what the matrix does to the directions that it keeps: those whose singular values are above a share
    /// of the largest.
    pub fn pseudo_inverse(&self, share: f64) -> Self {
        let (u, values, v) = self.svd();
        let least = share * values.first().copied().unwrap_or(0.0);
        let scaled = Self::new(v.rows, values.len(), |row, column| {
            if values[column] > least { v.at(row, column) / values[column] } else { 0.0 }
        });
        scaled.times(&u.first_columns(values.len()).transposed())
    }
}

/// The most passes over all pairs; 6 to 10 are usual.
const SWEEPS: usize = 60;

/// The cosine and the sine of the rotation that makes the off-diagonal value of a symmetric matrix of two rows 0.
fn rotation(pp: f64, qq: f64, pq: f64) -> (f64, f64) {
    let middle = (qq - pp) / (2.0 * pq);
    let sign = if middle < 0.0 { -1.0 } else { 1.0 };
    let tan = sign / (middle.abs() + (middle * middle + 1.0).sqrt());
    let cos = (tan * tan + 1.0).sqrt().recip();
    (cos, tan * cos)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that look random.
    fn matrix(rows: usize, columns: usize) -> Matrix {
        Matrix::new(rows, columns, |row, column| ((row * 7 + column * 13 + 1) as f64 * 0.7).sin())
    }

    #[track_caller]
    fn same(one: &Matrix, other: &Matrix) {
        assert_eq!((one.rows, one.columns), (other.rows, other.columns));
        let off = one.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-12, "{off}: {one:?} for {other:?}");
    }

    fn diagonal(values: &[f64]) -> Matrix {
        Matrix::new(values.len(), values.len(), |row, column| if row == column { values[row] } else { 0.0 })
    }

    #[test]
    fn factors_multiply_to_the_matrix() {
        for (rows, columns) in [(1, 1), (4, 4), (5, 3), (3, 5)] {
            let a = matrix(rows, columns);
            let (q, r) = a.qr();
            same(&q.times(&r), &a);
            same(&q.times(&q.transposed()), &Matrix::identity(rows));
            let (u, values, v) = a.svd();
            let count = rows.min(columns);
            let sizes = diagonal(&values);
            same(&u.first_columns(count).times(&sizes).times(&v.first_columns(count).transposed()), &a);
            assert!(values.is_sorted_by(|one, other| one >= other));
        }
    }

    #[test]
    fn symmetric_matrices() {
        let a = matrix(5, 5);
        let a = a.times(&a.transposed());
        let (values, vectors) = a.eigh();
        same(&vectors.times(&diagonal(&values)).times(&vectors.transposed()), &a);
        assert!(values.is_sorted());
        let shifted = Matrix::new(5, 5, |row, column| a.at(row, column) + f64::from(u8::from(row == column)));
        let lower = shifted.cholesky();
        same(&lower.times(&lower.transposed()), &shifted);
        same(&shifted.times(&shifted.inverse()), &Matrix::identity(5));
        let (sign, log) = shifted.log_determinant();
        let product: f64 = values.iter().map(|value| value + 1.0).product();
        assert!((sign * log.exp() - product).abs() < 1e-9 * product);
    }

    #[test]
    fn a_matrix_without_full_rank() {
        let a = Matrix::new(4, 3, |row, column| (row + 1) as f64 * (column + 1) as f64);
        let (u, values, v) = a.svd();
        same(&u.transposed().times(&u), &Matrix::identity(3));
        same(&u.times(&diagonal(&values)).times(&v.transposed()), &a);
        same(&a.times(&a.pseudo_inverse(1e-10)).times(&a), &a);
        assert!(Matrix::new(2, 2, |_, _| -1.0).cholesky().values.iter().any(|value| value.is_nan()));
    }
}
