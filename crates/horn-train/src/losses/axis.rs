//! The axis of the features: Keras's argument `axis`.

use horn_nn::{AnyTensor, Error, Result};
use serde::{Deserialize, Serialize};

use super::target::TargetKind;

/// The axis of the features; the last one by default. Negative ones count from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Axis(i64);

impl Axis {
    /// The last axis.
    pub const LAST: Self = Self(-1);

    /// Is it written as the last one?
    pub fn is_last(&self) -> bool {
        *self == Self::LAST
    }
}

impl Default for Axis {
    fn default() -> Self {
        Self::LAST
    }
}

impl From<i64> for Axis {
    fn from(axis: i64) -> Self {
        Self(axis)
    }
}

impl From<Axis> for i64 {
    fn from(axis: Axis) -> Self {
        axis.0
    }
}

/// An axis of a tensor of this rank, counted from the first one.
///
/// # Errors
///
/// If there is no such axis.
pub(crate) fn of_rank(axis: i64, rank: usize) -> Result<usize> {
    let count = rank as i64;
    if (-count..count).contains(&axis) {
        return Ok(axis.rem_euclid(count) as usize);
    }
    Err(Error::shape("the predictions have no such axis")
        .at("axis")
        .received(axis)
        .expected(format!("a number from {} to {}", -count, count - 1))
        .hint("count the axes from 0, which is that of the samples"))
}

/// The tensor with this axis as the last one.
///
/// # Errors
///
/// If there is no such axis.
fn to_end(axis: i64, x: AnyTensor) -> Result<AnyTensor> {
    if axis == -1 {
        return Ok(x);
    }
    let rank = x.rank();
    let axis = of_rank(axis, rank)?;
    if axis + 1 == rank {
        return Ok(x);
    }
    let axes: Vec<usize> = (0..rank).filter(|&other| other != axis).chain([axis]).collect();
    x.permute(&axes)
}

/// The targets and the predictions with this axis of the predictions as the last one. Class numbers do not have it.
///
/// # Errors
///
/// If there is no such axis.
pub(crate) fn features_to_end(
    axis: i64,
    targets: TargetKind,
    y_true: AnyTensor,
    y_pred: AnyTensor,
) -> Result<(AnyTensor, AnyTensor)> {
    let have_axis = targets != TargetKind::Classes && y_true.rank() == y_pred.rank();
    Ok((if have_axis { to_end(axis, y_true)? } else { y_true }, to_end(axis, y_pred)?))
}
