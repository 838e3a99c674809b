//! Functions of NumPy for whole arrays: differences, quantiles, ranges, grids, and values looked up in sorted ones.
//!
//! ```
//! use horn::layers::Input;
//! use horn::ops;
//!
//! let x = Input([5, 4]);
//! assert_eq!(ops::diff(&x, 1, 1)?.shape().to_string(), "(None, 4, 4)");
//! assert_eq!(ops::rot90(&x, 1, [1, 2])?.shape().to_string(), "(None, 4, 5)");
//! assert_eq!(ops::quantile(&x, 0.9, -1)?.shape().to_string(), "(None, 5)");
//! assert!(ops::diff(&x, 1, 3).unwrap_err().is_argument());
//! # Ok::<(), horn::Error>(())
//! ```

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::operations::calls::argument::Constant;
use crate::ops::operand::{IntoAxes, IntoOperand, Operand, call, call_all, call_list, call_named, functions};

functions! {
    /// The tensors after each other along an axis; without one, all their values.
    append(x1, x2; axis: impl IntoAxes => axis.into_axes()) => "Append", "If the sizes of other axes differ.";
    /// The mean, each value counted by its weight.
    average(x, weights; axis: impl IntoAxes => axis.into_axes()) => "Average", "If the weights do not fit.";
    /// How often each whole number occurs in a row, up to the largest of all; at least `minlength` counts.
    bincount(x; minlength: usize => minlength) => "Bincount", "If the values are not integers.";
    /// The differences of neighbours, taken `n` times.
    diff(a; n: usize => n, axis: i64 => axis) => "Diff", "If the axis does not exist.";
    /// The number of the bin that each value is in, by the edges of the bins.
    digitize(x, bins) => "Digitize", "If the edges have not one axis.";
    /// The products of a vector with a shorter one at each place where that fits.
    correlate(x1, x2; mode: Margins => mode) => "Correlate", "If they are not vectors.";
    /// A tensor of this shape with a value, which is repeated.
    full(fill_value; shape: impl IntoAxes => shape.into_axes()) => "Full", "If the value can't be repeated so.";
    /// `num` values from `start` to `stop`, spaced evenly on a logarithmic scale, along a new axis.
    geomspace(start, stop; num: usize => num, axis: i64 => axis) => "Geomspace", "If the shapes do not broadcast.";
    /// The number of values in each of `bins` bins of equal width, and the edges of the bins.
    histogram(x; bins: usize => bins) => "Histogram"[2], "If `bins` is 0, or there are several axes.";
    /// Is the value among the others?
    isin(x1, x2) => "IsIn", "If a tensor carries an error of an operator.";
    /// `num` values from `start` to `stop`, spaced evenly, along a new axis.
    linspace(start, stop; num: usize => num, axis: i64 => axis) => "Linspace", "If the shapes do not broadcast.";
    /// `num` powers of 10, whose exponents go from `start` to `stop` in equal steps, along a new axis.
    logspace(start, stop; num: usize => num, axis: i64 => axis) => "Logspace", "If the shapes do not broadcast.";
    /// The percentile: the value below which `q` percent of the values lie, ignoring NaN.
    nanpercentile(x, q; axis: impl IntoAxes => axis.into_axes()) => "Nanpercentile", "If `q` is not from 0 to 100.";
    /// The quantile: the value below which the fraction `q` of the values lies, ignoring NaN.
    nanquantile(x, q; axis: impl IntoAxes => axis.into_axes()) => "Nanquantile", "If `q` is not from 0 to 1.";
    /// The number of values.
    size(x) => "Size", "If a tensor carries an error of an operator.";
    /// The unique values in ascending order, exactly `size` of them: more are cut off; for fewer, the smallest is
    /// repeated.
    unique(x; size: usize => size) => "Unique", "If `size` is 0.";
    /// The quantile: the value below which the fraction `q` of all values lies.
    quantile(x, q; axis: impl IntoAxes => axis.into_axes()) => "Quantile", "If `q` is not from 0 to 1.";
    /// The percentile: the value below which `q` percent of all values lie.
    percentile(x, q; axis: impl IntoAxes => axis.into_axes()) => "Percentile", "If `q` is not from 0 to 100.";
    /// The tensor turned by 90 degrees, `k` times, from the first of two axes to the second.
    rot90(array; k: i64 => k, axes: [i64; 2] => axes) => "Rot90", "If an axis does not exist.";
    /// The indices at which the values would be inserted into the sorted ones, before those that are equal.
    searchsorted(sorted_sequence, values) => "SearchSorted", "If the sorted values have not one axis.";
    /// The area under the curve by the trapezoidal rule, for values at the distance `dx`.
    trapezoid(y; dx: f64 => dx, axis: i64 => axis) => "Trapezoid", "If the axis does not exist.";
}

/// Where [`correlate`] has values: only where the shorter vector fits, at as many places as the longer one has, or wherever
/// they meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Margins {
    /// Where the shorter vector fits.
    Valid,
    /// At as many places as the longer vector has.
    Same,
    /// Wherever the vectors meet.
    Full,
}

/// A tensor as it is.
///
/// # Errors
///
/// If the tensor carries an error of an operator.
pub fn array(x: impl IntoOperand) -> Result<KerasTensor> {
    call("Array", Value::Null, [x.into_operand()])
}

/// The Vandermonde matrix: in each row the first `n` powers of a value, the highest first. By default `n` is the number
/// of values.
///
/// # Errors
///
/// If it is not a vector.
pub fn vander(x: impl IntoOperand, n: Option<usize>) -> Result<KerasTensor> {
    call("Vander", json!({"N": n}), [x.into_operand()])
}

/// Each vector repeated along the axes of the others; the first two axes are exchanged, as those of `(x, y)`.
///
/// # Errors
///
/// If a tensor carries an error of an operator.
pub fn meshgrid(x: impl IntoTensors) -> Result<Vec<KerasTensor>> {
    let operands = x.into_tensors().into_iter().map(IntoOperand::into_operand).collect();
    call_list("Meshgrid", Value::Null, operands)
}

/// The first of the choices whose condition holds, or `default` where none does.
///
/// # Errors
///
/// If there are not as many conditions as choices.
pub fn select(conditions: impl IntoTensors, choices: impl IntoTensors, default: f64) -> Result<KerasTensor> {
    let default = Operand::constant(Constant::Float(default));
    call("Select", Value::Null, [Operand::list(conditions), Operand::list(choices), default])
}

/// The indices along each axis of an array of this shape, for flat indices in row-major order.
///
/// # Errors
///
/// If a size is 0.
pub fn unravel_index(indices: impl IntoOperand, shape: impl IntoAxes) -> Result<Vec<KerasTensor>> {
    call_all("UnravelIndex", json!({"shape": shape.into_axes()}), [indices.into_operand()])
}

/// Axes split, permuted and joined by their names, as `"b (h p) w c -> b h w (p c)"`. `axes_lengths` has the
/// sizes of those that are split.
///
/// # Errors
///
/// If the pattern does not fit the tensor.
pub fn rearrange(tensor: impl IntoOperand, pattern: &str, axes_lengths: &[(&str, usize)]) -> Result<KerasTensor> {
    let operands = [tensor.into_operand(), Operand::constant(Constant::Text(pattern.to_owned()))];
    let named = axes_lengths.iter().map(|&(name, size)| (name.to_owned(), Constant::Int(size as i64)));
    call_named("Rearrange", operands, named.collect())
}
