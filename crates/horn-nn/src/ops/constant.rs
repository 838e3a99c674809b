//! Arrays as tensors.

use crate::error::{Error, Result};
use crate::graph::keras_tensor::KerasTensor;
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::constant::ConstantTensor;
use crate::ops::operand::{IntoOperand, Operand};

/// An array where a layer takes a tensor, such as an `attention_mask` that is the same for all samples. Functions on
/// tensors and operators take arrays as they are.
///
/// ```
/// use horn::layers::{Input, MultiHeadAttention};
/// use horn::{Apply, ops};
/// use ndarray::Array3;
///
/// let x = Input([4, 8]);
/// let past = Array3::from_shape_fn((1, 4, 4), |(_, query, step)| if step <= query { 1.0 } else { 0.0 });
/// let past = ops::convert_to_tensor(past)?;
/// let y = MultiHeadAttention(2, 4).attention_mask(true).apply((&x, &x, &past))?;
/// assert_eq!(y.shape().to_string(), "(None, 4, 8)");
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If it is not an array.
pub fn convert_to_tensor(array: impl IntoOperand) -> Result<KerasTensor> {
    match array.into_operand() {
        Operand { argument: Argument::Constant(Constant::Array(array)), .. } => {
            KerasTensor::of_constant(ConstantTensor::new(array))
        }
        Operand { argument: Argument::Tensor(()), tensors } if tensors.len() == 1 => Ok(tensors[0].clone()),
        _ => Err(Error::argument("a layer takes no number as a tensor")
            .at("function ConvertToTensor")
            .received("a number, or a list")
            .expected("an array")
            .hint("give an array with the axes that the layer expects, as `array![[1.0]]`")),
    }
}
