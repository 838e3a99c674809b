//! Operations on masks, which are boolean tensors with the leading axes of a tensor.

use burn::tensor::{Bool, Tensor};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;

/// Converts a mask to ones and zeros.
pub(crate) fn floats(mask: &AnyTensor) -> Result<AnyTensor> {
    by_rank!(bool: mask.clone(), |mask| mask.float().into())
}

/// Converts ones and zeros to a mask.
pub(crate) fn booleans(mask: AnyTensor) -> Result<AnyTensor> {
    by_rank!(mask, |mask| mask.greater_elem(0.5).into())
}

/// Broadcasts a mask with the leading axes to a tensor of this shape.
pub(crate) fn for_values(mask: &AnyTensor, sizes: &[usize]) -> Result<AnyTensor> {
    let own = mask.sizes();
    if own.len() > sizes.len() {
        return Err(misfit(&own, sizes));
    }
    let missing = vec![1; sizes.len() - own.len()];
    booleans(floats(mask)?.reshape(&[own, missing].concat())?.expand(sizes)?)
}

/// Broadcasts a mask whose last axis is the tensor's last to a tensor of this shape.
pub(crate) fn aligned_at_the_end(mask: &AnyTensor, sizes: &[usize]) -> Result<AnyTensor> {
    let own = mask.sizes();
    let fit = |(own, size): (&usize, &usize)| *own == 1 || own == size;
    if own.len() > sizes.len() || !own.iter().rev().zip(sizes.iter().rev()).all(fit) {
        return Err(misfit(&own, sizes));
    }
    let missing = vec![1; sizes.len() - own.len()];
    booleans(floats(mask)?.reshape(&[missing, own].concat())?.expand(sizes)?)
}

/// Selects `values` where the mask is true, and `others` elsewhere. All have the same shape.
pub(crate) fn choose(mask: &AnyTensor, values: AnyTensor, others: AnyTensor) -> Result<AnyTensor> {
    fn choose<const D: usize>(mask: Tensor<D, Bool>, values: AnyTensor, others: AnyTensor) -> Result<AnyTensor> {
        Ok(others.float::<D>()?.mask_where(mask, values.float::<D>()?).into())
    }
    by_rank!(bool: mask.clone(), |mask| choose(mask, values, others))?
}

/// Selects the values where the mask is true, and a number elsewhere.
pub(crate) fn choose_or(mask: &AnyTensor, values: AnyTensor, other: f64) -> Result<AnyTensor> {
    by_rank!(numbers: values, |x| mask.clone().bool().map(|mask| AnyTensor::from(x.mask_fill(mask.bool_not(), other))))?
}

fn misfit(mask: &[usize], sizes: &[usize]) -> Error {
    Error::shape("the mask does not fit the tensor")
        .received(format!("a mask of {} for {}", shape::sizes(mask), shape::sizes(sizes)))
        .expected("a shape that broadcasts to that of the tensor")
        .hint("give a mask with the leading axes of the tensor")
}
