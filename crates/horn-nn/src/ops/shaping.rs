//! Functions that change shapes, and those that join and split tensors.

use serde_json::{Value, json};

use crate::arguments::options::Interpolation;
use crate::error::Result;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::operations::calls::argument::Constant;
use crate::ops::operand::{IntoAxes, IntoOperand, Operand, call, call_all};

/// Functions of one tensor with the given parameters.
macro_rules! shaping {
    ($($(#[$doc:meta])+ $name:ident($($parameter:ident: $type:ty => $value:expr),*) => $class:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        ///
        /// If an axis does not exist, or a size does not fit.
        pub fn $name(x: impl IntoOperand $(, $parameter: $type)*) -> Result<KerasTensor> {
            call($class, json!({$(stringify!($parameter): $value),*}), [x.into_operand()])
        }
    )+};
}

shaping! {
    /// Repeats axes of size 1, and adds axes before the first, up to this shape.
    broadcast_to(shape: impl IntoAxes => shape.into_axes()) => "BroadcastTo";
    /// Adds an axis of size 1.
    expand_dims(axis: impl IntoAxes => axis.into_axes()) => "ExpandDims";
    /// Turns the order along the axes round.
    flip(axis: impl IntoAxes => axis.into_axes()) => "Flip";
    /// Turns the order along the second axis round.
    fliplr() => "Fliplr";
    /// Turns the order along the first axis round.
    flipud() => "Flipud";
    /// Moves axes to other places; the others keep their order.
    moveaxis(source: impl IntoAxes => source.into_axes(), destination: impl IntoAxes => destination.into_axes()) => "Moveaxis";
    /// All values along one axis.
    ravel() => "Ravel";
    /// Repeats each slice along an axis.
    repeat(repeats: i64 => repeats, axis: i64 => axis) => "Repeat";
    /// The same values in another shape, the batch axis included; one size may be -1.
    reshape(newshape: impl IntoAxes => newshape.into_axes()) => "Reshape";
    /// Moves values along the axes; those beyond the end come in at the start.
    roll(shift: impl IntoAxes => shift.into_axes(), axis: impl IntoAxes => axis.into_axes()) => "Roll";
    /// Leaves out axes of size 1.
    squeeze(axis: impl IntoAxes => axis.into_axes()) => "Squeeze";
    /// Swaps two axes.
    swapaxes(axis1: i64 => axis1, axis2: i64 => axis2) => "Swapaxes";
    /// Repeats the whole tensor along each axis.
    tile(repeats: impl IntoAxes => repeats.into_axes()) => "Tile";
    /// Permutes the axes.
    transpose(axes: impl IntoAxes => axes.into_axes()) => "Transpose";
}

/// Puts the tensors after each other along an axis.
///
/// # Errors
///
/// If the sizes of other axes differ.
pub fn concatenate(xs: impl IntoTensors, axis: i64) -> Result<KerasTensor> {
    call("Concatenate", json!({"axis": axis}), [Operand::list(xs)])
}

/// Puts the tensors after each other along a new axis.
///
/// # Errors
///
/// If the shapes differ.
pub fn stack(xs: impl IntoTensors, axis: i64) -> Result<KerasTensor> {
    call("Stack", json!({"axis": axis}), [Operand::list(xs)])
}

/// Splits the tensor along an axis: into equal parts, as many as the number says, or, with an array of
/// numbers, at these indices.
///
/// # Errors
///
/// If the size of the axis is unknown, or can't be split so.
pub fn split(x: impl IntoOperand, indices_or_sections: impl IntoAxes, axis: i64) -> Result<Vec<KerasTensor>> {
    let config = json!({"indices_or_sections": indices_or_sections.into_axes(), "axis": axis});
    call_all("Split", config, [x.into_operand()])
}

/// Splits the tensor along an axis into as many parts as the number says; the first ones may be longer by one.
///
/// # Errors
///
/// If the size of the axis is unknown, or there would be empty parts.
pub fn array_split(x: impl IntoOperand, indices_or_sections: impl IntoAxes, axis: i64) -> Result<Vec<KerasTensor>> {
    let config = json!({"indices_or_sections": indices_or_sections.into_axes(), "axis": axis});
    call_all("ArraySplit", config, [x.into_operand()])
}

/// Functions that split along one axis.
macro_rules! splits {
    ($($(#[$doc:meta])+ $name:ident => $class:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        ///
        /// If the size of the axis is unknown, or can't be split so.
        pub fn $name(x: impl IntoOperand, indices_or_sections: impl IntoAxes) -> Result<Vec<KerasTensor>> {
            call_all($class, json!({"indices_or_sections": indices_or_sections.into_axes()}), [x.into_operand()])
        }
    )+};
}

splits! {
    /// As [`split`], along the third axis.
    dsplit => "Dsplit";
    /// As [`split`], along the second axis.
    hsplit => "Hsplit";
    /// As [`split`], along the first axis, the samples, whose number must be known.
    vsplit => "Vsplit";
}

/// Puts the tensors after each other along the third axis.
///
/// # Errors
///
/// If the sizes of other axes differ.
pub fn dstack(xs: impl IntoTensors) -> Result<KerasTensor> {
    call("Dstack", Value::Null, [Operand::list(xs)])
}

/// The slices along an axis, without the axis.
///
/// # Errors
///
/// If the size of the axis is unknown.
pub fn unstack(x: impl IntoOperand, axis: i64) -> Result<Vec<KerasTensor>> {
    call_all("Unstack", json!({"axis": axis}), [x.into_operand()])
}

/// Adds margins of a constant before and after each axis, the batch axis included.
///
/// # Errors
///
/// If there is not one pair for each axis.
pub fn pad<const N: usize>(x: impl IntoOperand, pad_width: [[usize; 2]; N], constant: f64) -> Result<KerasTensor> {
    let width: Value = pad_width.iter().map(|pair| Value::from(pair.to_vec())).collect();
    call("Pad", json!({"pad_width": width}), [x.into_operand(), Operand::constant(Constant::Float(constant))])
}

/// Puts the tensors after each other along the second axis.
///
/// # Errors
///
/// If the sizes of other axes differ.
pub fn hstack(xs: impl IntoTensors) -> Result<KerasTensor> {
    call("Hstack", Value::Null, [Operand::list(xs)])
}

/// Puts the tensors after each other along the first axis, the samples.
///
/// # Errors
///
/// If the sizes of other axes differ.
pub fn vstack(xs: impl IntoTensors) -> Result<KerasTensor> {
    call("Vstack", Value::Null, [Operand::list(xs)])
}

/// The lower triangles of matrices, up to the diagonal `k` places right of the main one; the rest is 0.
///
/// # Errors
///
/// If the tensor has one axis only.
pub fn tril(x: impl IntoOperand, k: i64) -> Result<KerasTensor> {
    call("Tril", json!({"k": k}), [x.into_operand()])
}

/// The upper triangles of matrices, from the diagonal `k` places right of the main one on; the rest is 0.
///
/// # Errors
///
/// If the tensor has one axis only.
pub fn triu(x: impl IntoOperand, k: i64) -> Result<KerasTensor> {
    call("Triu", json!({"k": k}), [x.into_operand()])
}

/// Images of another height and width, channels last: `keras.ops.image.resize`.
///
/// # Errors
///
/// If the tensor is not a batch of images, or a size is 0.
pub fn resize(images: impl IntoOperand, size: [usize; 2], interpolation: Interpolation) -> Result<KerasTensor> {
    let config = json!({"size": size, "interpolation": interpolation, "data_format": "channels_last"});
    call("Resize", config, [images.into_operand()])
}
