//! Functions that change the shape or the order of values.

use burn::tensor::kind::{Basic, Numeric};
use burn::tensor::ops::PadMode;
use burn::tensor::{Int, Tensor, TensorData};
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::broadcast::{joined, known, with_rank};
use crate::operations::calls::call::Call;
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::Integers;
use crate::operations::calls::operands::number_of;
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::Shape;

/// Functions of one tensor whose output has the same values in another shape or order.
#[derive(Clone, Copy)]
pub(crate) enum Shaping {
    BroadcastTo,
    ExpandDims,
    Flip,
    Moveaxis,
    Ravel,
    Repeat,
    Reshape,
    Roll,
    Squeeze,
    Swapaxes,
    Tile,
    Transpose,
}

/// What is done to the tensor, for its sizes.
enum Step {
    Reshape(Vec<Option<usize>>),
    Permute(Vec<usize>),
    Expand(Vec<Option<usize>>),
    /// Axes of size 1 before it, then as many copies along each axis.
    Tile(Vec<usize>, Vec<Option<usize>>),
    Flip(Vec<usize>),
    Roll(Vec<(usize, i64)>),
    /// Each slice along the axis this many times.
    Repeat(usize, Vec<usize>, Vec<Option<usize>>),
}

impl Shaping {
    fn step<T>(self, call: &Call<T>, sizes: &[Option<usize>]) -> Result<Step> {
        let rank = sizes.len();
        let of =
            |number: i64, name: &str| usize::try_from(number).map_err(|_| call.invalid(name, "numbers of at least 0"));
        Ok(match self {
            Self::Reshape => Step::Reshape(reshaped(call, sizes)?),
            Self::Ravel => Step::Reshape(vec![
                sizes.iter().copied().try_fold(1_usize, |all, size| Some(all.saturating_mul(size?))),
            ]),
            Self::ExpandDims => {
                let mut axes = call.ints("axis")?.unwrap_or_default();
                let whole = rank + axes.len();
                if whole > MAX_RANK {
                    return Err(unsupported_rank(whole));
                }
                for axis in &mut axes {
                    *axis = call.axis_of(*axis, whole)? as i64;
                }
                axes.sort_unstable();
                let mut sizes = sizes.to_vec();
                for axis in axes {
                    sizes.insert((axis as usize).min(sizes.len()), Some(1));
                }
                Step::Reshape(sizes)
            }
            Self::Squeeze => {
                let all = call.parameter("axis").is_null();
                let axes: Vec<usize> = match all {
                    true => (0..rank).filter(|&axis| sizes[axis] == Some(1)).collect(),
                    false => call.axes("axis", rank)?,
                };
                if axes.iter().any(|&axis| sizes[axis].is_some_and(|size| size != 1)) {
                    return Err(Error::shape("only an axis of size 1 can be left out")
                        .received(format!("axis {} of {}", call.parameter("axis"), Shape::new(sizes)))
                        .expected("an axis of size 1")
                        .hint("choose another axis, or take a slice of it"));
                }
                Step::Reshape((0..rank).filter(|axis| !axes.contains(axis)).map(|axis| sizes[axis]).collect())
            }
            Self::Transpose => match call.ints("axes")? {
                None => Step::Permute((0..rank).rev().collect()),
                Some(axes) => {
                    let axes = axes.iter().map(|&axis| call.axis_of(axis, rank)).collect::<Result<Vec<_>>>()?;
                    let mut sorted = axes.clone();
                    sorted.sort_unstable();
                    if !sorted.into_iter().eq(0..rank) {
                        return Err(call.invalid("axes", "each axis of the tensor once"));
                    }
                    Step::Permute(axes)
                }
            },
            Self::Swapaxes => {
                let mut axes: Vec<usize> = (0..rank).collect();
                let (one, other) = (call.axis_of(call.int("axis1")?, rank)?, call.axis_of(call.int("axis2")?, rank)?);
                axes.swap(one, other);
                Step::Permute(axes)
            }
            Self::Moveaxis => {
                let of = |name: &str| -> Result<Vec<usize>> {
                    let axes = call.ints(name)?.unwrap_or_default();
                    axes.iter().map(|&axis| call.axis_of(axis, rank)).collect()
                };
                let (from, to) = (of("source")?, of("destination")?);
                let distinct = |axes: &[usize]| (1..axes.len()).all(|at| !axes[..at].contains(&axes[at]));
                if from.len() != to.len() || from.len() > rank || !distinct(&from) || !distinct(&to) {
                    return Err(call.invalid("destination", "as many axes as `source`, each once"));
                }
                let mut rest = (0..rank).filter(|axis| !from.contains(axis));
                let axis = |at| match to.iter().position(|&own| own == at) {
                    Some(moved) => from[moved],
                    None => rest.next().unwrap_or_default(),
                };
                Step::Permute((0..rank).map(axis).collect())
            }
            Self::BroadcastTo => {
                let shape = call.ints("shape")?.unwrap_or_default();
                let shape = shape.into_iter().map(|size| Ok(Some(of(size, "shape")?))).collect::<Result<Vec<_>>>()?;
                if joined(sizes, &shape)?.len() != shape.len() {
                    return Err(call.invalid("shape", "at least as many axes as the tensor"));
                }
                Step::Expand(shape)
            }
            Self::Tile => {
                let repeats = call.ints("repeats")?.unwrap_or_default();
                let mut repeats =
                    repeats.into_iter().map(|number| of(number, "repeats")).collect::<Result<Vec<usize>>>()?;
                let whole = rank.max(repeats.len());
                repeats.splice(0..0, vec![1; whole - repeats.len()]);
                let own = [vec![Some(1); whole - rank], sizes.to_vec()].concat();
                let output = own.iter().zip(&repeats).map(|(size, times)| Some((*size)?.saturating_mul(*times)));
                let output = output.collect();
                Step::Tile(repeats, output)
            }
            Self::Flip => Step::Flip(call.axes("axis", rank)?),
            Self::Roll => {
                let shifts = call.ints("shift")?.unwrap_or_default();
                let Some(axes) = call.ints("axis")? else {
                    return Err(call.invalid("axis", "an axis for each shift"));
                };
                if axes.len() != shifts.len() {
                    return Err(call.invalid("axis", "an axis for each shift"));
                }
                let axes = axes.iter().map(|&axis| call.axis_of(axis, rank)).collect::<Result<Vec<_>>>()?;
                Step::Roll(axes.into_iter().zip(shifts).collect())
            }
            Self::Repeat => {
                if call.parameter("axis").is_null() {
                    return Err(call.invalid("axis", "an axis"));
                }
                let axis = call.axis(rank)?;
                let repeats = call.ints("repeats")?.unwrap_or_default();
                let repeats =
                    repeats.into_iter().map(|number| of(number, "repeats")).collect::<Result<Vec<usize>>>()?;
                let mut output = sizes.to_vec();
                output[axis] = match (repeats.as_slice(), sizes[axis]) {
                    ([times], size) => size.map(|size| size.saturating_mul(*times)),
                    (each, Some(size)) if size == each.len() => {
                        Some(each.iter().fold(0, |all, &times| usize::saturating_add(all, times)))
                    }
                    _ => return Err(call.invalid("repeats", "one number, or one for each slice along the axis")),
                };
                Step::Repeat(axis, repeats, output)
            }
        })
    }
}

/// The sizes of `newshape`, where -1 stands for what is left, and may be unknown if the batch is.
fn reshaped<T>(call: &Call<T>, sizes: &[Option<usize>]) -> Result<Vec<Option<usize>>> {
    // Keras writes a size that is unknown as null.
    let new: Vec<i64> = match call.parameter("newshape") {
        Value::Array(sizes) => {
            let size = |size: &Value| if size.is_null() { Some(-1) } else { size.as_i64() };
            sizes.iter().map(size).collect::<Option<_>>().ok_or_else(|| call.invalid("newshape", "whole numbers"))?
        }
        _ => call.ints("newshape")?.unwrap_or_default(),
    };
    let misfit = || {
        Error::shape("the new shape has another number of values")
            .received(format!("{} to {new:?}", Shape::new(sizes)))
            .expected("a shape with the same number of values; one size may be -1")
            .hint("change the new shape")
    };
    let free = new.iter().filter(|&&size| size == -1).count();
    if free > 1 || new.iter().any(|&size| size < -1) {
        return Err(misfit());
    }
    let given = new.iter().filter(|&&size| size != -1).try_fold(1_usize, |all, &size| all.checked_mul(size as usize));
    let given = given.ok_or_else(misfit)?;
    let all = sizes.iter().copied().try_fold(1_usize, |all, size| Some(all.saturating_mul(size?)));
    let left = match (all, free) {
        (Some(all), 0) if all != given => return Err(misfit()),
        (Some(all), 1) if given == 0 || all % given != 0 => return Err(misfit()),
        (Some(all), 1) => Some(all / given),
        // Unknown sizes: the values of a sample must fit at least, if only the batch is unknown.
        (None, 1) => {
            let known: usize = sizes.iter().flatten().product();
            let one_is_free = sizes.iter().filter(|size| size.is_none()).count() == 1;
            let fits = known.is_multiple_of(given) || given.is_multiple_of(known);
            if given == 0 || one_is_free && !fits {
                return Err(misfit());
            }
            None
        }
        _ => None,
    };
    Ok(new.iter().map(|&size| if size == -1 { left } else { Some(size as usize) }).collect())
}

impl Rule for Shaping {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let sizes = match self.step(call, input.sizes())? {
            Step::Reshape(sizes) | Step::Expand(sizes) | Step::Tile(_, sizes) | Step::Repeat(_, _, sizes) => sizes,
            Step::Permute(axes) => axes.into_iter().map(|axis| input.sizes()[axis]).collect(),
            Step::Flip(_) | Step::Roll(_) => input.sizes().to_vec(),
        };
        if sizes.len() > MAX_RANK {
            return Err(unsupported_rank(sizes.len()));
        }
        Ok(vec![Shape::new(sizes).with_values(input.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let sizes = known(call.tensor()?);
        let step = self.step(&call, &sizes)?;
        let x = call.into_tensor()?;
        let plain = |sizes: Vec<Option<usize>>| sizes.into_iter().flatten().collect::<Vec<usize>>();
        Ok(vec![match step {
            Step::Reshape(sizes) => x.reshape(&plain(sizes))?,
            Step::Permute(axes) => x.permute(&axes)?,
            Step::Expand(sizes) => {
                let sizes = plain(sizes);
                with_rank(x, sizes.len())?.expand(&sizes)?
            }
            Step::Tile(repeats, _) => by_rank!(numbers: with_rank(x, repeats.len())?, |x| x.repeat(&repeats).into())?,
            Step::Flip(axes) => by_rank!(numbers: x, |x| axes.iter().fold(x, |x, &axis| x.flip([axis])).into())?,
            Step::Roll(shifts) => by_rank!(numbers: x, |x| {
                shifts.iter().fold(x, |x, &(axis, shift)| {
                    let size = x.dims()[axis].max(1) as i64;
                    x.roll_dim(shift.rem_euclid(size), axis)
                })
                .into()
            })?,
            Step::Repeat(axis, repeats, _) => {
                let count = x.sizes()[axis];
                let times = |at: usize| if repeats.len() == 1 { repeats[0] } else { repeats[at] };
                let places: Vec<i64> = (0..count).flat_map(|at| std::iter::repeat_n(at as i64, times(at))).collect();
                let places = Tensor::<1, Int>::from_data(places.as_slice(), &x.device());
                by_rank!(numbers: x, |x| x.select(axis, places.clone()).into())?
            }
        }])
    }
}

/// `pad(x, pad_width, mode, constant_values)`.
pub(crate) struct Pad;

/// What is in the margins.
enum Margin {
    /// What Burn's own padding has.
    Burns(PadMode),
    /// The values mirrored at the edges, the values of the edge included or not.
    Mirrored { repeats_edge: bool },
}

impl Pad {
    /// The margins before and after along each axis.
    fn margins<T>(call: &Call<T>, rank: usize) -> Result<Vec<(usize, usize)>> {
        let invalid = || call.invalid("pad_width", "[[before, after], …] with a pair for each axis");
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok()).ok_or_else(invalid);
        let width = call.parameter("pad_width");
        if width.is_number() {
            return Ok(vec![(number(width)?, number(width)?); rank]);
        }
        let pair = |pair: &Value| match pair.as_array().map(Vec::as_slice) {
            Some([both]) => Ok((number(both)?, number(both)?)),
            Some([before, after]) => Ok((number(before)?, number(after)?)),
            _ => Err(invalid()),
        };
        match width.as_array().map(Vec::as_slice) {
            Some([before, after]) if before.is_number() => Ok(vec![(number(before)?, number(after)?); rank]),
            Some([one]) => Ok(vec![if one.is_number() { (number(one)?, number(one)?) } else { pair(one)? }; rank]),
            Some(pairs) if pairs.len() == rank => pairs.iter().map(pair).collect(),
            _ => Err(invalid()),
        }
    }

    fn mode<T>(call: &Call<T>) -> Result<Margin> {
        let value = call.arguments().get(1);
        match call.parameter("mode").as_str() {
            Some("constant") => match value {
                None | Some(Argument::Constant(Constant::None)) => Ok(Margin::Burns(PadMode::Constant(0.0))),
                Some(value) => match number_of(value) {
                    Some(number) => Ok(Margin::Burns(PadMode::Constant(number as f32))),
                    None => Err(Error::argument("constant_values must be a number")
                        .expected("a number as `constant_values`")
                        .hint("pad by one number")),
                },
            },
            Some("reflect") => Ok(Margin::Mirrored { repeats_edge: false }),
            Some("symmetric") => Ok(Margin::Mirrored { repeats_edge: true }),
            Some("edge") => Ok(Margin::Burns(PadMode::Edge)),
            _ => Err(call.invalid("mode", "constant, reflect, symmetric or edge")),
        }
    }
}

impl Rule for Pad {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let mode = Self::mode(call)?;
        let margins = Self::margins(call, input.rank())?;
        let is_empty = |(size, margin): (&Option<usize>, &(usize, usize))| *size == Some(0) && *margin != (0, 0);
        if !matches!(mode, Margin::Burns(PadMode::Constant(_))) && input.sizes().iter().zip(&margins).any(is_empty) {
            return Err(call.invalid("pad_width", "0 for an axis without values, whose edges can't be repeated"));
        }
        let size = |(size, (before, after)): (&Option<usize>, (usize, usize))| {
            Some((*size)?.saturating_add(before).saturating_add(after))
        };
        let sizes: Vec<_> = input.sizes().iter().zip(margins).map(size).collect();
        Ok(vec![Shape::new(sizes).with_values(input.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let margins = Self::margins(&call, call.tensor()?.rank())?;
        let mode = Self::mode(&call)?;
        Ok(vec![by_rank!(numbers: call.into_tensor()?, |x| match mode {
            Margin::Burns(mode) => padded(x, &margins, mode),
            Margin::Mirrored { repeats_edge } => mirrored(x, &margins, repeats_edge).into(),
        })?])
    }
}

/// With margins that mirror the values at the edges, as often as it takes to fill them.
fn mirrored<const D: usize, K: Basic>(x: Tensor<D, K>, margins: &[(usize, usize)], repeats_edge: bool) -> Tensor<D, K> {
    margins.iter().enumerate().fold(x, |x, (axis, &(before, after))| {
        let size = x.dims()[axis] as i64;
        if size == 0 || (before, after) == (0, 0) {
            return x;
        }
        // There and back; a single value is its own mirror.
        let period = if repeats_edge { 2 * size } else { (2 * size - 2).max(1) };
        let place = |at: i64| {
            let place = at.rem_euclid(period);
            if place < size { place } else { period - place - i64::from(repeats_edge) }
        };
        let places: Vec<i64> = (-(before as i64)..size + after as i64).map(place).collect();
        let places = Tensor::<1, Int>::from_data(TensorData::from(&places[..]), &x.device());
        x.select(axis, places)
    })
}

fn padded<const D: usize, K: Numeric>(x: Tensor<D, K>, margins: &[(usize, usize)], mode: PadMode) -> AnyTensor {
    let margins: [(usize, usize); D] = std::array::from_fn(|axis| margins[axis]);
    x.pad(margins, mode).into()
}
