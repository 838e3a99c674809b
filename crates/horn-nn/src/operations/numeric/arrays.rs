//! Functions of whole arrays that are made of simpler ones: differences, powers, grids and rotations.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::operands::number_of;
use crate::operations::formula::{Formula, Term, listed, one, product, required};
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::operations::primitives::reductions::Reduction;
use crate::operations::primitives::selecting::Cast;
use crate::operations::primitives::shaping::Shaping;
use crate::tensor::shape::{Shape, Values};

/// Functions of NumPy.
#[derive(Clone, Copy)]
pub(crate) enum Arrays {
    Append,
    Array,
    Diff,
    /// `dstack(xs)`: along the third axis.
    Dstack,
    FlipColumns,
    FlipRows,
    Full,
    Meshgrid,
    Rot90,
    Select,
    Size,
    Trapezoid,
    UnravelIndex,
    Vander,
}

impl Formula for Arrays {
    fn accepts_numbers(&self) -> bool {
        matches!(self, Self::Full | Self::Array | Self::Select | Self::Meshgrid)
    }

    fn moves(&self, config: &Map<String, Value>) -> bool {
        match self {
            Self::Append | Self::Dstack | Self::FlipColumns | Self::FlipRows | Self::Rot90 => true,
            Self::Array => config.get("dtype").is_none_or(Value::is_null),
            _ => false,
        }
    }

    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        match self {
            Self::Append => append(call).map(one),
            Self::Array => match call.parameter("dtype") {
                Value::Null => Ok(vec![required(call, 0)?]),
                dtype => Ok(vec![T::one(&Cast::Plain, json!({"dtype": dtype}), vec![required(call, 0)?])?]),
            },
            Self::Diff => diff(call).map(one),
            Self::Dstack => {
                let deep = |x: T| -> Result<T> {
                    let x = if x.axis_count() == 1 { x.expanded(0)? } else { x };
                    if x.axis_count() == 2 { x.expanded(-1) } else { Ok(x) }
                };
                T::concatenated(listed(call, 0)?.into_iter().map(deep).collect::<Result<_>>()?, 2).map(one)
            }
            Self::FlipColumns => required(call, 0)?.arranged(Shaping::Flip, json!({"axis": 1})).map(one),
            Self::FlipRows => required(call, 0)?.arranged(Shaping::Flip, json!({"axis": 0})).map(one),
            Self::Full => {
                let value = required(call, 0)?;
                let kind = Values::of_dtype(call.parameter("dtype").as_str().unwrap_or("float32"));
                let full = value.arranged(Shaping::BroadcastTo, json!({"shape": call.parameter("shape")}))?;
                Ok(vec![full.of_kind(kind)])
            }
            Self::Meshgrid => meshgrid(call),
            Self::Rot90 => rot90(call).map(one),
            Self::Select => select(call).map(one),
            Self::Size => {
                let x = required(call, 0)?;
                let axes: Vec<usize> = (0..x.axis_count()).collect();
                Ok(vec![x.map(Unary::OnesLike)?.of_kind(Values::Ints).reduced(Reduction::Sum, &axes, false)?])
            }
            Self::Trapezoid => trapezoid(call).map(one),
            Self::UnravelIndex => unravel_index(call),
            Self::Vander => vander(call).map(one),
        }
    }
}

/// `append(x1, x2, axis)`: all values, without an axis.
fn append<T: Term>(call: &Call<T>) -> Result<T> {
    let (x, y) = (required(call, 0)?, required(call, 1)?);
    match call.parameter("axis") {
        Value::Null => T::concatenated(vec![x.flat()?, y.flat()?], 0),
        _ => T::concatenated(vec![x.clone(), y], call.axis(x.axis_count())?),
    }
}

/// The largest order of a difference, which is as many subtractions.
const MAX_ORDER: i64 = 1000;

/// `diff(a, n, axis)`.
fn diff<T: Term>(call: &Call<T>) -> Result<T> {
    let mut x = required(call, 0)?;
    let axis = call.axis(x.axis_count())?;
    let order = call.int("n")?;
    if !(0..=MAX_ORDER).contains(&order) {
        return Err(call.invalid("n", &format!("0 to {MAX_ORDER}")));
    }
    for _ in 0..order {
        x = x.sliced(axis, Some(1), None)?.minus(&x.sliced(axis, None, Some(-1))?)?;
    }
    Ok(x)
}

/// `meshgrid(*x, indexing)`: each vector repeated along the axes of the others.
fn meshgrid<T: Term>(call: &Call<T>) -> Result<Vec<T>> {
    let count = call.arguments().len();
    let vectors = (0..count).map(|at| required(call, at)?.flat()).collect::<Result<Vec<_>>>()?;
    let first_two_swapped = match call.parameter("indexing").as_str() {
        Some("xy") => count > 1,
        Some("ij") => false,
        _ => return Err(call.invalid("indexing", "xy or ij")),
    };
    let axis = |at: usize| if first_two_swapped && at < 2 { 1 - at } else { at };
    let mut whole: Option<T> = None;
    let mut grids = Vec::new();
    for (at, vector) in vectors.iter().enumerate() {
        let mut sizes = vec![Some(1); count];
        sizes[axis(at)] = vector.lengths()[0];
        let own = vector.reshaped(&sizes)?;
        let zeros = own.map(Unary::ZerosLike)?;
        whole = Some(match whole {
            Some(whole) => whole.plus(&zeros)?,
            None => zeros,
        });
        grids.push(own);
    }
    let whole = whole.ok_or_else(|| no_tensor(call.class))?;
    grids.into_iter().map(|grid| Ok(grid.plus(&whole)?.kind_of(&grid))).collect()
}

/// `rot90(array, k, axes)`.
fn rot90<T: Term>(call: &Call<T>) -> Result<T> {
    let x = required(call, 0)?;
    let rank = x.axis_count();
    let axes = call.ints("axes")?.unwrap_or_default();
    let axes = axes.into_iter().map(|axis| call.axis_of(axis, rank)).collect::<Result<Vec<_>>>()?;
    let [first, second] = axes[..] else { return Err(call.invalid("axes", "two axes")) };
    if first == second {
        return Err(call.invalid("axes", "two different axes"));
    }
    let flip = |x: &T, axis: usize| x.arranged(Shaping::Flip, json!({"axis": axis}));
    let swap = |x: &T| x.arranged(Shaping::Swapaxes, json!({"axis1": first, "axis2": second}));
    match call.int("k")?.rem_euclid(4) {
        1 => swap(&flip(&x, second)?),
        2 => flip(&flip(&x, first)?, second),
        3 => flip(&swap(&x)?, second),
        _ => Ok(x),
    }
}

/// `select(condlist, choicelist, default)`: the first choice whose condition holds.
fn select<T: Term>(call: &Call<T>) -> Result<T> {
    let (conditions, choices) = (listed(call, 0)?, listed(call, 1)?);
    if conditions.len() != choices.len() || choices.is_empty() {
        return Err(Error::argument("the numbers of conditions and choices differ")
            .received(format!("{} conditions and {} choices", conditions.len(), choices.len()))
            .expected("as many of both, and at least one")
            .hint("give two lists of one length"));
    }
    let pairs = conditions.iter().zip(&choices).rev();
    match call.arguments().get(2).and_then(number_of) {
        Some(number) => {
            let mut found: Option<T> = None;
            for (condition, choice) in pairs {
                found = Some(match found {
                    Some(found) => choice.or(condition, &found)?,
                    None => choice.or_number(condition, number)?.kind_of(choice),
                });
            }
            found.ok_or_else(|| no_tensor(call.class))
        }
        None => {
            pairs.into_iter().try_fold(required(call, 2)?, |found, (condition, choice)| choice.or(condition, &found))
        }
    }
}

/// `trapezoid(y, x, dx, axis)`: the area under straight lines between the values.
fn trapezoid<T: Term>(call: &Call<T>) -> Result<T> {
    let y = required(call, 0)?;
    let axis = call.axis(y.axis_count())?;
    let between = |y: &T, rule: Binary| y.sliced(axis, Some(1), None)?.with(rule, &y.sliced(axis, None, Some(-1))?);
    let mut means = between(&y, Binary::Add)?.scaled(0.5, 0.0)?;
    match call.parameter("x") {
        Value::Null => means = means.scaled(call.number("dx")?, 0.0)?,
        places => {
            // An array may be given as it is, or as Keras's object of it.
            let places = places.pointer("/config/value").unwrap_or(places);
            let places: Option<Vec<f32>> = places
                .as_array()
                .and_then(|places| places.iter().map(|place| place.as_f64().map(|place| place as f32)).collect());
            let places = places.ok_or_else(|| call.invalid("x", "a list of numbers, or none"))?;
            let mut sizes = vec![1; y.axis_count()];
            sizes[axis] = places.len();
            means = between(&y.constant(&sizes, || places)?, Binary::Subtract)?.times(&means)?;
        }
    }
    means.reduced(Reduction::Sum, &[axis], false)
}

/// `unravel_index(indices, shape)`: the places along each axis of values that are counted in row-major order.
fn unravel_index<T: Term>(call: &Call<T>) -> Result<Vec<T>> {
    let x = required(call, 0)?;
    let sizes = call.ints("shape")?.unwrap_or_default();
    if sizes.is_empty() || sizes.len() > 64 || sizes.iter().any(|&size| size < 1) {
        return Err(call.invalid("shape", "sizes of at least 1"));
    }
    let mut left = x.clone();
    let mut places = Vec::new();
    for &size in sizes.iter().rev() {
        places.push(left.with_number(Binary::Mod, size as f64)?.kind_of(&x));
        left = left.with_number(Binary::FloorDivide, size as f64)?;
    }
    places.reverse();
    Ok(places)
}

/// `vander(x, N, increasing)`: powers of each value.
fn vander<T: Term>(call: &Call<T>) -> Result<T> {
    let x = required(call, 0)?;
    if x.axis_count() != 1 {
        return Err(Error::shape("the input must be a vector")
            .received(Shape::new(x.lengths()))
            .expected("one axis")
            .hint("take one axis of the tensor"));
    }
    let count = match call.size("N")? {
        Some(count) => count,
        None => x.length(0)?,
    };
    let increasing = call.flag("increasing");
    let powers =
        x.constant(&[count], || (0..count).map(|at| if increasing { at } else { count - 1 - at } as f32).collect())?;
    Ok(x.expanded(-1)?.with(Binary::Power, &powers)?.kind_of(&x))
}

/// `linspace(start, stop, num, endpoint, retstep, axis)`, and those whose logarithms are so spaced.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Spaced {
    /// The quotients are equal.
    Geometric,
    Linear,
    /// Powers of `base`.
    Powers,
}

impl Formula for Spaced {
    fn accepts_numbers(&self) -> bool {
        true
    }

    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (start, stop) = (required(call, 0)?, required(call, 1)?);
        let count = call.size("num")?.unwrap_or(50);
        let (start, stop) = match self {
            Self::Geometric => (start.map(Unary::Log)?, stop.map(Unary::Log)?),
            _ => (start, stop),
        };
        let span = stop.minus(&start)?;
        let parts = if call.flag("endpoint") { count.saturating_sub(1) } else { count };
        let rank = span.axis_count();
        let axis = call.axis(rank + 1)?;
        let mut sizes = vec![1; rank + 1];
        sizes[axis] = count;
        let shares = span.constant(&sizes, || (0..count).map(|at| at as f32 / parts.max(1) as f32).collect())?;
        let [from, along] = [start.plus(&span.scaled(0.0, 0.0)?)?, span.clone()].map(|x| x.expanded(axis as i64));
        let values = from?.plus(&along?.times(&shares)?)?;
        let values = match self {
            Self::Geometric => values.map(Unary::Exp)?,
            Self::Linear => values,
            Self::Powers => {
                let base = call.number("base")?;
                if base <= 0.0 {
                    return Err(call.invalid("base", "a number above 0"));
                }
                values.scaled(base.ln(), 0.0)?.map(Unary::Exp)?
            }
        };
        let kind = Values::of_dtype(call.parameter("dtype").as_str().unwrap_or("float32"));
        let values = values.of_kind(kind);
        if call.flag("retstep") {
            return Ok(vec![values, span.scaled((parts.max(1) as f64).recip(), 0.0)?]);
        }
        Ok(vec![values])
    }
}

/// `rearrange(tensor, pattern, **axes_lengths)`: axes split, permuted and joined by their names, as `"b (h p) c -> b p (h c)"`.
pub(crate) struct Rearrange;

impl Rearrange {
    /// The names of each axis on one side of the pattern.
    fn side(text: &str) -> Option<Vec<Vec<&str>>> {
        let mut axes = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (axis, after) = match rest.strip_prefix('(') {
                Some(group) => group.split_once(')')?,
                None => rest
                    .split_at(rest.find(|letter: char| letter.is_whitespace() || letter == '(').unwrap_or(rest.len())),
            };
            axes.push(axis.split_whitespace().collect());
            rest = after.trim_start();
        }
        let is_name = |name: &&str| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        axes.iter().flatten().all(is_name).then_some(axes)
    }
}

impl Formula for Rearrange {
    fn moves(&self, _: &Map<String, Value>) -> bool {
        true
    }

    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        let pattern = match call.arguments().get(1) {
            Some(Argument::Constant(Constant::Text(pattern))) => pattern.as_str(),
            _ => "",
        };
        let invalid = || {
            Error::argument("the pattern does not fit the tensor")
                .received(format!("{pattern:?} for {}", Shape::new(x.lengths())))
                .expected("a name for each axis, and the same names on both sides, as \"b h w -> b (h w)\"")
                .hint("give the length of each axis that is split, but for one of each group")
        };
        let (from, to) = pattern.split_once("->").ok_or_else(invalid)?;
        let (from, to) = (Self::side(from).ok_or_else(invalid)?, Self::side(to).ok_or_else(invalid)?);
        if from.len() != x.axis_count() {
            return Err(invalid());
        }
        let mut names: Vec<&str> = Vec::new();
        let mut sizes: Vec<Option<usize>> = Vec::new();
        for (group, whole) in from.iter().zip(x.lengths()) {
            let given = |name: &str| -> Result<Option<usize>> {
                match call.named(name).map(number_of) {
                    None => Ok(None),
                    Some(Some(size)) if size >= 1.0 && size <= f64::from(u32::MAX) => Ok(Some(size as usize)),
                    Some(_) => Err(invalid()),
                }
            };
            let lengths = group.iter().map(|name| given(name)).collect::<Result<Vec<_>>>()?;
            let known = lengths.iter().flatten().fold(1_usize, |all, &size| all.saturating_mul(size));
            let free = lengths.iter().filter(|length| length.is_none()).count();
            let fits =
                free <= 1 && whole.is_none_or(|whole| if free == 1 { whole % known == 0 } else { whole == known });
            if !fits {
                return Err(invalid());
            }
            names.extend(group);
            sizes.extend(lengths.into_iter().map(|length| length.or_else(|| whole.map(|whole| whole / known))));
        }
        let order = to.iter().flatten().map(|name| names.iter().position(|own| own == name).ok_or_else(invalid));
        let order = order.collect::<Result<Vec<usize>>>()?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..names.len()) {
            return Err(invalid());
        }
        let apart = x.reshaped(&sizes)?.permuted(&order)?;
        let lengths = apart.lengths();
        let mut at = 0;
        let joined: Vec<Option<usize>> = to
            .iter()
            .map(|group| {
                at += group.len();
                product(&lengths[at - group.len()..at])
            })
            .collect();
        Ok(vec![apart.reshaped(&joined)?])
    }
}
