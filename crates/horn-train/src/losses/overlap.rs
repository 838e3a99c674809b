//! How much targets and predictions overlap, for the losses of segmentation.

use burn::Tensor;
use burn::tensor::Bool;
use horn_nn::{AnyTensor, Error, Result, by_rank, sizes};
use serde::{Deserialize, Serialize};

use super::axis::of_rank;
use super::reduction::{Reduction, mask_weight, reduce};

/// The axes of a sum, as Keras writes them: one number, or a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Axes {
    One(i64),
    Several(Vec<i64>),
}

impl Axes {
    /// The axes of a tensor of this rank. Negative ones count from the end.
    fn of_rank(&self, rank: usize) -> Result<Vec<usize>> {
        let axes = match self {
            Self::One(axis) => std::slice::from_ref(axis),
            Self::Several(axes) => axes,
        };
        axes.iter().map(|&axis| of_rank(axis, rank)).collect()
    }
}

/// Sums over some axes, with the other axes flattened.
pub(super) struct Overlap {
    /// Of `y_true * y_pred`.
    pub both: Tensor<1>,
    /// Of `y_true * (1 - y_pred)`.
    pub only_true: Tensor<1>,
    /// Of `(1 - y_true) * y_pred`.
    pub only_predicted: Tensor<1>,
}

/// The overlap over these axes, or over all.
pub(super) fn overlap(y_true: AnyTensor, y_pred: AnyTensor, axes: Option<&Axes>) -> Result<Overlap> {
    let (y_true, shape) = (y_true.floats()?, y_pred.sizes());
    let count = |sizes: &[usize]| sizes.iter().product::<usize>();
    if count(&y_true.sizes()) != count(&shape) {
        return Err(Error::shape("y_true and y_pred differ in shape")
            .at("y_true")
            .received(sizes(&y_true.sizes()))
            .expected(sizes(&shape))
            .hint("let the last layer have as many units as y_true has columns"));
    }
    let axes = match axes {
        Some(axes) => axes.of_rank(shape.len())?,
        None => (0..shape.len()).collect(),
    };
    let y_true = y_true.reshape(&shape)?;
    by_rank!(y_pred, |y_pred| sums(y_true, y_pred, &axes))?
}

fn sums<const D: usize>(y_true: AnyTensor, y_pred: Tensor<D>, axes: &[usize]) -> Result<Overlap> {
    let y_true = y_true.float::<D>()?;
    let sum = |x: Tensor<D>| axes.iter().fold(x, |x, &axis| x.sum_dim(axis)).reshape([-1]);
    let not = |x: Tensor<D>| x.neg().add_scalar(1.0);
    Ok(Overlap {
        both: sum(y_true.clone() * y_pred.clone()),
        only_true: sum(y_true.clone() * not(y_pred.clone())),
        only_predicted: sum(not(y_true) * y_pred),
    })
}

/// Weights and reduces the values. One value for the whole batch is weighted by each weight.
pub(super) fn reduce_overlap(
    values: Tensor<1>,
    mask: Option<AnyTensor>,
    sample_weight: Option<AnyTensor>,
    reduction: Reduction,
) -> Result<Tensor<1>> {
    let mut weight: Option<Tensor<1>> = match sample_weight {
        Some(weight) => Some(by_rank!(weight, |weight| weight.reshape([-1]))?),
        None => None,
    };
    if let Some(mask) = mask {
        let mask: Tensor<1, Bool> = by_rank!(bool: mask, |mask| mask.reshape([-1]))?;
        let weights = weight.as_ref().map_or(mask.dims(), Tensor::dims);
        if weights != mask.dims() {
            return Err(Error::shape("there is not one weight for each timestep of the mask")
                .at("sample_weight")
                .received(format!("{weights:?}"))
                .expected(format!("{:?}", mask.dims()))
                .hint("give one weight for each timestep"));
        }
        weight = Some(mask_weight(mask, weight, reduction));
    }
    let values = match &weight {
        Some(weight) if values.dims() == [1] => values.expand(weight.dims()),
        _ => values,
    };
    reduce(values, weight, reduction)
}
