//! Elementwise merging with masks, where masked values are ignored. All values have the same rank.

use crate::by_rank;
use crate::error::Result;
use crate::layers::masks::{booleans, choose, choose_or, floats, for_values};
use crate::tensor::any_tensor::AnyTensor;

/// The product. A masked value counts as 1; if all are masked, the product is 0.
pub(crate) fn product(values: Vec<AnyTensor>, masks: &[Option<AnyTensor>]) -> Result<AnyTensor> {
    let (values, masks) = spread(values, masks)?;
    let factors = values.into_iter().zip(&masks).map(|(value, mask)| match mask {
        Some(mask) => choose_or(mask, value, 1.0),
        None => Ok(value),
    });
    let mut factors = factors.collect::<Result<Vec<_>>>()?.into_iter();
    let first = factors.next().expect("the number of inputs was checked");
    let product = factors.try_fold(first, |a, b| by_rank!(a, |a| b.float().map(|b| AnyTensor::from(a * b)))?)?;
    match masks.into_iter().collect::<Option<Vec<_>>>() {
        Some(masks) => choose_or(&any(masks)?, product, 0.0),
        None => Ok(product),
    }
}

/// The largest unmasked value.
pub(crate) fn largest(values: Vec<AnyTensor>, masks: &[Option<AnyTensor>]) -> Result<AnyTensor> {
    extreme(values, masks, |a, b| by_rank!(a, |a| b.float().map(|b| AnyTensor::from(a.max_pair(b))))?)
}

/// The smallest unmasked value.
pub(crate) fn smallest(values: Vec<AnyTensor>, masks: &[Option<AnyTensor>]) -> Result<AnyTensor> {
    extreme(values, masks, |a, b| by_rank!(a, |a| b.float().map(|b| AnyTensor::from(a.min_pair(b))))?)
}

/// Merges one value after the other: if one of two is masked, the result is the other.
fn extreme(
    values: Vec<AnyTensor>,
    masks: &[Option<AnyTensor>],
    of_two: impl Fn(AnyTensor, AnyTensor) -> Result<AnyTensor>,
) -> Result<AnyTensor> {
    let (values, masks) = spread(values, masks)?;
    let mut pairs = values.into_iter().zip(masks);
    let (mut merged, mut counts) = pairs.next().expect("the number of inputs was checked");
    for (mut value, mask) in pairs {
        if let Some(mask) = &mask {
            value = choose(mask, value, merged.clone())?;
        }
        if let Some(counts) = &counts {
            merged = choose(counts, merged, value.clone())?;
        }
        merged = of_two(merged, value)?;
        counts = match (counts, mask) {
            (Some(counts), Some(mask)) => Some(any(vec![counts, mask])?),
            _ => None,
        };
    }
    Ok(merged)
}

/// All values and masks, broadcast to a common shape.
fn spread(values: Vec<AnyTensor>, masks: &[Option<AnyTensor>]) -> Result<(Vec<AnyTensor>, Vec<Option<AnyTensor>>)> {
    let mut sizes = vec![1; values[0].rank()];
    for value in &values {
        for (size, own) in sizes.iter_mut().zip(value.sizes()) {
            *size = (*size).max(own);
        }
    }
    let masks = masks.iter().zip(&values).map(|(mask, value)| {
        let Some(mask) = mask else { return Ok(None) };
        let mask = floats(&for_values(mask, &value.sizes())?)?;
        booleans(mask.expand(&sizes)?).map(Some)
    });
    let masks = masks.collect::<Result<_>>()?;
    let values = values.into_iter().map(|value| value.expand(&sizes));
    Ok((values.collect::<Result<_>>()?, masks))
}

/// The logical or of the masks.
fn any(masks: Vec<AnyTensor>) -> Result<AnyTensor> {
    let mut masks = masks.into_iter();
    let first = masks.next().expect("the number of inputs was checked");
    masks.try_fold(first, |a, b| by_rank!(bool: a, |a| b.bool().map(|b| AnyTensor::from(a.bool_or(b))))?)
}
