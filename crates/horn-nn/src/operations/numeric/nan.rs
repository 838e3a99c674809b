//! Functions that leave out what is not a number, and those that replace it.

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::not_finite;
use crate::operations::calls::call::Call;
use crate::operations::calls::operands::number_of;
use crate::operations::formula::{Formula, Term, required};
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::operations::primitives::reductions::{Along, Reduction};
use crate::tensor::shape::Values;

/// `nan_to_num(x, nan, posinf, neginf)`.
pub(crate) struct NanToNum;

impl Formula for NanToNum {
    fn accepts_numbers(&self) -> bool {
        true
    }

    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let largest = f64::from(f32::MAX);
        let number = |name: &str, default: f64| match call.parameter(name) {
            Value::Null => Ok(default),
            _ => call.number(name),
        };
        let x = required(call, 0)?;
        let kind = x.clone();
        // One after the other: an infinity in the place of NaN is replaced, too.
        let x = x.or_number(&x.is_number()?, number("nan", 0.0)?)?;
        let is_large = x.with_number(Binary::Greater, largest)?;
        let x = x.or_number(&is_large.map(Unary::LogicalNot)?, number("posinf", largest)?)?;
        let is_small = x.with_number(Binary::Less, -largest)?;
        let x = x.or_number(&is_small.map(Unary::LogicalNot)?, number("neginf", -largest)?)?;
        Ok(vec![x.kind_of(&kind)])
    }
}

/// `fmax(x1, x2)` and `fmin(x1, x2)`: the other value where one is NaN.
#[derive(Clone, Copy)]
pub(crate) enum NanExtreme {
    Max,
    Min,
}

impl Formula for NanExtreme {
    fn accepts_numbers(&self) -> bool {
        true
    }

    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let rule = match self {
            Self::Max => Binary::Greater,
            Self::Min => Binary::Less,
        };
        let (x, y) = (required(call, 0)?, required(call, 1)?);
        let is_first = x.with(rule, &y)?.with(Binary::LogicalOr, &y.map(Unary::IsNan)?)?;
        Ok(vec![x.or(&is_first, &y)?])
    }
}

/// Reductions with the parameters `axis` and `keepdims`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum NanReduction {
    Argmax,
    Argmin,
    Max,
    Mean,
    Min,
    Prod,
    Std,
    Sum,
    Var,
}

impl Formula for NanReduction {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        let (axes, keeps) = (call.axes("axis", x.axis_count())?, call.flag("keepdims"));
        let counts = x.is_number()?;
        let filled = |number: f64| Ok::<T, Error>(x.or_number(&counts, number)?.kind_of(&x));
        let count = |keeps: bool| counts.reduced(Reduction::Sum, &axes, keeps);
        let mean = |keeps: bool| filled(0.0)?.reduced(Reduction::Sum, &axes, keeps)?.over(&count(keeps)?);
        let variance = || {
            let centered = filled(0.0)?.minus(&mean(true)?)?.or_number(&counts, 0.0)?.map(Unary::Square)?;
            centered.reduced(Reduction::Sum, &axes, keeps)?.over(&count(keeps)?)
        };
        // Nothing but what is not a number has no extreme.
        let extreme = |rule: Reduction, beyond: f64| {
            let found = filled(beyond)?.reduced(rule, &axes, keeps)?;
            let reduced = found.or_number(&count(keeps)?, f64::NAN)?;
            Ok::<T, Error>(reduced.kind_of(&x))
        };
        let place = |rule: Reduction, beyond: f64| {
            let config = json!({"axis": call.parameter("axis"), "keepdims": keeps});
            T::one(&rule, config, vec![filled(beyond)?])
        };
        Ok(vec![match self {
            Self::Argmax => place(Reduction::Argmax, f64::NEG_INFINITY)?,
            Self::Argmin => place(Reduction::Argmin, f64::INFINITY)?,
            Self::Max => extreme(Reduction::Max, f64::NEG_INFINITY)?,
            Self::Min => extreme(Reduction::Min, f64::INFINITY)?,
            Self::Mean => mean(keeps)?,
            Self::Prod => filled(1.0)?.reduced(Reduction::Prod, &axes, keeps)?,
            Self::Sum => filled(0.0)?.reduced(Reduction::Sum, &axes, keeps)?,
            Self::Std => variance()?.map(Unary::Sqrt)?,
            Self::Var => variance()?,
        }])
    }
}

/// `nancumsum(x, axis)` and `nancumprod(x, axis)`.
pub(crate) struct NanAlong(pub Along);

impl Formula for NanAlong {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let neutral = if matches!(self.0, Along::Cumprod) { 1.0 } else { 0.0 };
        let x = required(call, 0)?;
        let counts = x.is_number()?;
        let filled = x.or_number(&counts, neutral)?.kind_of(&x);
        let (filled, axis) = match call.parameter("axis") {
            Value::Null => (filled.flat()?, 0),
            _ => (filled, call.axis(x.axis_count())?),
        };
        Ok(vec![filled.along(self.0, axis)?])
    }
}

/// `isclose(x1, x2, rtol, atol)` and `allclose(x1, x2)`: are the values equal within these tolerances?
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Close {
    All,
    Each,
}

impl Formula for Close {
    fn accepts_numbers(&self) -> bool {
        true
    }

    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (x, y) = (required(call, 0)?, required(call, 1)?);
        let [rtol, atol] = [("rtol", 2, 1e-5), ("atol", 3, 1e-8)].map(|(name, at, default)| {
            let given = call.arguments().get(at).and_then(number_of);
            given.or_else(|| not_finite::number(call.parameter(name))).unwrap_or(default)
        });
        let both = |rule: Unary| x.map(rule)?.with(Binary::LogicalAnd, &y.map(rule)?);
        let near = x.minus(&y)?.map(Unary::Abs)?.with(Binary::LessEqual, &y.map(Unary::Abs)?.scaled(rtol, atol)?)?;
        let near = near.with(Binary::LogicalAnd, &both(Unary::IsFinite)?)?;
        let mut close = near.with(Binary::LogicalOr, &x.with(Binary::Equal, &y)?)?;
        if call.flag("equal_nan") {
            close = close.with(Binary::LogicalOr, &both(Unary::IsNan)?)?;
        }
        let axes: Vec<usize> = (0..close.axis_count()).collect();
        let close = if *self == Self::All { close.reduced(Reduction::All, &axes, false)? } else { close };
        Ok(vec![close.of_kind(Values::Bools)])
    }
}
