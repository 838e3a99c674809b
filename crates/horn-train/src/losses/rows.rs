//! Flattens tensors of any rank to rows, which hold the values along the last axis of the predictions.

use burn::Tensor;
use burn::tensor::Bool;
use horn_nn::{AnyTensor, Error, Result, by_rank, sizes};

use super::target::Target;

/// A batch with all axes but the last flattened to rows.
pub(crate) struct Rows {
    pub y_true: Target,
    pub y_pred: Tensor<2>,
    /// One weight for each row.
    pub sample_weight: Option<Tensor<1>>,
    /// For how many rows each weight counts that was given.
    pub rows_per_weight: usize,
    /// The sizes of the axes that were flattened.
    pub leading: Vec<usize>,
}

impl Rows {
    /// Flattens targets, predictions and their weights.
    ///
    /// # Errors
    ///
    /// If the shape of the weights is not that of the leading axes of the predictions, or of the first of them.
    pub fn new(y_true: AnyTensor, y_pred: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<Self> {
        let shape = y_pred.sizes();
        // Predictions with one axis are a column if the targets are a column, and one row otherwise.
        let y_pred = match (shape.as_slice(), y_true.sizes().as_slice()) {
            (&[features], &[_]) => y_pred.float::<1>()?.reshape([1, features]),
            _ => y_pred.rows()?,
        };
        // The leading axes are all but the last, or the only one, if `rows` made a column of it.
        let leading = match (shape.as_slice(), y_pred.dims()) {
            (&[samples], [rows, 1]) if samples == rows => &shape[..],
            _ => &shape[..shape.len() - 1],
        };
        let rows_per_weight = rows_per_weight(sample_weight.as_ref(), leading);
        let sample_weight = match sample_weight {
            Some(weight) => Some(row_weights(weight, leading)?),
            None => None,
        };
        let y_true = Target::rows(y_true, &shape)?;
        Ok(Self { y_true, y_pred, sample_weight, rows_per_weight, leading: leading.to_vec() })
    }
}

/// Values of the rows in the shape of the axes that were flattened; the value of a single row stays as it is.
pub(crate) fn in_shape(values: Tensor<1>, leading: &[usize]) -> Result<AnyTensor> {
    if leading.is_empty() { Ok(values.into()) } else { AnyTensor::from(values).reshape(leading) }
}

/// For how many rows each weight counts that is given with axes of size 1, such as `[samples, 1]` for all steps.
pub(crate) fn rows_per_weight(weight: Option<&AnyTensor>, leading: &[usize]) -> usize {
    match weight.map(AnyTensor::sizes) {
        Some(own) if own.len() == leading.len() => {
            leading.iter().product::<usize>() / own.iter().product::<usize>().max(1)
        }
        _ => 1,
    }
}

/// A weight for each row. Weights with fewer axes are repeated along the axes that they lack.
pub(crate) fn row_weights(weight: AnyTensor, leading: &[usize]) -> Result<Tensor<1>> {
    let own = weight.sizes();
    let axes = own.len() - own.iter().rev().take_while(|&&size| size == 1).count();
    if !leading.starts_with(&own[..axes]) {
        return Err(Error::shape("there is not one weight for each value of the loss")
            .at("sample_weight")
            .received(sizes(&own))
            .expected(sizes(leading))
            .hint("give one weight for each sample, or for each step of each sample"));
    }
    let (given, rows) = (own.iter().product::<usize>(), leading.iter().product::<usize>());
    let flat: Tensor<1> = by_rank!(weight, |weight| weight.reshape([-1]))?;
    if given == rows { Ok(flat) } else { Ok(flat.unsqueeze_dim::<2>(1).expand([given, rows / given]).reshape([rows])) }
}

/// The mask as a boolean for each row; `None` if there is none, or it does not have one for each row.
pub(crate) fn row_mask(mask: Option<AnyTensor>, rows: usize) -> Result<Option<Tensor<1, Bool>>> {
    let Some(mask) = mask else { return Ok(None) };
    let mask: Tensor<1, Bool> = by_rank!(bool: mask, |mask| mask.reshape([-1]))?;
    Ok((mask.dims() == [rows]).then_some(mask))
}

/// How much each row counts: by the mask, and by its weight; `None` if all count alike.
pub(crate) fn masked_weight(
    mask: Option<AnyTensor>,
    weight: Option<Tensor<1>>,
    rows: usize,
) -> Result<Option<Tensor<1>>> {
    let mask = row_mask(mask, rows)?.map(|mask| mask.float());
    Ok(match (mask, weight) {
        (Some(mask), Some(weight)) => Some(mask * weight),
        (mask, weight) => mask.or(weight),
    })
}
