//! Quantiles: the values below which given fractions of all values lie.

use serde_json::json;

use crate::error::{Error, Result};
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::call::Call;
use crate::operations::calls::operands::number_of;
use crate::operations::formula::{Formula, Term, product, required};
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::operations::primitives::indexing::TakeAlongAxis;
use crate::operations::primitives::reductions::{Along, Reduction};
use crate::operations::primitives::selecting::Clip;
use crate::tensor::shape::Values;

/// `quantile(x, q, axis, method, keepdims)` and what is like it.
#[derive(Clone, Copy)]
pub(crate) struct Quantile {
    pub of: Which,
    /// Values that are not numbers are left out; otherwise they make the result none.
    pub skips_nan: bool,
}

/// Which quantile.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Which {
    /// 0.5, for `median`.
    Half,
    /// As the argument says, from 0 to 100.
    Percent,
    /// As the argument says, from 0 to 1.
    Given,
}

/// The largest number of quantiles of a call.
const MAX_FRACTIONS: usize = 10_000;

impl Quantile {
    /// The fractions, and whether they make a new first axis.
    fn fractions<T>(self, call: &Call<T>) -> Result<(Vec<f64>, bool)> {
        let scale = if self.of == Which::Percent { 0.01 } else { 1.0 };
        let invalid = || {
            Error::argument("the fractions of a quantile must be constants")
                .expected("a number, or a list or an array of numbers, as `q`")
                .hint("compute `q` outside of the graph")
        };
        let (fractions, is_list) = match (self.of, call.arguments().get(1)) {
            (Which::Half, _) => (vec![0.5], false),
            (_, Some(Argument::List(items))) => {
                (items.iter().map(number_of).collect::<Option<_>>().ok_or_else(invalid)?, true)
            }
            (_, Some(Argument::Constant(Constant::Array(array)))) if array.values.ndim() == 1 => {
                (array.values.iter().copied().collect(), true)
            }
            (_, Some(other)) => (vec![number_of(other).ok_or_else(invalid)?], false),
            (_, None) => return Err(invalid()),
        };
        let fractions: Vec<f64> = fractions.into_iter().map(|fraction| fraction * scale).collect();
        if fractions.is_empty() || fractions.len() > MAX_FRACTIONS {
            return Err(Error::argument("the number of quantiles is not valid")
                .received(fractions.len())
                .expected(format!("1 to {MAX_FRACTIONS}"))
                .hint("ask for fewer at a time"));
        }
        if let Some(outside) = fractions.iter().find(|fraction| !(0.0..=1.0).contains(*fraction)) {
            return Err(Error::argument("a quantile is outside of its range")
                .received(outside / scale)
                .expected(format!("0 to {}", 1.0 / scale))
                .hint("`quantile` takes fractions, `percentile` takes percents"));
        }
        Ok((fractions, is_list))
    }
}

impl Formula for Quantile {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?.of_kind(Values::Floats);
        let rank = x.axis_count();
        let axes = call.axes("axis", rank)?;
        let (fractions, is_list) = self.fractions(call)?;
        let method = call.parameter("method").as_str().unwrap_or("linear");
        // All reduced axes as one, the last.
        let kept: Vec<usize> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
        let arranged = x.permuted(&[kept.clone(), axes.clone()].concat())?;
        let sizes = arranged.lengths();
        let (outer, inner) = sizes.split_at(kept.len());
        let rows = arranged.reshaped(&[outer, &[product(inner)]].concat())?;
        let last = kept.len();
        let is_nan = rows.map(Unary::IsNan)?;
        // What is not a number is put at the end.
        let sorted = rows.or_number(&rows.is_number()?, f64::INFINITY)?.along(Along::Sort, last)?;
        let counted = if self.skips_nan { rows.is_number()? } else { is_nan.map(Unary::OnesLike)? };
        let highest = counted.reduced(Reduction::Sum, &[last], true)?.scaled(1.0, -1.0)?;
        let at_least_0 = T::one(&Clip, json!({"x_min": 0.0, "x_max": f64::from(f32::MAX)}), vec![highest.clone()])?;
        let mut found = Vec::new();
        for fraction in fractions {
            let place = at_least_0.scaled(fraction, 0.0)?;
            let (lower, upper) = (place.map(Unary::Floor)?, place.map(Unary::Ceil)?);
            let value =
                |places: &T| T::one(&TakeAlongAxis, json!({"axis": last}), vec![sorted.clone(), places.clone()]);
            let between = |weight: T| {
                let (low, high) = (value(&lower)?, value(&upper)?);
                low.plus(&high.minus(&low)?.times(&weight)?)
            };
            let quantile = match method {
                "linear" => between(place.minus(&lower)?)?,
                "midpoint" => between(upper.minus(&lower)?.scaled(0.5, 0.0)?)?,
                "lower" => value(&lower)?,
                "higher" => value(&upper)?,
                "nearest" => value(&place.map(Unary::Round)?)?,
                _ => return Err(call.invalid("method", "linear, lower, higher, midpoint or nearest")),
            };
            // Rows without numbers, or, if they count, rows with something else.
            let valid = match self.skips_nan {
                true => highest.with_number(Binary::GreaterEqual, 0.0)?,
                false => is_nan.reduced(Reduction::Any, &[last], true)?.map(Unary::LogicalNot)?,
            };
            found.push(quantile.or_number(&valid, f64::NAN)?);
        }
        let mut output = match call.flag("keepdims") {
            true => (0..rank).map(|axis| if axes.contains(&axis) { Some(1) } else { x.lengths()[axis] }).collect(),
            false => outer.to_vec(),
        };
        if is_list {
            output.insert(0, Some(found.len()));
        }
        let whole = if is_list { T::stacked(found, 0)? } else { found.remove(0) };
        Ok(vec![whole.reshaped(&output)?])
    }
}

/// `ptp(x, axis, keepdims)`: the span from the smallest to the largest value.
pub(crate) struct Span;

impl Formula for Span {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        let (axes, keeps) = (call.axes("axis", x.axis_count())?, call.flag("keepdims"));
        let largest = x.reduced(Reduction::Max, &axes, keeps)?;
        Ok(vec![largest.minus(&x.reduced(Reduction::Min, &axes, keeps)?)?])
    }
}

/// `average(x, weights, axis)`.
pub(crate) struct Average;

impl Formula for Average {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?.of_kind(Values::Floats);
        let rank = x.axis_count();
        let axes = call.axes("axis", rank)?;
        let Some(weights) = T::argument(call, 1)? else {
            return Ok(vec![x.reduced(Reduction::Mean, &axes, false)?]);
        };
        // Weights of fewer axes have those of the mean, in the order in which these are given.
        let weights = match weights.axis_count() == axes.len() && axes.len() < rank {
            true => {
                let given = call.ints("axis")?.unwrap_or_default();
                let mut order: Vec<usize> = (0..given.len()).collect();
                order.sort_by_key(|&at| given[at].rem_euclid(rank as i64));
                let weights = weights.permuted(&order)?;
                let mut sizes = vec![Some(1); rank];
                axes.iter().zip(weights.lengths()).for_each(|(&axis, size)| sizes[axis] = size);
                weights.reshaped(&sizes)?
            }
            false => weights,
        };
        let weighted = x.times(&weights)?;
        // Weights that are repeated along other axes count as often as they are used.
        let each = x.map(Unary::OnesLike)?.times(&weights)?;
        Ok(vec![weighted.reduced(Reduction::Sum, &axes, false)?.over(&each.reduced(
            Reduction::Sum,
            &axes,
            false,
        )?)?])
    }
}
