//! Activations and normalizations as functions on tensors.

use burn::tensor::Tensor;
use serde_json::Value;

use crate::activations::activation::Activation;
use crate::activations::functions::{glu, log_softmax, softmax, sparsemax};
use crate::by_rank;
use crate::error::{Error, Result};
use crate::not_finite;
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::broadcast::{aligned, joined};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::operands::{shape_of, tensor_of};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::powers::powf;
use crate::tensor::shape::{Shape, Values};

/// An activation whose arguments are parameters of the function.
pub(crate) struct Activated(pub fn(&Parameters) -> Activation);

/// The numbers of a configuration.
pub(crate) struct Parameters<'a>(&'a serde_json::Map<String, Value>);

impl Parameters<'_> {
    /// The number of this name; 0 if it is none, which `outputs` refuses.
    pub fn number(&self, name: &str) -> f64 {
        self.optional(name).unwrap_or_default()
    }

    /// The number of this name, which may be null.
    pub fn optional(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(not_finite::number)
    }

    /// Is the argument true?
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }
}

impl Rule for Activated {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        for (name, value) in call.config {
            let is_number = not_finite::number(value).is_some();
            if !(is_number || value.is_boolean() || value.is_null() && name == "max_value") {
                return Err(call.invalid(name, "a number"));
            }
        }
        Ok(vec![call.tensor()?.clone().with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let activation = (self.0)(&Parameters(call.config));
        Ok(vec![by_rank!(call.into_tensor()?, |x| activation.forward(x).into())?])
    }
}

/// Activations along the parameter `axis`.
#[derive(Clone, Copy)]
pub(crate) enum AlongAxis {
    Glu,
    LogSoftmax,
    Softmax,
    Sparsemax,
}

impl AlongAxis {
    /// The axes: one, or, for a softmax, several.
    fn axes<T>(self, call: &Call<T>, rank: usize) -> Result<Vec<usize>> {
        let axes = call.axes("axis", rank)?;
        match self {
            Self::Softmax => Ok(axes),
            _ if axes.len() == 1 => Ok(axes),
            _ => Err(call.invalid("axis", "one axis")),
        }
    }

    fn forward<const D: usize>(self, x: Tensor<D>, axis: usize) -> Tensor<D> {
        let axis = axis as isize;
        match self {
            Self::Glu => glu(x, axis),
            Self::LogSoftmax => log_softmax(x, axis),
            Self::Softmax => softmax(x, axis),
            Self::Sparsemax => sparsemax(x, axis),
        }
    }
}

impl Rule for AlongAxis {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let axes = self.axes(call, input.rank())?;
        let mut sizes = input.sizes().to_vec();
        if matches!(self, Self::Glu)
            && let Some(size) = sizes[axes[0]]
        {
            sizes[axes[0]] = Some(Activation::Glu.output_size(size)?);
        }
        Ok(vec![Shape::new(sizes)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let sizes = call.tensor()?.sizes();
        let axes = self.axes(&call, sizes.len())?;
        let (rule, x) = (*self, call.into_tensor()?);
        if let [axis] = axes[..] {
            return Ok(vec![by_rank!(x, |x| rule.forward(x, axis).into())?]);
        }
        // A softmax over several axes is one over the axis that they make together.
        let order: Vec<usize> =
            (0..sizes.len()).filter(|axis| !axes.contains(axis)).chain(axes.iter().copied()).collect();
        let permuted = x.permute(&order)?;
        let arranged = permuted.sizes();
        let together = sizes.len() - axes.len();
        let flat = [&arranged[..together], &[arranged[together..].iter().product()]].concat();
        let output: AnyTensor = by_rank!(permuted.reshape(&flat)?, |x| rule.forward(x, together).into())?;
        let mut back = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &axis)| back[axis] = at);
        Ok(vec![output.reshape(&arranged)?.permute(&back)?])
    }
}

/// `normalize(x, axis, order, epsilon)`: divides by the norm along an axis.
pub(crate) struct Normalize;

impl Rule for Normalize {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        call.axis(input.rank())?;
        if call.number("order")? <= 0.0 {
            return Err(call.invalid("order", "a number above 0"));
        }
        Ok(vec![input.clone().with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let axis = call.axis(call.tensor()?.rank())?;
        let order = call.number("order")?;
        // Keras's `epsilon()` unless it is given.
        let epsilon = call.parameter("epsilon").as_f64().unwrap_or(1e-7);
        let output = by_rank!(call.into_tensor()?, |x| {
            let sizes = x.dims();
            let scale = if order == 2.0 {
                let squares = x.clone().square().sum_dim(axis);
                squares.clamp_min(epsilon * epsilon).sqrt().recip()
            } else {
                let norm = powf(powf(x.clone().abs(), order).sum_dim(axis), order.recip());
                norm.clamp_min(epsilon).recip()
            };
            AnyTensor::from(x * scale.expand(sizes))
        })?;
        Ok(vec![output])
    }
}

/// `layer_normalization(x, gamma, beta, axis, epsilon)` and `rms_normalization(x, scale, axis, epsilon)`: brings the values
/// along the axes to mean 0 and variance 1, or to a root mean square of 1, then scales and shifts them.
#[derive(Clone, Copy)]
pub(crate) enum Normalized {
    Layer,
    Rms,
}

impl Normalized {
    fn forward<const D: usize>(self, x: Tensor<D>, axes: &[usize], epsilon: f64) -> Tensor<D> {
        let sizes = x.dims();
        let count = axes.iter().map(|&axis| sizes[axis]).product::<usize>() as f64;
        let mean = |x: Tensor<D>| axes.iter().fold(x, |x, &axis| x.sum_dim(axis)) / count;
        let x = match self {
            Self::Layer => {
                let center = mean(x.clone()).expand(sizes);
                x - center
            }
            Self::Rms => x,
        };
        let scale = (mean(x.clone().square()) + epsilon).sqrt().recip();
        x * scale.expand(sizes)
    }
}

impl Rule for Normalized {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        if call.flag("rms_scaling") {
            return Err(call.invalid("rms_scaling", "false"));
        }
        let axes = call.axes("axis", input.rank())?;
        let of_last = axes == [input.rank().saturating_sub(1)];
        for argument in &call.arguments()[1..] {
            if argument_is_none(argument) {
                continue;
            }
            let sizes = shape_of(argument)?;
            let fits = joined(input.sizes(), sizes.sizes())?.len() == input.rank();
            if !fits || !of_last && sizes.rank() != input.rank() {
                return Err(Error::shape("the scale and the shift do not fit the tensor")
                    .received(format!("{sizes} for {input}"))
                    .expected("the size of the last axis, or as many axes as the tensor")
                    .hint("reshape them first"));
            }
        }
        Ok(vec![input.clone().with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let axes = call.axes("axis", call.tensor()?.rank())?;
        // Keras's `epsilon()` unless it is given.
        let epsilon = call.parameter("epsilon").as_f64().unwrap_or(1e-7);
        let (class, rule, device) = (call.class, *self, call.tensors_device()?);
        let mut arguments = call.into_arguments().into_iter();
        let Some(Argument::Tensor(x)) = arguments.next() else { return Err(no_tensor(class)) };
        let mut output: AnyTensor = by_rank!(x, |x| rule.forward(x, &axes, epsilon).into())?;
        // The scale, then the shift.
        for (at, argument) in arguments.enumerate() {
            if argument_is_none(&argument) {
                continue;
            }
            let [x, own] = aligned(output, tensor_of(argument, &device)?)?;
            output = by_rank!(x, |x| own.float().map(|own| AnyTensor::from(if at == 0 { x * own } else { x + own })))??;
        }
        Ok(vec![output])
    }
}

fn argument_is_none<T>(argument: &Argument<T>) -> bool {
    matches!(argument, Argument::Constant(Constant::None))
}
