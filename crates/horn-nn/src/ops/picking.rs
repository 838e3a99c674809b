//! Functions that pick values, and products by an equation.

use ndarray::SliceInfoElem;
use serde_json::{Value, json};

use crate::error::Result;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::operations::calls::argument::Constant;
use crate::ops::operand::{IntoAxes, IntoOperand, Operand, call, call_many};

/// A part of the tensor: Python's `x[:, 0]` is `get_item(&x, s![.., 0])`, with the macro [`s!`](crate::ops::s) of the crate `ndarray`. Axes
/// that are not mentioned are kept whole.
///
/// ```
/// use horn::layers::Input;
/// use horn::ops::{self, NewAxis, s};
///
/// let x = Input([5, 4]);
/// assert_eq!(ops::get_item(&x, s![.., 0])?.shape().to_string(), "(None, 4)");
/// assert_eq!(ops::get_item(&x, s![.., 1..;2, -1])?.shape().to_string(), "(None, 2)");
/// assert_eq!(ops::get_item(&x, s![.., NewAxis])?.shape().to_string(), "(None, 1, 5, 4)");
/// assert!(ops::get_item(&x, s![.., 5]).unwrap_err().is_argument());
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If a place is outside of the tensor, or there are more places than axes.
pub fn get_item(x: impl IntoOperand, key: impl AsRef<[SliceInfoElem]>) -> Result<KerasTensor> {
    let part = |part: &SliceInfoElem| match *part {
        SliceInfoElem::Slice { start, end, step } => {
            let start = Some(start as i64).filter(|&start| start != 0);
            let step = Some(step as i64).filter(|&step| step != 1);
            Constant::Slice([start, end.map(|end| end as i64), step])
        }
        SliceInfoElem::Index(at) => Constant::Int(at as i64),
        SliceInfoElem::NewAxis => Constant::None,
    };
    let key = key.as_ref().iter().map(part).collect();
    call("GetItem", Value::Null, [x.into_operand(), Operand::constants(key)])
}

/// A part of the tensor from these places on, of this shape; -1 for all that is left of an axis.
///
/// # Errors
///
/// If there is not one place and one size for each axis, or the tensor is smaller.
pub fn slice(x: impl IntoOperand, start_indices: &[i64], shape: impl IntoAxes) -> Result<KerasTensor> {
    let starts = Operand::constants(start_indices.iter().map(|&at| Constant::Int(at)).collect());
    call("Slice", json!({"shape": shape.into_axes()}), [x.into_operand(), starts])
}

/// The tensor with other values from these places on.
///
/// # Errors
///
/// If there is not one place for each axis, or the values are more than the tensor has.
pub fn slice_update(x: impl IntoOperand, start_indices: &[i64], updates: impl IntoOperand) -> Result<KerasTensor> {
    let starts = Operand::constants(start_indices.iter().map(|&at| Constant::Int(at)).collect());
    call("SliceUpdate", Value::Null, [x.into_operand(), starts, updates.into_operand()])
}

/// The slices at the indices along an axis. In place of the axis the output has those of the indices. Negative indices
/// count from the end.
///
/// # Errors
///
/// If the axis does not exist, or an index that is a constant is outside of it.
pub fn take(x: impl IntoOperand, indices: impl IntoOperand, axis: i64) -> Result<KerasTensor> {
    call("Take", json!({"axis": axis}), [x.into_operand(), indices.into_operand()])
}

/// The values at the indices, each in its own row along the axis.
///
/// # Errors
///
/// If the sizes of other axes differ.
pub fn take_along_axis(x: impl IntoOperand, indices: impl IntoOperand, axis: i64) -> Result<KerasTensor> {
    call("TakeAlongAxis", json!({"axis": axis}), [x.into_operand(), indices.into_operand()])
}

/// A new last axis of `num_classes` values: 1 at the index that the value names, and 0 elsewhere.
///
/// # Errors
///
/// If `num_classes` is 0.
pub fn one_hot(x: impl IntoOperand, num_classes: usize) -> Result<KerasTensor> {
    call("OneHot", json!({"num_classes": num_classes, "dtype": "float32"}), [x.into_operand()])
}

/// The product of tensors by an equation with a letter for each axis, as `"bij,bjk->bik"`: axes whose letters the output
/// lacks are summed over.
///
/// # Errors
///
/// If the equation does not fit the tensors.
pub fn einsum(subscripts: &str, operands: impl IntoTensors) -> Result<KerasTensor> {
    let operands = operands.into_tensors().into_iter().map(IntoOperand::into_operand).collect();
    call_many("Einsum", json!({"subscripts": subscripts}), operands)
}
