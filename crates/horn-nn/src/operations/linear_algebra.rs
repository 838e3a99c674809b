//! Keras's linear algebra. Values come from the host; derivatives from formulas in the change `E` of the matrix, which is a
//! tensor of zeros that carries the gradient: `f(A) + f′(A)·E`.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::operations::call::{Call, no_tensor};
use crate::operations::decompositions::Matrix;
use crate::operations::elementwise::{Binary, Unary};
use crate::operations::formula::{Term, required};
use crate::operations::function::Rule;
use crate::operations::operands::{downloaded, shape_of, uploaded};
use crate::operations::reductions::Reduction;
use crate::operations::selecting::Triangle;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// The functions.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Linear {
    Cholesky,
    CholeskyInverse,
    Det,
    Eigh,
    Inv,
    Logdet,
    Lstsq,
    /// Without gradients.
    LuFactor,
    /// Without gradients.
    MatrixRank,
    Pinv,
    /// With gradients where the matrix has at least as many rows as columns, and `q` as many columns.
    Qr,
    Slogdet,
    Solve,
    SolveTriangular,
    /// With gradients but for the vectors of full matrices.
    Svd,
}

impl Linear {
    fn is_square(self) -> bool {
        !matches!(self, Self::Lstsq | Self::LuFactor | Self::MatrixRank | Self::Pinv | Self::Qr | Self::Svd)
    }

    /// Has the right side the vectors as its last axis, and not as columns?
    fn is_vector(a: usize, b: usize) -> bool {
        b + 1 == a
    }

    /// The right side of equations.
    fn right(call: &Call<Shape>, a: &Shape) -> Result<Shape> {
        let b = shape_of(call.arguments().get(1).ok_or_else(|| no_tensor(call.class))?)?;
        let rows = a.sizes()[a.rank() - 2];
        let own = match b.sizes() {
            [.., own] if Self::is_vector(a.rank(), b.rank()) => Some(*own),
            [.., own, _] if a.rank() == b.rank() => Some(*own),
            _ => None,
        };
        match own {
            Some(own) if own.is_none() || rows.is_none() || own == rows => Ok(b),
            _ => Err(Error::shape("the right side does not fit the matrix")
                .received(format!("{b} for {a}"))
                .expected("as many rows as the matrix, and its leading axes")
                .hint("give the right side as columns, or as a vector")),
        }
    }
}

impl Rule for Linear {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let a = call.tensor()?.clone().with_values(Values::Floats);
        let (sizes, rank) = (a.sizes(), a.rank());
        if rank < 2 {
            return Err(Error::shape("the function is of matrices")
                .received(&a)
                .expected("at least two axes")
                .hint("add an axis first"));
        }
        let (outer, [rows, columns]) = (&sizes[..rank - 2], [sizes[rank - 2], sizes[rank - 1]]);
        if self.is_square() && rows.is_some() && columns.is_some() && rows != columns {
            return Err(Error::shape("the matrix is not square")
                .received(&a)
                .expected("as many rows as columns")
                .hint("choose another function, such as `pinv` or `lstsq`"));
        }
        let of = |inner: &[Option<usize>]| Shape::new([outer, inner].concat());
        let least = rows.zip(columns).map(|(rows, columns)| rows.min(columns));
        Ok(match self {
            Self::Cholesky | Self::CholeskyInverse | Self::Inv => vec![a.clone()],
            Self::Det | Self::Logdet => vec![of(&[])],
            Self::Slogdet => vec![of(&[]); 2],
            Self::MatrixRank => vec![of(&[]).with_values(Values::Ints)],
            Self::Eigh => vec![of(&[rows]), a.clone()],
            Self::Solve | Self::SolveTriangular => vec![Self::right(call, &a)?.with_values(Values::Floats)],
            Self::Lstsq => {
                let mut right = Self::right(call, &a)?.sizes().to_vec();
                let at = if Self::is_vector(rank, right.len()) { right.len() - 1 } else { right.len() - 2 };
                right[at] = columns;
                vec![Shape::new(right)]
            }
            Self::LuFactor => vec![a.clone(), of(&[least])],
            Self::Pinv => vec![of(&[columns, rows])],
            Self::Qr => match call.parameter("mode").as_str() {
                Some("reduced") => vec![of(&[rows, least]), of(&[least, columns])],
                Some("complete") => vec![of(&[rows, rows]), of(&[rows, columns])],
                _ => return Err(call.invalid("mode", "reduced or complete")),
            },
            Self::Svd if !call.flag("compute_uv") => vec![of(&[least])],
            Self::Svd if call.flag("full_matrices") => {
                vec![of(&[rows, rows]), of(&[least]), of(&[columns, columns])]
            }
            Self::Svd => vec![of(&[rows, least]), of(&[least]), of(&[least, columns])],
        })
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let a = required(&call, 0)?;
        let matrices = Matrices::of(&a)?;
        let full = call.flag("full_matrices");
        match self {
            Self::Cholesky => matrices.cholesky(call.flag("upper")).map(one),
            Self::CholeskyInverse => {
                let inverse = triangle(&a, !call.flag("upper"))?;
                let inverse = Matrices::of(&inverse)?.inverse()?;
                // The matrix is `L·Lᵀ`, or `Uᵀ·U`.
                match call.flag("upper") {
                    true => inverse.matmul(&inverse.transposed()?).map(one),
                    false => inverse.transposed()?.matmul(&inverse).map(one),
                }
            }
            Self::Det => {
                let (sign, log) = matrices.log_determinant()?;
                let det = sign.times(&log.map(Unary::Exp)?)?;
                Ok(vec![det])
            }
            Self::Slogdet => matrices.log_determinant().map(|(sign, log)| vec![sign, log]),
            Self::Logdet => matrices.log_determinant().map(|(_, log)| vec![log]),
            Self::Eigh => matrices.eigh(),
            Self::Inv => matrices.inverse().map(one),
            Self::Lstsq => {
                let inverse = matrices.pseudo_inverse(call.parameter("rcond"))?;
                Self::multiplied(&inverse, &required(&call, 1)?, a.rank()).map(one)
            }
            Self::LuFactor => matrices.lu(),
            Self::MatrixRank => matrices.matrix_rank(call.parameter("tol")).map(one),
            Self::Pinv => matrices.pseudo_inverse(call.parameter("rcond")).map(one),
            Self::Qr => matrices.qr(call.parameter("mode") == "complete"),
            Self::Solve => Self::solved(&a, &required(&call, 1)?).map(one),
            Self::SolveTriangular => Self::solved(&triangle(&a, call.flag("lower"))?, &required(&call, 1)?).map(one),
            Self::Svd => {
                let found = matrices.svd(full)?;
                Ok(if call.flag("compute_uv") { found } else { found.into_iter().skip(1).take(1).collect() })
            }
        }
    }
}

fn one<T>(term: T) -> Vec<T> {
    vec![term]
}

/// The lower or the upper triangle.
fn triangle(a: &AnyTensor, lower: bool) -> Result<AnyTensor> {
    let rule = if lower { Triangle::Lower } else { Triangle::Upper };
    AnyTensor::one(&rule, serde_json::json!({"k": 0}), vec![a.clone()])
}

impl Linear {
    /// The product with columns, or with a vector.
    fn multiplied(a: &AnyTensor, b: &AnyTensor, rank: usize) -> Result<AnyTensor> {
        if !Self::is_vector(rank, b.rank()) {
            return a.matmul(b);
        }
        let sizes = b.lengths();
        let product = a.matmul(&b.reshaped(&[&sizes[..], &[Some(1)]].concat())?)?;
        let mut output = product.lengths();
        output.pop();
        product.reshaped(&output)
    }

    /// The solution of equations: from the inverse, and a step that brings it nearer.
    fn solved(a: &AnyTensor, b: &AnyTensor) -> Result<AnyTensor> {
        let inverse = Matrices::of(a)?.inverse()?;
        let x = Self::multiplied(&inverse, b, a.rank())?;
        let rest = b.minus(&Self::multiplied(a, &x, a.rank())?)?.map(Unary::StopGradient)?;
        let fixed = inverse.map(Unary::StopGradient)?;
        x.plus(&Self::multiplied(&fixed, &rest, a.rank())?)
    }
}

/// Matrices in the last two axes of a tensor: their values on the host, and their change.
struct Matrices<'a> {
    a: &'a AnyTensor,
    list: Vec<Matrix>,
    outer: Vec<usize>,
    /// Zeros that carry the gradient.
    change: AnyTensor,
}

impl<'a> Matrices<'a> {
    fn of(a: &'a AnyTensor) -> Result<Self> {
        let sizes = a.sizes();
        let (outer, inner) = sizes.split_at(sizes.len() - 2);
        let [rows, columns] = [inner[0], inner[1]];
        let values = downloaded(a)?;
        let matrix = |values: &[f32]| Matrix { rows, columns, values: values.iter().copied().map(f64::from).collect() };
        let list = values.chunks((rows * columns).max(1)).map(matrix).collect();
        Ok(Self { a, list, outer: outer.to_vec(), change: a.minus(&a.map(Unary::StopGradient)?)? })
    }

    /// What each matrix gives, as a tensor with these inner sizes.
    fn uploaded(&self, inner: &[usize], values: impl Fn(&Matrix) -> Vec<f64>) -> Result<AnyTensor> {
        let values = self.list.iter().flat_map(values).map(|value| value as f32).collect();
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
    fn inverse(&self) -> Result<AnyTensor> {
        self.square()?;
        let inverse = self.uploaded(&self.size(), |matrix| matrix.inverse().values)?;
        inverse.minus(&inverse.matmul(&self.change)?.matmul(&inverse)?)
    }

    /// The sign, and `log |det A| + ⟨A⁻ᵀ, E⟩`.
    fn log_determinant(&self) -> Result<(AnyTensor, AnyTensor)> {
        self.square()?;
        let sign = self.uploaded(&[], |matrix| vec![matrix.log_determinant().0])?;
        let log = self.uploaded(&[], |matrix| vec![matrix.log_determinant().1])?;
        let inverse = self.uploaded(&self.size(), |matrix| {
            let inverse = matrix.inverse().transposed().values;
            // Where there is no inverse, there is no gradient.
            inverse.into_iter().map(|value| if value.is_finite() { value } else { 0.0 }).collect()
        })?;
        let axes = [self.outer.len(), self.outer.len() + 1];
        let change = inverse.times(&self.change)?.reduced(Reduction::Sum, &axes, false)?;
        Ok((sign, log.plus(&change)?))
    }

    /// `L + L·Φ(L⁻¹·E·L⁻ᵀ)`, where Φ keeps the lower triangle, with half of the diagonal.
    fn cholesky(&self, upper: bool) -> Result<AnyTensor> {
        self.square()?;
        let [size, _] = self.size();
        let symmetric =
            |matrix: &Matrix| Matrix::new(size, size, |row, at| (matrix.at(row, at) + matrix.at(at, row)) / 2.0);
        let lower = self.uploaded(&self.size(), |matrix| symmetric(matrix).cholesky().values)?;
        let inverse = self.uploaded(&self.size(), |matrix| symmetric(matrix).cholesky().inverse().values)?;
        let change = self.change.plus(&self.change.transposed()?)?.scaled(0.5, 0.0)?;
        let inner = inverse.matmul(&change)?.matmul(&inverse.transposed()?)?;
        let halves = lower.constant(&[size, size], || half_lower(size))?;
        let whole = lower.plus(&lower.matmul(&inner.times(&halves)?)?)?;
        if upper { whole.transposed() } else { Ok(whole) }
    }

    /// `λ + diag(Vᵀ·E·V)` and `V + V·(F ∘ Vᵀ·E·V)`, where `F` has `1 / (λⱼ − λᵢ)`.
    fn eigh(&self) -> Result<Vec<AnyTensor>> {
        self.square()?;
        let [size, _] = self.size();
        let found =
            |matrix: &Matrix| Matrix::new(size, size, |row, at| (matrix.at(row, at) + matrix.at(at, row)) / 2.0).eigh();
        let values = self.uploaded(&[size], |matrix| found(matrix).0)?;
        let vectors = self.uploaded(&self.size(), |matrix| found(matrix).1.values)?;
        let gaps = self.uploaded(&self.size(), |matrix| inverse_gaps(&found(matrix).0))?;
        let change = self.change.plus(&self.change.transposed()?)?.scaled(0.5, 0.0)?;
        let inner = vectors.transposed()?.matmul(&change)?.matmul(&vectors)?;
        let turned = vectors.plus(&vectors.matmul(&inner.times(&gaps)?)?)?;
        Ok(vec![values.plus(&diagonal_of(&inner, size)?)?, turned])
    }

    fn lu(&self) -> Result<Vec<AnyTensor>> {
        let [rows, columns] = self.size();
        let factors = self.uploaded(&[rows, columns], |matrix| matrix.lu().0.values)?;
        let pivots = self
            .uploaded(&[rows.min(columns)], |matrix| matrix.lu().1.into_iter().map(|pivot| pivot as f64).collect())?;
        Ok(vec![factors, pivots])
    }

    /// `Q + Q·Ω + (1 − Q·Qᵀ)·E·R⁻¹` and `R + (M − Ω)·R` with `M = Qᵀ·E·R⁻¹` and the antisymmetric `Ω` that has the lower
    /// triangle of `M`.
    fn qr(&self, complete: bool) -> Result<Vec<AnyTensor>> {
        let [rows, columns] = self.size();
        let count = if complete { rows } else { rows.min(columns) };
        let q = self.uploaded(&[rows, count], |matrix| matrix.qr().0.first_columns(count).values)?;
        let r = self.uploaded(&[count, columns], |matrix| {
            let r = matrix.qr().1;
            Matrix::new(count, columns, |row, column| r.at(row, column)).values
        })?;
        if count != columns {
            return Ok(vec![q, r]);
        }
        let inverse = self.uploaded(&[columns, columns], |matrix| {
            let r = matrix.qr().1;
            Matrix::new(columns, columns, |row, column| r.at(row, column)).inverse().values
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
    fn svd(&self, full: bool) -> Result<Vec<AnyTensor>> {
        let [rows, columns] = self.size();
        let count = rows.min(columns);
        let thin = |matrix: Matrix| matrix.first_columns(count).values;
        let u = self.uploaded(&[rows, count], |matrix| thin(matrix.svd().0))?;
        let v = self.uploaded(&[columns, count], |matrix| thin(matrix.svd().2))?;
        let values = self.uploaded(&[count], |matrix| matrix.svd().1)?;
        let inner = u.transposed()?.matmul(&self.change)?.matmul(&v)?;
        let sizes = values.plus(&diagonal_of(&inner, count)?)?;
        if full {
            let whole = |of: fn(Matrix, Matrix) -> Matrix, size: usize| {
                self.uploaded(&[size, size], |matrix| {
                    let (u, _, v) = matrix.svd();
                    of(u, v).completed().values
                })
            };
            return Ok(vec![whole(|u, _| u, rows)?, sizes, whole(|_, v| v, columns)?.transposed()?]);
        }
        let gaps = self.uploaded(&[count, count], |matrix| {
            inverse_gaps(&matrix.svd().1.into_iter().map(|value| value * value).collect::<Vec<_>>())
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
    fn pseudo_inverse(&self, rcond: &Value) -> Result<AnyTensor> {
        let [rows, columns] = self.size();
        // NumPy's and JAX's share for float32.
        let share = match rcond {
            Value::Null => 10.0 * rows.max(columns) as f64 * f64::from(f32::EPSILON),
            rcond => rcond.as_f64().ok_or_else(|| {
                Error::argument("rcond is no number").received(rcond).expected("a number").hint("leave it out")
            })?,
        };
        let p = self.uploaded(&[columns, rows], |matrix| matrix.pseudo_inverse(share).values)?;
        let (e, own, turned) = (&self.change, self.a.map(Unary::StopGradient)?, p.transposed()?);
        let flipped = e.transposed()?;
        let mut whole = p.minus(&p.matmul(e)?.matmul(&p)?)?;
        let right = p.matmul(&turned)?.matmul(&flipped)?;
        whole = whole.plus(&right.minus(&right.matmul(&own)?.matmul(&p)?)?)?;
        let left = flipped.matmul(&turned)?.matmul(&p)?;
        whole.plus(&left.minus(&p.matmul(&own.matmul(&left)?)?)?)
    }

    fn matrix_rank(&self, tol: &Value) -> Result<AnyTensor> {
        let [rows, columns] = self.size();
        let share = rows.max(columns) as f64 * f64::from(f32::EPSILON);
        self.uploaded(&[], |matrix| {
            let values = matrix.svd().1;
            let least = tol.as_f64().unwrap_or_else(|| share * values.first().copied().unwrap_or(0.0));
            vec![values.iter().filter(|&&value| value > least).count() as f64]
        })
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
            .hint("check the sizes of the data"))
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
