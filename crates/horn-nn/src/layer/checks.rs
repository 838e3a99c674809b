//! What a layer says of its outputs, checked.

use crate::error::{Error, Result};
use crate::layer::description::Layer;
use crate::tensor::shape::Shape;

/// Checks what a layer says of its outputs.
pub(crate) fn output_shapes(layer: &dyn Layer, inputs: &[Shape]) -> Result<Vec<Shape>> {
    inputs.iter().try_for_each(Shape::check_room)?;
    let is_empty = |shape: &&Shape| shape.sample().contains(&Some(0));
    if layer.input_shape().is_none() && inputs.iter().any(|input| is_empty(&input)) {
        return Err(Error::shape("the input has no values")
            .received(crate::tensor::shape::list(inputs))
            .expected("sizes of at least 1")
            .hint("change the model's Input"));
    }
    if let Some(texts) = inputs.iter().find(|input| input.is_strings() && !layer.takes_strings()) {
        return Err(Error::shape("the layer takes numbers, and no texts")
            .received(format!("texts of shape {texts}"))
            .expected("numbers")
            .hint("put a TextVectorization or a StringLookup before it"));
    }
    let outputs = layer.output_shapes(inputs)?;
    outputs.iter().try_for_each(Shape::check_room)?;
    match outputs.iter().find(is_empty) {
        None => Ok(outputs),
        Some(empty) => Err(Error::shape("the output has no values")
            .received(format!("{empty} from {}", crate::tensor::shape::list(inputs)))
            .expected("sizes of at least 1")
            .hint("change the layer's arguments")),
    }
}
