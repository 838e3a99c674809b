//! Arrays among the tensors of a call.

use crate::error::{Error, Result};
use crate::graph::keras_tensor::{KerasTensor, Placed};
use crate::operations::constant::ConstantTensor;
use std::sync::Arc;

impl KerasTensor {
    /// An array as a tensor of no graph yet: the call that takes it places it beside its other tensors.
    pub(crate) fn of_constant(constant: ConstantTensor) -> Result<Self> {
        let shape = constant.shape()?;
        Ok(Self::of_call(Placed::new(Arc::new(constant)), Vec::new(), shape))
    }

    /// Is it an array that is in no graph yet?
    pub(crate) fn is_unplaced(&self) -> bool {
        self.call.inputs.is_empty() && self.description().conventions().is_constant
    }
}

/// The tensors of a call, with the arrays among them placed in the graph of the others.
///
/// # Errors
///
/// If there are only arrays.
pub(crate) fn placed(tensors: Vec<KerasTensor>) -> Result<Vec<KerasTensor>> {
    if !tensors.iter().any(KerasTensor::is_unplaced) {
        return Ok(tensors);
    }
    let Some(beside) = tensors.iter().find(|tensor| !tensor.is_unplaced()).cloned() else {
        return Err(Error::argument("the call takes arrays only, which are in no graph")
            .received(format!("{} arrays", tensors.len()))
            .expected("at least one tensor that follows from an Input")
            .hint("compute what follows from arrays alone before, outside of the graph"));
    };
    let place = |tensor: KerasTensor| match tensor.is_unplaced() {
        true => KerasTensor::of_call(
            Placed::new(tensor.call.layer.layer.clone()),
            vec![beside.clone()],
            tensor.shape().clone(),
        ),
        false => tensor,
    };
    Ok(tensors.into_iter().map(place).collect())
}
