//! `OrthogonalRegularizer`: a penalty for rows or columns of a matrix that are not orthogonal.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::regularizers::norms::{abs, check_factor, widened};

/// Shorter vectors are not normalized: Keras's epsilon.
const EPSILON: f64 = 1e-7;

/// Which vectors [`OrthogonalRegularizer`] makes orthogonal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrthogonalMode {
    /// The rows.
    #[default]
    Rows,
    /// The columns.
    Columns,
}

/// The penalty `factor` times the mean of `|cos|` of the angles between all pairs of rows, or columns, of a matrix.
///
/// ```
/// use horn::burn::tensor::{Device, Tensor};
/// use horn::regularizers::{OrthogonalMode, OrthogonalRegularizer, Regularizer};
///
/// let regularizer = Regularizer::from(OrthogonalRegularizer::new(0.1).mode(OrthogonalMode::Columns));
/// regularizer.validate(&[2, 2])?;
/// let orthogonal = Tensor::<2>::from_floats([[1.0, 2.0], [-2.0, 1.0]], &Device::default());
/// assert_eq!(regularizer.penalty(orthogonal).into_scalar::<f32>(), 0.0);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrthogonalRegularizer {
    /// A float32 in Keras, also in its files.
    #[serde(serialize_with = "widened")]
    factor: f32,
    mode: OrthogonalMode,
}

impl OrthogonalRegularizer {
    /// A regularizer with this factor, 0 or above; Keras's default is 0.01.
    pub fn new(factor: f64) -> Self {
        Self { factor: factor as f32, mode: OrthogonalMode::Rows }
    }

    /// Sets which vectors are made orthogonal; `Rows` by default.
    #[must_use]
    pub fn mode(mut self, mode: OrthogonalMode) -> Self {
        self.mode = mode;
        self
    }

    pub(super) fn validate(&self, sizes: &[usize]) -> Result<()> {
        check_factor("OrthogonalRegularizer", "factor", self.factor.into())?;
        let [rows, columns] = *sizes else {
            return Err(Error::argument("OrthogonalRegularizer is for matrices only")
                .received(format!("the shape {sizes:?}"))
                .expected("two axes")
                .hint("use L2 for weights of other ranks"));
        };
        let (count, called, other) = match self.mode {
            OrthogonalMode::Rows => (rows, "rows", "Columns"),
            OrthogonalMode::Columns => (columns, "columns", "Rows"),
        };
        if count < 2 {
            return Err(Error::argument(format!("there are no two {called} that could be orthogonal to each other"))
                .received(format!("the shape {sizes:?}"))
                .hint(format!("leave OrthogonalRegularizer out here, or give it OrthogonalMode::{other}")));
        }
        Ok(())
    }

    #[track_caller]
    pub(super) fn penalty<const D: usize>(&self, weight: Tensor<D>) -> Tensor<1> {
        let dims = weight.dims();
        assert!(D == 2, "OrthogonalRegularizer is for matrices only, not for the shape {dims:?}");
        let matrix: Tensor<2> = weight.reshape([dims[0], dims[1]]);
        let vectors = match self.mode {
            OrthogonalMode::Rows => matrix,
            OrthogonalMode::Columns => matrix.transpose(),
        };
        let [count, _] = vectors.dims();

        let vectors = unit_rows(vectors);
        let others = -Tensor::<2>::eye(count, &vectors.device()).cast(vectors.dtype()) + 1.0;
        let cosines = vectors.clone().matmul(vectors.transpose()) * others;
        let pairs = count as f64 * (count as f64 - 1.0) / 2.0;
        abs(cosines).sum() * (f64::from(self.factor) * 0.5 / pairs)
    }
}

impl Default for OrthogonalRegularizer {
    fn default() -> Self {
        Self::new(0.01)
    }
}

/// The rows, normalized to length 1. A row of zeros has no direction: it is unchanged and its gradient is 0, whereas
/// Keras's is NaN.
fn unit_rows(rows: Tensor<2>) -> Tensor<2> {
    let squares = rows.clone().square().sum_dim(1);
    let is_zero = squares.clone().equal_elem(0);
    let scale = squares.clamp_min(EPSILON * EPSILON).sqrt().recip();
    rows * scale.mask_fill(is_zero, 0)
}
