//! Masks in graphs. A mask travels with its value; besides, Keras's graph computes masks with functions that stand between
//! the layers, and passes them to the layers that take masks. This file determines these functions, and which layers take
//! masks.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::graph::keras_tensor::{KerasTensor, Placed};
use crate::layer::conventions::{MaskArgument, OutputMask};
use crate::layer::description::Layer;
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::operation::Operation;
use crate::tensor::shape::{Shape, Values, can_be_equal, list};

impl KerasTensor {
    /// The output of a function on masks.
    fn of_mask(operation: Operation, inputs: Vec<Self>, shape: Shape) -> Self {
        Self::of_call(Placed::new(Arc::new(operation)), inputs, shape.with_values(Values::Bools))
    }
}

/// Does Keras pass the masks of the inputs to the layer as a call argument?
pub(crate) fn takes_masks(layer: &dyn Layer, inputs: usize) -> bool {
    // If tensors are in several arguments, such as initial states, Keras looks for masks under other names.
    let one_argument = layer.call_arguments(inputs).len() == 1;
    let separate = [MaskArgument::None, MaskArgument::EachInput, MaskArgument::Named];
    one_argument && !separate.contains(&layer.conventions().mask_argument)
}

/// Checks the masks that are call arguments.
///
/// # Errors
///
/// If the layer takes no masks or another number of them, or a mask does not fit its input.
pub(crate) fn check_given(layer: &dyn Layer, inputs: &[Shape], masks: &[Option<Shape>]) -> Result<()> {
    let given: Vec<Shape> = masks.iter().flatten().cloned().collect();
    let Some(mask) = given.first() else { return Ok(()) };
    let argument = layer.conventions().mask_argument;
    if argument == MaskArgument::Ignored {
        return Ok(());
    }
    if argument == MaskArgument::None {
        return Err(Error::argument("the layer takes no mask as a call argument")
            .received(format!("a mask of shape {mask}"))
            .expected("a layer that does, such as LSTM, Softmax or GlobalAveragePooling1D")
            .hint("leave `with_mask` out"));
    }
    let for_each = matches!(argument, MaskArgument::EachInput | MaskArgument::Named);
    let counts = match argument {
        MaskArgument::EachInput => 2..=inputs.len(),
        MaskArgument::Named | MaskArgument::Leading => 1..=inputs.len(),
        _ => 1..=1,
    };
    // The last masks of several may be missing.
    let count = if for_each { masks.len() } else { given.len() };
    if !counts.contains(&count) {
        let expected = if for_each { "two: for the queries and for the values" } else { "one" };
        return Err(Error::argument("the layer takes another number of masks")
            .received(count)
            .expected(expected)
            .hint("give `with_mask` that number of masks"));
    }
    let is_mask = |(at, mask): (usize, &Option<Shape>)| match (mask, inputs.get(at)) {
        (None, _) => true,
        (Some(mask), Some(input)) => fits(argument, mask, input),
        (Some(_), None) => false,
    };
    match masks.iter().enumerate().all(is_mask) {
        true => Ok(()),
        false => Err(misfit(argument, inputs, &given)),
    }
}

/// Checks the masks that a graph propagates to a call: a file may say of anything that it is one.
///
/// # Errors
///
/// If there is no input for a mask, or it does not fit.
pub(crate) fn check_propagated(layer: &dyn Layer, inputs: &[Shape], masks: &[Option<Shape>]) -> Result<()> {
    let argument = layer.conventions().mask_argument;
    let is_mask = |(at, mask): (usize, &Option<Shape>)| match (mask, inputs.get(at)) {
        (None, _) => true,
        (Some(mask), Some(input)) => {
            leads(mask, input, mask.rank()) || fits(argument, mask, input) || has_steps(argument, mask, input)
        }
        (Some(_), None) => false,
    };
    match masks.iter().enumerate().all(is_mask) {
        true => Ok(()),
        false => Err(misfit(argument, inputs, &masks.iter().flatten().cloned().collect::<Vec<_>>())),
    }
}

/// Does a mask that is given with a call fit the input?
fn fits(argument: MaskArgument, mask: &Shape, input: &Shape) -> bool {
    match argument {
        MaskArgument::Broadcast => broadcasts(mask, input),
        MaskArgument::Samples => leads(mask, input, input.rank() - 1),
        MaskArgument::Leading => leads(mask, input, mask.rank().min(input.rank())),
        _ => leads(mask, input, 2),
    }
}

/// Are there several masks for each timestep? A layer for each step, as of the words of each sentence, passes its own on:
/// the step is unmasked if it is so in any of them.
fn has_steps(argument: MaskArgument, mask: &Shape, input: &Shape) -> bool {
    argument == MaskArgument::Steps && mask.rank() > 2 && leads(&Shape::new(&mask.sizes()[..2]), input, 2)
}

fn misfit(argument: MaskArgument, inputs: &[Shape], masks: &[Shape]) -> Error {
    let input = inputs.first().map(Shape::to_string).unwrap_or_default();
    Error::shape("the mask does not fit the input")
        .received(format!("a mask of {} for {}", list(masks), list(inputs)))
        .expected(match argument {
            MaskArgument::Broadcast => "a shape that broadcasts to that of the input".to_owned(),
            MaskArgument::Samples => format!("the shape {input} without its last axis"),
            _ => "the number of samples and of timesteps".to_owned(),
        })
        .hint("give the mask the input's leading axes, as in `Input([steps])` for `Input([steps, features])`")
}

/// Is the shape of the mask a prefix of the shape of the input, as far as both are known?
fn leads(mask: &Shape, input: &Shape, axes: usize) -> bool {
    mask.rank() == axes && axes <= input.rank() && mask.sizes().iter().zip(input.sizes()).all(can_be_equal)
}

fn broadcasts(mask: &Shape, input: &Shape) -> bool {
    let pairs = mask.sizes().iter().rev().zip(input.sizes().iter().rev());
    mask.rank() <= input.rank() && pairs.into_iter().all(|(own, size)| *own == Some(1) || can_be_equal((own, size)))
}

/// The masks of a layer's outputs, from those of its inputs: Keras's `compute_mask`.
pub(crate) fn of_outputs(
    layer: &dyn Layer,
    inputs: &[KerasTensor],
    masks: &[Option<&KerasTensor>],
    outputs: &[Shape],
) -> Vec<Option<KerasTensor>> {
    let first = || masks.first().copied().flatten().cloned();
    let rule = layer.output_mask();
    let mask = match &rule {
        OutputMask::None => None,
        OutputMask::Propagated { .. } => first(),
        OutputMask::Converted => first().map(|mask| operation("ConvertToTensor", json!({}), mask.shape(), [&mask])),
        OutputMask::Any => all(masks).map(|masks| joined(&masks, "LogicalOr")),
        OutputMask::All { .. } => {
            let given: Vec<_> = masks.iter().copied().flatten().collect();
            (!given.is_empty()).then(|| joined(&given, "LogicalAnd"))
        }
        OutputMask::Concatenated { axis, of_all } => {
            concatenated(layer, axis, if *of_all { "All" } else { "Any" }, inputs, masks)
        }
        OutputMask::NotEqual(value) => inputs.first().map(|input| not_equal(input, value.clone())),
        OutputMask::AnyNotEqual(value) => {
            inputs.first().map(|input| of_last_axis("Any", &not_equal(input, value.clone())))
        }
    };
    let masked = if let OutputMask::Propagated { outputs } = rule { outputs } else { 1 };
    (0..outputs.len()).map(|at| mask.clone().filter(|_| at < masked)).collect()
}

fn all<'a>(masks: &[Option<&'a KerasTensor>]) -> Option<Vec<&'a KerasTensor>> {
    masks.iter().copied().collect()
}

fn not_equal(value: &KerasTensor, other: Value) -> KerasTensor {
    let other = Argument::read(&other, &mut Vec::new()).unwrap_or(Argument::Constant(Constant::Int(0)));
    let operation = Operation::new("NotEqual", Value::Null, vec![Argument::Tensor(()), other]);
    let operation = operation.expect("the functions for masks are in the table");
    KerasTensor::of_mask(operation, vec![value.clone()], value.shape().clone())
}

/// The logical or along the last axis, or the logical and.
fn of_last_axis(class: &str, mask: &KerasTensor) -> KerasTensor {
    let sizes = mask.shape().sizes();
    operation(class, json!({"axis": -1}), &Shape::new(&sizes[..sizes.len() - 1]), [mask])
}

fn joined(masks: &[&KerasTensor], class: &str) -> KerasTensor {
    let (first, others) = masks.split_first().expect("a layer with several masks has an input for each");
    others.iter().fold((*first).clone(), |joined, mask| operation(class, json!({}), mask.shape(), [&joined, mask]))
}

/// The mask of values that are concatenated along an axis.
fn concatenated(
    layer: &dyn Layer,
    axis: &Value,
    reduction: &str,
    inputs: &[KerasTensor],
    masks: &[Option<&KerasTensor>],
) -> Option<KerasTensor> {
    if masks.iter().all(Option::is_none) {
        return None;
    }
    let like = |class, input: &KerasTensor| operation(class, json!({"dtype": "bool"}), input.shape(), [input]);
    let whole = |(input, mask): (&KerasTensor, &Option<&KerasTensor>)| match mask {
        None => like("OnesLike", input),
        Some(mask) if mask.shape().rank() < input.shape().rank() => {
            let expanded = Shape::new([mask.shape().sizes(), &[Some(1)]].concat());
            let parts = [operation("ExpandDims", json!({"axis": -1}), &expanded, [*mask]), like("ZerosLike", input)];
            operation("LogicalOr", json!({}), input.shape(), parts.each_ref())
        }
        Some(mask) => (*mask).clone(),
    };
    let parts: Vec<KerasTensor> = inputs.iter().zip(masks).map(whole).collect();
    let shapes: Vec<Shape> = parts.iter().map(|part| part.shape().clone()).collect();
    let together = layer.output_shapes(&shapes).ok()?.into_iter().next()?;
    let list = vec![Argument::List(vec![Argument::Tensor(()); parts.len()])];
    let joined = Operation::new("Concatenate", json!({"axis": axis}), list).ok()?;
    Some(of_last_axis(reduction, &KerasTensor::of_mask(joined, parts, together)))
}

/// The output of a function all of whose arguments are tensors.
fn operation<const N: usize>(class: &str, config: Value, shape: &Shape, inputs: [&KerasTensor; N]) -> KerasTensor {
    KerasTensor::of_mask(Operation::of_tensors(class, config, N), inputs.map(Clone::clone).to_vec(), shape.clone())
}
