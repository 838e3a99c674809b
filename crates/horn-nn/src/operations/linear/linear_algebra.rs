//! Keras's linear algebra: which functions there are, and their shapes.

use crate::error::{Error, Result};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::operands::shape_of;
use crate::operations::formula::{Term, one, required};
use crate::operations::linear::decomposed::{Matrices, check_size};
use crate::operations::primitives::elementwise::Unary;
use crate::operations::primitives::selecting::Triangle;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values, can_be_equal};

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
            Some(own) if can_be_equal((&own, &rows)) => Ok(b),
            _ => Err(Error::shape("the right side does not fit the matrix")
                .received(format!("{b} for {a}"))
                .expected("as many rows as the matrix, and its leading axes")
                .hint("give the right side as columns, or as a vector")),
        }
    }
}

impl Rule for Linear {
    /// The host's values have eight bytes, and formulas of the results carry the gradients.
    fn copies(&self) -> u64 {
        25
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let a = call.tensor()?.clone().with_values(Values::Floats);
        let (sizes, rank) = (a.sizes(), a.rank());
        if rank < 2 {
            return Err(Error::shape("the function takes matrices")
                .received(&a)
                .expected("at least two axes")
                .hint("add an axis first"));
        }
        let (outer, [rows, columns]) = (&sizes[..rank - 2], [sizes[rank - 2], sizes[rank - 1]]);
        check_size(rows.unwrap_or(0), columns.unwrap_or(0))?;
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
