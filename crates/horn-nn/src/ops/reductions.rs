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
    /// The index of the largest value along one axis.
    argmax => "Argmax";
    /// The index of the smallest value along one axis.
    argmin => "Argmin";
    /// log(∑ exp(x)), without overflow.
    logsumexp => "Logsumexp";
    /// The largest value.
    max => "Max";
    /// The mean.
    mean => "Mean";
    /// The smallest value.
    min => "Min";
    /// The median.
    median => "Median";
    /// The index of the largest value along one axis, ignoring NaN.
    nanargmax => "Nanargmax";
    /// The index of the smallest value along one axis, ignoring NaN.
    nanargmin => "Nanargmin";
    /// The largest value, ignoring NaN.
    nanmax => "Nanmax";
    /// The mean, ignoring NaN.
    nanmean => "Nanmean";
    /// The median, ignoring NaN.
    nanmedian => "Nanmedian";
    /// The smallest value, ignoring NaN.
    nanmin => "Nanmin";
    /// The product, ignoring NaN.
    nanprod => "Nanprod";
    /// The standard deviation of the population, ignoring NaN.
    nanstd => "Nanstd";
    /// The sum, ignoring NaN.
    nansum => "Nansum";
    /// The variance of the population, ignoring NaN.
    nanvar => "Nanvar";
    /// The difference between the largest and the smallest value.
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
    /// The indices that would sort the values.
    argsort => "Argsort";
    /// The cumulative product.
    cumprod => "Cumprod";
    /// The cumulative sum.
    cumsum => "Cumsum";
    /// The gated linear unit, which halves the axis.
    glu => "Glu";
    /// The logarithm of the softmax.
    log_softmax => "LogSoftmax";
    /// The cumulative product, ignoring NaN.
    nancumprod => "Nancumprod";
    /// The cumulative sum, ignoring NaN.
    nancumsum => "Nancumsum";
    /// The values in ascending order.
    sort => "Sort";
    /// The sparsemax of Martins and Astudillo (2016): a softmax in which small probabilities become 0.
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

/// The indices that would partition the values along an axis: the one at index `kth` is where sorting would put it.
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

/// The `k` largest values along the last axis, in descending order, and their indices.
///
/// # Errors
///
/// If the axis has fewer values.
pub fn top_k(x: impl IntoOperand, k: usize) -> Result<[KerasTensor; 2]> {
    let outputs = call_all("TopK", json!({"k": k}), [x.into_operand()])?;
    Ok(outputs.try_into().expect("top_k has two outputs"))
}
