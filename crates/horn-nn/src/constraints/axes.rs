//! The axes along which norms are computed.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The axes along which norms are computed: one, several, or all (Keras's `None`). Negative axes count from the end.
///
/// For the kernel of a `Dense` layer, `[inputs, units]`, axis 0 gives each unit its norm; for that of a `Conv2D` layer,
/// `[height, width, channels, filters]`, the axes `[0, 1, 2]` give each filter its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected an axis, a list of axes, or null")]
pub enum Axes {
    /// A single axis.
    One(isize),
    /// Several axes together.
    Several(Vec<isize>),
    /// All axes: the norm of the whole weight.
    All,
}

impl Axes {
    pub(super) fn validate(&self, sizes: &[usize]) -> Result<()> {
        let mut seen = Vec::new();
        for &axis in self.listed() {
            let place = if axis < 0 { sizes.len().checked_add_signed(axis) } else { Some(axis.unsigned_abs()) };
            let Some(place) = place.filter(|place| *place < sizes.len()) else {
                return Err(Error::argument("the weight has no such axis to take norms along")
                    .received(format!("axis {axis} for a weight of shape {sizes:?}"))
                    .expected(format!("an axis from -{0} and below {0}", sizes.len()))
                    .hint("name the axes of the weight's inputs, counted from 0"));
            };
            if seen.contains(&place) {
                return Err(Error::argument("an axis to take norms along is named twice")
                    .received(format!("{:?} for a weight of shape {sizes:?}", self.listed()))
                    .hint("name every axis once"));
            }
            seen.push(place);
        }
        Ok(())
    }

    /// The Euclidean norms along the axes, which are kept with size 1.
    pub(super) fn norms<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        let squares = weight.square();
        let sums = match self {
            Self::All => squares.sum().reshape([1; D]),
            _ => self.listed().iter().fold(squares, |sums, &axis| sums.sum_dim(axis)),
        };
        sums.sqrt()
    }

    fn listed(&self) -> &[isize] {
        match self {
            Self::One(axis) => std::slice::from_ref(axis),
            Self::Several(axes) => axes,
            Self::All => &[],
        }
    }
}

/// The first axis: Keras's default.
impl Default for Axes {
    fn default() -> Self {
        Self::One(0)
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self::One(axis)
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self::Several(axes.into())
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Self::Several(axes)
    }
}
