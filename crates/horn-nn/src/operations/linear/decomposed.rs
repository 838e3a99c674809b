//! Decompositions of the matrices in a tensor, with derivatives. Values come from the host; derivatives from formulas in the
//! change `E` of the matrix, which is a tensor of zeros that carries the gradient: `f(A) + f′(A)·E`.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::operations::calls::operands::{downloaded, uploaded};
use crate::operations::formula::Term;
use crate::operations::linear::decompositions::Matrix;
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::operations::primitives::reductions::Reduction;
use crate::tensor::any_tensor::AnyTensor;

/// The most rows and columns of a matrix. The work grows with the third power.
const MAX_SIZE: usize = 2048;

/// Checks that a decomposition on the host ends in minutes, also if a file asks for it.
pub(crate) fn check_size(rows: usize, columns: usize) -> Result<()> {
    if rows.max(columns) <= MAX_SIZE {
        return Ok(());
    }
    Err(Error::shape("the matrix is too large for a function that is computed on the host")
        .received(format!("{rows} rows and {columns} columns"))
        .expected(format!("at most {MAX_SIZE} of each"))
        .hint("split the matrix into blocks"))
}

/// Matrices in the last two axes of a tensor: their values on the host, and their change.
pub(crate) struct Matrices<'a> {
    a: &'a AnyTensor,
    list: Vec<Matrix>,
    outer: Vec<usize>,
    /// Zeros that carry the gradient.
    change: AnyTensor,
}

impl<'a> Matrices<'a> {
    pub fn of(a: &'a AnyTensor) -> Result<Self> {
        let sizes = a.sizes();
        let (outer, inner) = sizes.split_at(sizes.len() - 2);
        let [rows, columns] = [inner[0], inner[1]];
        check_size(rows, columns)?;
        let values = downloaded(a)?;
        let matrix = |values: &[f32]| Matrix { rows, columns, values: values.iter().copied().map(f64::from).collect() };
        let list = values.chunks((rows * columns).max(1)).map(matrix).collect();
        Ok(Self { a, list, outer: outer.to_vec(), change: a.minus(&a.map(Unary::StopGradient)?)? })
    }

    /// What each matrix gives.
    fn each<F>(&self, factors: impl Fn(&Matrix) -> F) -> Vec<F> {
        self.list.iter().map(factors).collect()
    }

    /// A part of what each matrix gives, as a tensor with these inner sizes.
    fn uploaded<F>(&self, inner: &[usize], of: &[F], values: impl Fn(&F) -> Vec<f64>) -> Result<AnyTensor> {
        let values = of.iter().flat_map(values).map(|value| value as f32).collect();
        let mut sizes = [&self.outer, inner].concat();
        if sizes.is_empty() {
            sizes.push(1);
        }
        uploaded(values, &sizes, &self.a.device())
    }

    fn size(&self) -> [usize; 2] {
        self.list.first().map_or([0, 0], |matrix| [matrix.rows, matrix.columns])
    }

    /// `A⁻¹ − A⁻¹·E·A⁻¹`.
    pub fn inverse(&self) -> Result<AnyTensor> {
        self.square()?;
        let inverse = self.uploaded(&self.size(), &self.list, |matrix| matrix.inverse().values)?;
        inverse.minus(&inverse.matmul(&self.change)?.matmul(&inverse)?)
    }

    /// The sign, and `log |det A| + ⟨A⁻ᵀ, E⟩`.
    pub fn log_determinant(&self) -> Result<(AnyTensor, AnyTensor)> {
        self.square()?;
        let found = self.each(Matrix::log_determinant);
        let sign = self.uploaded(&[], &found, |found| vec![found.0])?;
        let log = self.uploaded(&[], &found, |found| vec![found.1])?;
        let inverse = self.uploaded(&self.size(), &self.list, |matrix| {
            let inverse = matrix.inverse().transposed().values;
            // Where there is no inverse, there is no gradient.
            inverse.into_iter().map(|value| if value.is_finite() { value } else { 0.0 }).collect()
        })?;
        let axes = [self.outer.len(), self.outer.len() + 1];
        let change = inverse.times(&self.change)?.reduced(Reduction::Sum, &axes, false)?;
        Ok((sign, log.plus(&change)?))
    }

    /// `L + L·Φ(L⁻¹·E·L⁻ᵀ)`, where Φ keeps the lower triangle, with half of the diagonal.
    pub fn cholesky(&self, upper: bool) -> Result<AnyTensor> {
        self.square()?;
        let [size, _] = self.size();
        let found = self.each(|matrix| matrix.symmetric().cholesky());
        let lower = self.uploaded(&self.size(), &found, |lower| lower.values.clone())?;
        let inverse = self.uploaded(&self.size(), &found, |lower| lower.inverse().values)?;
        let change = self.symmetric_change()?;
        let inner = inverse.matmul(&change)?.matmul(&inverse.transposed()?)?;
        let halves = lower.constant(&[size, size], || half_lower(size))?;
        let whole = lower.plus(&lower.matmul(&inner.times(&halves)?)?)?;
        if upper { whole.transposed() } else { Ok(whole) }
    }

    /// `λ + diag(Vᵀ·E·V)` and `V + V·(F ∘ Vᵀ·E·V)`, where `F` has `1 / (λⱼ − λᵢ)`.
    pub fn eigh(&self) -> Result<Vec<AnyTensor>> {
        self.square()?;
        let [size, _] = self.size();
        let found = self.each(|matrix| matrix.symmetric().eigh());
        let values = self.uploaded(&[size], &found, |found| found.0.clone())?;
        let vectors = self.uploaded(&self.size(), &found, |found| found.1.values.clone())?;
        let gaps = self.uploaded(&self.size(), &found, |found| inverse_gaps(&found.0))?;
        let change = self.symmetric_change()?;
        let inner = vectors.transposed()?.matmul(&change)?.matmul(&vectors)?;
        let turned = vectors.plus(&vectors.matmul(&inner.times(&gaps)?)?)?;
        Ok(vec![values.plus(&diagonal_of(&inner, size)?)?, turned])
    }

    pub fn lu(&self) -> Result<Vec<AnyTensor>> {
        let [rows, columns] = self.size();
        let found = self.each(Matrix::lu);
        let factors = self.uploaded(&[rows, columns], &found, |found| found.0.values.clone())?;
        let pivots =
            self.uploaded(&[rows.min(columns)], &found, |found| found.1.iter().map(|&pivot| pivot as f64).collect())?;
        Ok(vec![factors, pivots])
    }

    /// `Q + Q·Ω + (1 − Q·Qᵀ)·E·R⁻¹` and `R + (M − Ω)·R` with `M = Qᵀ·E·R⁻¹` and the antisymmetric `Ω` that has the lower
    /// triangle of `M`.
    pub fn qr(&self, complete: bool) -> Result<Vec<AnyTensor>> {
        let [rows, columns] = self.size();
        let count = if complete { rows } else { rows.min(columns) };
        let found = self.each(Matrix::qr);
        let q = self.uploaded(&[rows, count], &found, |found| found.0.first_columns(count).values)?;
        let r = self.uploaded(&[count, columns], &found, |found| {
            Matrix::new(count, columns, |row, column| found.1.at(row, column)).values
        })?;
        if count != columns {
            return Ok(vec![q, r]);
        }
        let inverse = self.uploaded(&[columns, columns], &found, |found| {
            Matrix::new(columns, columns, |row, column| found.1.at(row, column)).inverse().values
        })?;
        let change = self.change.matmul(&inverse)?;
        let inner = q.transposed()?.matmul(&change)?;
        let below = q.constant(&[count, count], || {
            (0..count * count).map(|at| f32::from(u8::from(at % count < at / count))).collect()
        })?;
        let lower = inner.times(&below)?;
        let skew = lower.minus(&lower.transposed()?)?;
        let outside = change.minus(&q.matmul(&inner)?)?;
        let turned = q.plus(&q.matmul(&skew)?)?.plus(&outside)?;
        Ok(vec![turned, r.plus(&inner.minus(&skew)?.matmul(&r)?)?])
    }

    /// `s + diag(P)` with `P = Uᵀ·E·V`, and for matrices that are not full the vectors with their changes.
    pub fn svd(&self, full: bool) -> Result<Vec<AnyTensor>> {
        let [rows, columns] = self.size();
        let count = rows.min(columns);
        let found = self.each(Matrix::svd);
        let u = self.uploaded(&[rows, count], &found, |found| found.0.first_columns(count).values)?;
        let v = self.uploaded(&[columns, count], &found, |found| found.2.first_columns(count).values)?;
        let values = self.uploaded(&[count], &found, |found| found.1.clone())?;
        let inner = u.transposed()?.matmul(&self.change)?.matmul(&v)?;
        let sizes = values.plus(&diagonal_of(&inner, count)?)?;
        if full {
            let left = self.uploaded(&[rows, rows], &found, |found| found.0.completed().values)?;
            let right = self.uploaded(&[columns, columns], &found, |found| found.2.completed().values)?;
            return Ok(vec![left, sizes, right.transposed()?]);
        }
        let gaps = self.uploaded(&[count, count], &found, |found| {
            inverse_gaps(&found.1.iter().map(|value| value * value).collect::<Vec<_>>())
        })?;
        let row = values.expanded(-2)?;
        let scaled = |matrix: &AnyTensor| matrix.times(&row);
        let other = inner.transposed()?;
        // `F ∘ (P·S + S·Pᵀ)` and `F ∘ (S·P + Pᵀ·S)`.
        let column = values.expanded(-1)?;
        let of_u = scaled(&inner)?.plus(&other.times(&column)?)?.times(&gaps)?;
        let of_v = inner.times(&column)?.plus(&scaled(&other)?)?.times(&gaps)?;
        let reciprocal = row.map(Unary::Reciprocal)?;
        let outside = |own: &AnyTensor, change: AnyTensor| -> Result<AnyTensor> {
            change.minus(&own.matmul(&own.transposed()?.matmul(&change)?)?)?.times(&reciprocal)
        };
        let left = u.plus(&u.matmul(&of_u)?)?.plus(&outside(&u, self.change.matmul(&v)?)?)?;
        let right = v.plus(&v.matmul(&of_v)?)?.plus(&outside(&v, self.change.transposed()?.matmul(&u)?)?)?;
        Ok(vec![left, sizes, right.transposed()?])
    }

    /// `P − P·E·P + P·Pᵀ·Eᵀ·(1 − A·P) + (1 − P·A)·Eᵀ·Pᵀ·P`.
    pub fn pseudo_inverse(&self, rcond: &Value) -> Result<AnyTensor> {
        let [rows, columns] = self.size();
        // NumPy's and JAX's share for float32.
        let share = match rcond {
            Value::Null => 10.0 * rows.max(columns) as f64 * f64::from(f32::EPSILON),
            rcond => rcond.as_f64().ok_or_else(|| {
                Error::argument("rcond is not a number").received(rcond).expected("a number").hint("leave it out")
            })?,
        };
        let p = self.uploaded(&[columns, rows], &self.list, |matrix| matrix.pseudo_inverse(share).values)?;
        let (e, own, turned) = (&self.change, self.a.map(Unary::StopGradient)?, p.transposed()?);
        let flipped = e.transposed()?;
        let mut whole = p.minus(&p.matmul(e)?.matmul(&p)?)?;
        let right = p.matmul(&turned)?.matmul(&flipped)?;
        whole = whole.plus(&right.minus(&right.matmul(&own)?.matmul(&p)?)?)?;
        let left = flipped.matmul(&turned)?.matmul(&p)?;
        whole.plus(&left.minus(&p.matmul(&own.matmul(&left)?)?)?)
    }

    pub fn matrix_rank(&self, tol: &Value) -> Result<AnyTensor> {
        let [rows, columns] = self.size();
        let share = rows.max(columns) as f64 * f64::from(f32::EPSILON);
        self.uploaded(&[], &self.list, |matrix| {
            let values = matrix.svd().1;
            let least = tol.as_f64().unwrap_or_else(|| share * values.first().copied().unwrap_or(0.0));
            vec![values.iter().filter(|&&value| value > least).count() as f64]
        })
    }

    /// The symmetric half of the change: values and derivatives are those of symmetric matrices.
    fn symmetric_change(&self) -> Result<AnyTensor> {
        self.change.plus(&self.change.transposed()?)?.scaled(0.5, 0.0)
    }

    /// Sizes that are only known now.
    fn square(&self) -> Result<()> {
        let [rows, columns] = self.size();
        if rows == columns {
            return Ok(());
        }
        Err(Error::shape("the matrix is not square")
            .received(format!("{rows} rows and {columns} columns"))
            .expected("as many rows as columns")
            .hint("check the shape of the data"))
    }
}

fn half_lower(size: usize) -> Vec<f32> {
    (0..size * size)
        .map(|at| match (at / size).cmp(&(at % size)) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .collect()
}

/// `1 / (valueⱼ − valueᵢ)`, and 0 where they are equal.
fn inverse_gaps(values: &[f64]) -> Vec<f64> {
    let gap = |row: usize, column: usize| values[column] - values[row];
    let inverse = |row, column| if gap(row, column) == 0.0 { 0.0 } else { gap(row, column).recip() };
    Matrix::new(values.len(), values.len(), inverse).values
}

/// The diagonals of matrices.
fn diagonal_of(matrices: &AnyTensor, size: usize) -> Result<AnyTensor> {
    let identity = matrices
        .constant(&[size, size], || Matrix::identity(size).values.into_iter().map(|value| value as f32).collect())?;
    let last = matrices.rank() - 1;
    matrices.with(Binary::Multiply, &identity)?.reduced(Reduction::Sum, &[last], false)
}
