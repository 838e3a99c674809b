//! Arguments that may be tensors, numbers or arrays.

use burn::tensor::{Device, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::broadcast::known;
use crate::operations::calls::call::{Call, no_tensor};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// The shape and the kind of an argument.
pub(crate) fn shape_of(argument: &Argument<Shape>) -> Result<Shape> {
    let scalar = |values| Shape::new([]).with_values(values);
    match argument {
        Argument::Tensor(shape) => Ok(shape.clone()),
        Argument::Constant(Constant::Bool(_)) => Ok(scalar(Values::Bools)),
        Argument::Constant(Constant::Int(_)) => Ok(scalar(Values::Ints)),
        Argument::Constant(Constant::Float(_)) => Ok(scalar(Values::Floats)),
        Argument::Constant(Constant::Array(array)) => {
            let sizes: Vec<_> = array.values.shape().iter().copied().map(Some).collect();
            Ok(Shape::new(sizes).with_values(Values::of_dtype(array.dtype())))
        }
        _ => Err(Error::argument("the function takes a tensor, a number or an array here")
            .expected("a tensor, a number or an array")
            .hint("change the argument")),
    }
}

/// The shape of a tensor or an array.
pub(crate) fn sizes_of(argument: &Argument<AnyTensor>) -> Result<Vec<Option<usize>>> {
    match argument {
        Argument::Tensor(tensor) => Ok(known(tensor)),
        Argument::Constant(Constant::Array(array)) => Ok(array.values.shape().iter().copied().map(Some).collect()),
        _ => Err(Error::argument("the function takes a tensor or an array here")
            .expected("a tensor or an array")
            .hint("change the argument")),
    }
}

/// The argument as a tensor: a number gets one axis of size 1.
pub(crate) fn tensor_of(argument: Argument<AnyTensor>, device: &Device) -> Result<AnyTensor> {
    match argument {
        Argument::Tensor(tensor) => Ok(tensor),
        Argument::Constant(Constant::Array(array)) if array.values.ndim() > 0 => {
            uploaded(array.values.iter().map(|&value| value as f32).collect(), array.values.shape(), device)
        }
        other => match number_of(&other) {
            Some(number) => Ok(Tensor::<1>::full([1], number, device).into()),
            None => Err(Error::argument("the function takes a tensor, a number or an array here")
                .expected("a tensor, a number or an array")
                .hint("change the argument")),
        },
    }
}

/// Values in row-major order as a tensor.
pub(crate) fn uploaded(values: Vec<f32>, sizes: &[usize], device: &Device) -> Result<AnyTensor> {
    let count = values.len();
    AnyTensor::from(Tensor::<1>::from_data(TensorData::new(values, [count]), device)).reshape(sizes)
}

/// The values of a tensor in row-major order, for functions that no device computes.
pub(crate) fn downloaded(x: &AnyTensor) -> Result<Vec<f32>> {
    Ok(x.clone().reshape(&[x.count()])?.float::<1>()?.into_data().iter::<f32>().collect())
}

/// The value of a constant that is one number.
pub(crate) fn number_of<T>(argument: &Argument<T>) -> Option<f64> {
    match argument {
        Argument::Constant(Constant::Bool(truth)) => Some(f64::from(u8::from(*truth))),
        Argument::Constant(Constant::Int(number)) => Some(*number as f64),
        Argument::Constant(Constant::Float(number)) => Some(*number),
        Argument::Constant(Constant::Array(array)) if array.values.ndim() == 0 => array.values.first().copied(),
        _ => None,
    }
}

/// The values of a constant that is a number, a list of numbers, or an array.
pub(crate) fn numbers_of<T>(argument: &Argument<T>) -> Option<Vec<f64>> {
    match argument {
        Argument::List(items) => items.iter().map(number_of).collect(),
        Argument::Constant(Constant::Array(array)) => Some(array.values.iter().copied().collect()),
        other => number_of(other).map(|number| vec![number]),
    }
}

impl Call<'_, AnyTensor> {
    /// The device of the first tensor.
    pub fn tensors_device(&self) -> Result<Device> {
        let device = self.arguments().iter().find_map(|argument| match argument {
            Argument::Tensor(tensor) => Some(tensor.device()),
            _ => None,
        });
        device.ok_or_else(|| no_tensor(self.class))
    }
}
