//! Functions that reduce axes or work along one.

use serde_json::json;

use crate::error::Result;
use crate::graph::keras_tensor::KerasTensor;
use crate::ops::operand::{IntoAxes, IntoOperand, call, call_all};

/// Functions that reduce axes.
macro_rules! reductions {
    ($($(#[$doc:meta])+ $name:ident => $class:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// The axes are left out, or, with `keepdims`, have size 1.
        ///
        /// # Errors
        ///
        /// If an axis does not exist, or no axis is left.
        pub fn $name(x: impl IntoOperand, axis: impl IntoAxes, keepdims: bool) -> Result<KerasTensor> {
            call($class, json!({"axis": axis.into_axes(), "keepdims": keepdims}), [x.into_operand()])
        }
    )+};
}

reductions! {
    /// The largest value: another name of [`max`].
    amax => "Amax";
    /// The smallest value: another name of [`min`].
    amin => "Amin";
    /// Are all values true, that is, not 0?
    all => "All";
    /// Is any value true, that is, not 0?
    any => "Any";
    /// The place of the largest value along one axis.
    argmax => "Argmax";
    /// The place of the smallest value along one axis.
    argmin => "Argmin";
    /// log(∑ exp(x)), without overflow.
    logsumexp => "Logsumexp";
    /// The largest value.
    max => "Max";
    /// The mean.
    mean => "Mean";
    /// The smallest value.
    min => "Min";
    /// The value in the middle.
    median => "Median";
    /// The place of the largest number along one axis.
    nanargmax => "Nanargmax";
    /// The place of the smallest number along one axis.
    nanargmin => "Nanargmin";
    /// The largest number.
    nanmax => "Nanmax";
    /// The mean of the numbers.
    nanmean => "Nanmean";
    /// The number in the middle.
    nanmedian => "Nanmedian";
    /// The smallest number.
    nanmin => "Nanmin";
    /// The product of the numbers.
    nanprod => "Nanprod";
    /// The standard deviation of the numbers.
    nanstd => "Nanstd";
    /// The sum of the numbers.
    nansum => "Nansum";
    /// The variance of the numbers.
    nanvar => "Nanvar";
    /// The span from the smallest to the largest value.
    ptp => "Ptp";
    /// The Euclidean norm.
    norm => "Norm";
    /// The product.
    prod => "Prod";
    /// The standard deviation of the population.
    std => "Std";
    /// The sum.
    sum => "Sum";
    /// The variance of the population.
    var => "Var";
}

/// Functions along one axis, which they keep.
macro_rules! along {
    ($($(#[$doc:meta])+ $name:ident => $class:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        ///
        /// If the axis does not exist.
        pub fn $name(x: impl IntoOperand, axis: i64) -> Result<KerasTensor> {
            call($class, json!({"axis": axis}), [x.into_operand()])
        }
    )+};
}

along! {
    /// The order that would sort the values.
    argsort => "Argsort";
    /// The running product.
    cumprod => "Cumprod";
    /// The running sum.
    cumsum => "Cumsum";
    /// The gated linear unit, which halves the axis.
    glu => "Glu";
    /// The logarithm of the softmax.
    log_softmax => "LogSoftmax";
    /// The running product of the numbers.
    nancumprod => "Nancumprod";
    /// The running sum of the numbers.
    nancumsum => "Nancumsum";
    /// The values in ascending order.
    sort => "Sort";
    /// The sparsemax of Martins and Astudillo (2016): a softmax of which small shares are 0.
    sparsemax => "Sparsemax";
}

/// How many values along the axes are not 0.
///
/// # Errors
///
/// If an axis does not exist.
pub fn count_nonzero(x: impl IntoOperand, axis: impl IntoAxes) -> Result<KerasTensor> {
    call("CountNonzero", json!({"axis": axis.into_axes()}), [x.into_operand()])
}

/// The order of the values along an axis in which the one at the place `kth` is where sorting would put it.
///
/// # Errors
///
/// If the axis does not exist.
pub fn argpartition(x: impl IntoOperand, kth: i64, axis: i64) -> Result<KerasTensor> {
    call("Argpartition", json!({"kth": kth, "axis": axis}), [x.into_operand()])
}

/// The softmax over one axis, or over several together.
///
/// # Errors
///
/// If an axis does not exist.
pub fn softmax(x: impl IntoOperand, axis: impl IntoAxes) -> Result<KerasTensor> {
    call("Softmax", json!({"axis": axis.into_axes()}), [x.into_operand()])
}

/// The values divided by their norm of this order along the axis.
///
/// # Errors
///
/// If the axis does not exist, or the order is not above 0.
pub fn normalize(x: impl IntoOperand, axis: i64, order: u32) -> Result<KerasTensor> {
    call("Normalize", json!({"axis": axis, "order": order}), [x.into_operand()])
}

/// The mean and the variance along the axes.
///
/// # Errors
///
/// If an axis does not exist.
pub fn moments(x: impl IntoOperand, axes: impl IntoAxes, keepdims: bool) -> Result<[KerasTensor; 2]> {
    let config = json!({"axes": axes.into_axes(), "keepdims": keepdims});
    let outputs = call_all("Moments", config, [x.into_operand()])?;
    Ok(outputs.try_into().expect("moments has two outputs"))
}

/// The `k` largest values along the last axis, in descending order, and their places.
///
/// # Errors
///
/// If the axis has fewer values.
pub fn top_k(x: impl IntoOperand, k: usize) -> Result<[KerasTensor; 2]> {
    let outputs = call_all("TopK", json!({"k": k}), [x.into_operand()])?;
    Ok(outputs.try_into().expect("top_k has two outputs"))
}
