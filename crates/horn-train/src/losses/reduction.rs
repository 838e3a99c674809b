//! Reduces the values of the rows to the loss of a batch.

use burn::Tensor;
use burn::tensor::Bool;
use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};

/// How the values of a loss are reduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// The weighted sum divided by the number of values, whatever the weights.
    #[default]
    #[serde(alias = "mean")]
    SumOverBatchSize,
    /// The weighted sum.
    Sum,
    /// No reduction: the weighted values.
    None,
    /// The weighted sum divided by the sum of the weights.
    MeanWithSampleWeight,
}

/// Weights the values and reduces them to a tensor of one element; [`Reduction::None`] keeps all values.
///
/// A division by zero gives 0.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::losses::{Reduction, reduce};
///
/// let device = Device::default();
/// let values = Tensor::<1>::from_data([1.0, 2.0, 3.0], &device);
/// let weights = Tensor::<1>::from_data([1.0, 0.0, 1.0], &device);
/// let mean = reduce(values.clone(), Some(weights.clone()), Reduction::MeanWithSampleWeight)?;
/// assert_eq!(mean.into_scalar::<f32>(), 2.0);
/// let sum = reduce(values, Some(weights), Reduction::Sum)?;
/// assert_eq!(sum.into_scalar::<f32>(), 4.0);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// The numbers of weights and values differ.
pub fn reduce(values: Tensor<1>, sample_weight: Option<Tensor<1>>, reduction: Reduction) -> Result<Tensor<1>> {
    let [count] = values.dims();
    if let Some(weight) = &sample_weight
        && weight.dims() != [count]
    {
        return Err(Error::shape("there is not one weight for each value of the loss")
            .at("sample_weight")
            .received(format!("{:?}", weight.dims()))
            .expected(format!("[{count}]"))
            .hint("give one weight for each sample"));
    }
    if count == 0 {
        return Ok(values);
    }

    let weighted = match sample_weight.clone() {
        Some(weight) => values * weight,
        None => values,
    };
    Ok(match (reduction, sample_weight) {
        (Reduction::None, _) => weighted,
        (Reduction::Sum, _) => weighted.sum(),
        (Reduction::MeanWithSampleWeight, Some(weight)) => {
            let total = weight.sum();
            let empty = total.clone().equal_elem(0.0);
            (weighted.sum() / total.mask_fill(empty.clone(), 1.0)).mask_fill(empty, 0.0)
        }
        (Reduction::SumOverBatchSize | Reduction::MeanWithSampleWeight, _) => weighted.mean(),
    })
}

/// Reduces the values that the mask keeps, of which so many share a weight that was given. Keras's weighted mean divides by
/// the sum of the weights as they were given; a mask spreads them over the values.
pub(super) fn reduce_masked(
    values: Tensor<1>,
    mask: Option<Tensor<1, Bool>>,
    sample_weight: Option<Tensor<1>>,
    rows_per_weight: usize,
    reduction: Reduction,
) -> Result<Tensor<1>> {
    match mask {
        Some(mask) => reduce(values, Some(mask_weight(mask, sample_weight, reduction)), reduction),
        None if reduction == Reduction::MeanWithSampleWeight && rows_per_weight > 1 => {
            Ok(reduce(values, sample_weight, reduction)? * rows_per_weight as f64)
        }
        None => reduce(values, sample_weight, reduction),
    }
}

/// Turns a mask into weights that leave out the values whose mask is false, so that a mean is the mean of the others.
pub fn mask_weight(mask: Tensor<1, Bool>, sample_weight: Option<Tensor<1>>, reduction: Reduction) -> Tensor<1> {
    let [count] = mask.dims();
    let mut weight = mask.float();
    if reduction == Reduction::SumOverBatchSize {
        let kept = weight.clone().sum().clamp_min(1.0);
        weight = weight.mul_scalar(count as f64) / kept;
    }
    match sample_weight {
        Some(sample_weight) => sample_weight * weight,
        None => weight,
    }
}
