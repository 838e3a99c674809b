//! Checks of the shapes of a layer's inputs and outputs.

use crate::error::{Error, Result};
use crate::layer::conventions::Conventions;
use crate::layer::description::Layer;
use crate::layer::signal::Signal;
use crate::tensor::shape::{Shape, Values};

/// Checks that the inputs of a call have as many samples; where the layer broadcasts, one of them may have one. A file may
/// give a layer an array of its own besides the data.
pub(crate) fn one_batch(inputs: &[Signal], broadcasts: bool) -> Result<()> {
    let samples = |input: &Signal| input.sizes().first().copied().unwrap_or(1);
    let mut several = inputs.iter().map(samples).filter(|samples| !(broadcasts && *samples == 1));
    let first = several.next();
    match several.find(|samples| Some(*samples) != first) {
        None => Ok(()),
        Some(other) => Err(Error::shape("the inputs have different numbers of samples")
            .received(format!("{} and {other}", first.unwrap_or(1)))
            .expected("as many in each input")
            .hint("give the layer inputs of one batch")),
    }
}

/// The output shapes of a layer, with checks of inputs and outputs.
pub(crate) fn output_shapes(layer: &dyn Layer, inputs: &[Shape]) -> Result<Vec<Shape>> {
    // Functions on tensors also take and give single numbers, whose shapes have no axes.
    let is_number = |shape: &Shape| shape.rank() == 0 && layer.conventions().is_operation;
    let check = |shape: &Shape| if is_number(shape) { Ok(()) } else { shape.check_limits() };
    inputs.iter().try_for_each(check)?;
    let is_empty = |shape: &&Shape| !is_number(shape) && shape.sample().contains(&Some(0));
    if layer.input_shape().is_none() && inputs.iter().any(|input| is_empty(&input)) {
        return Err(Error::shape("the input has no values")
            .received(crate::tensor::shape::list(inputs))
            .expected("sizes of at least 1")
            .hint("change the shape of the model's Input"));
    }
    if let Some(strings) = inputs.iter().find(|input| input.is_strings() && !layer.takes_strings()) {
        return Err(Error::shape("the layer takes numbers, not strings")
            .received(format!("strings of shape {strings}"))
            .expected("numbers")
            .hint("add a TextVectorization or a StringLookup layer before it"));
    }
    let outputs = layer.output_shapes(inputs)?;
    outputs.iter().try_for_each(check)?;
    // Layers compute floats, whatever kind of input their output has the shape of.
    let Conventions { is_operation, gives_integers, .. } = layer.conventions();
    let says_kind = |shape: &Shape| shape.is_strings() || is_operation || gives_integers;
    let of_kind = |shape: Shape| if says_kind(&shape) { shape } else { shape.with_values(Values::Floats) };
    match outputs.iter().find(is_empty) {
        None => Ok(outputs.into_iter().map(of_kind).collect()),
        Some(empty) => Err(Error::shape("the output has no values")
            .received(format!("{empty} from {}", crate::tensor::shape::list(inputs)))
            .expected("sizes of at least 1")
            .hint("change the layer's arguments")),
    }
}
