//! Functions that pick values by their places: slices, `take`, `take_along_axis`.

use std::fmt::Display;

use burn::tensor::kind::Basic;
use burn::tensor::{Int, Tensor};
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::memory;
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::{Integers, uploaded_integers};
use crate::operations::calls::operands::{number_of, shape_of, tensor_of};
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::Shape;

/// `x[key]`: numbers, slices, `...` and new axes, as in NumPy.
pub(crate) struct GetItem;

/// What a part of a key does with an axis.
enum Part {
    New,
    Pick(i64),
    Slice([Option<i64>; 3]),
}

/// The parts of a key, one for each axis of the tensor and for each new axis.
fn parts<T>(call: &Call<T>, rank: usize) -> Result<Vec<Part>> {
    let invalid = || {
        Error::argument("the key is not valid")
            .received(format!("a key for a tensor of {rank} axes"))
            .expected("whole numbers, slices, `...` once and new axes, at most one for each axis")
            .hint("slice by numbers that are known when the model is made")
    };
    let key = call.arguments().get(1).ok_or_else(invalid)?;
    let one;
    let items = match key {
        Argument::List(items) => items.iter().collect::<Vec<_>>(),
        other => {
            one = [other];
            one.to_vec()
        }
    };
    let is_new = |item: &&Argument<T>| matches!(item, Argument::Constant(Constant::None));
    let is_rest = |item: &&Argument<T>| matches!(item, Argument::Constant(Constant::Ellipsis));
    let taken = items.iter().filter(|item| !is_new(item) && !is_rest(item)).count();
    let missing = rank.checked_sub(taken).ok_or_else(invalid)?;
    if items.iter().filter(|item| is_rest(item)).count() > 1 {
        return Err(invalid());
    }
    let all = || Part::Slice([None; 3]);
    let mut parts = Vec::new();
    for item in &items {
        match item {
            Argument::Constant(Constant::None) => parts.push(Part::New),
            Argument::Constant(Constant::Ellipsis) => parts.extend((0..missing).map(|_| all())),
            Argument::Constant(Constant::Slice(slice)) => parts.push(Part::Slice(*slice)),
            Argument::Constant(Constant::Int(at)) => parts.push(Part::Pick(*at)),
            _ => return Err(invalid()),
        }
    }
    if !items.iter().any(is_rest) {
        parts.extend((0..missing).map(|_| all()));
    }
    Ok(parts)
}

/// The places that a slice takes of an axis of this size, as Python does: the first, the step, and how many.
fn places([start, stop, step]: [Option<i64>; 3], size: usize) -> Result<(i64, i64, usize)> {
    let (step, size) = (step.unwrap_or(1), size as i64);
    if step == 0 {
        return Err(Error::argument("the step of a slice must not be 0")
            .received(0)
            .expected("another number")
            .hint("leave the step out"));
    }
    // The bounds of a place: with a negative step a slice may start at the last value and stop before the first.
    let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let place =
        |place: i64| if place < 0 { place.saturating_add(size).clamp(low, high) } else { place.clamp(low, high) };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (start, stop) = (start.map_or(first, place), stop.map_or(last, place));
    let span = if step > 0 { stop - start } else { start - stop };
    let step_size = step.unsigned_abs();
    Ok((
        start,
        step,
        usize::try_from(span.max(0)).unwrap_or(0).div_ceil(usize::try_from(step_size).unwrap_or(usize::MAX)),
    ))
}

fn picked(at: i64, size: usize) -> Result<usize> {
    let from_start = if at < 0 { at + size as i64 } else { at };
    usize::try_from(from_start).ok().filter(|&at| at < size).ok_or_else(|| {
        Error::argument("the place is outside of the tensor")
            .received(format!("place {at} of an axis of size {size}"))
            .expected(format!("-{size} to {}", size.saturating_sub(1)))
            .hint("count from 0; negative numbers count from the last")
    })
}

impl Rule for GetItem {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let (mut output, mut axis) = (Vec::new(), 0);
        for part in parts(call, input.rank())? {
            match part {
                Part::New => output.push(Some(1)),
                Part::Pick(at) => {
                    if let Some(size) = input.sizes()[axis] {
                        picked(at, size)?;
                    }
                    axis += 1;
                }
                Part::Slice(slice) => {
                    output.push(match input.sizes()[axis] {
                        Some(size) => Some(places(slice, size)?.2),
                        None => {
                            places(slice, 1)?;
                            None
                        }
                    });
                    axis += 1;
                }
            }
        }
        if output.len() > MAX_RANK {
            return Err(unsupported_rank(output.len()));
        }
        Ok(vec![Shape::new(output).with_values(input.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let sizes = call.tensor()?.sizes();
        let parts = parts(&call, sizes.len())?;
        let mut x = call.into_tensor()?;
        let (mut output, mut axis) = (Vec::new(), 0);
        for part in parts {
            let size = sizes.get(axis).copied().unwrap_or_default();
            let (start, step, count) = match part {
                Part::New => {
                    output.push(1);
                    continue;
                }
                Part::Pick(at) => (picked(at, size)? as i64, 1, 1),
                Part::Slice(slice) => {
                    let places = places(slice, size)?;
                    output.push(places.2);
                    places
                }
            };
            let whole = start == 0 && step == 1 && count == size;
            if step == 1 && !whole {
                x = by_rank!(numbers: x, |x| x.narrow(axis, start as usize, count).into())?;
            } else if !whole {
                let places: Vec<i64> = (0..count as i64).map(|at| start + at * step).collect();
                let places = Tensor::<1, Int>::from_data(places.as_slice(), &x.device());
                x = by_rank!(numbers: x, |x| x.select(axis, places.clone()).into())?;
            }
            axis += 1;
        }
        Ok(vec![x.reshape(&output)?])
    }
}

/// `take(x, indices, axis)`.
pub(crate) struct Take;

/// The places that a constant lists, with its shape; none if they are a tensor of the graph.
fn listed<T>(argument: &Argument<T>) -> Option<(Vec<i64>, Vec<usize>)> {
    match argument {
        Argument::Constant(Constant::Array(array)) => {
            Some((array.values.iter().map(|&at| at as i64).collect(), array.values.shape().to_vec()))
        }
        Argument::List(items) => {
            let parts = items.iter().map(listed).collect::<Option<Vec<_>>>()?;
            let sizes = parts.first().map_or_else(Vec::new, |(_, sizes)| sizes.clone());
            // Lists in a list have one length.
            let is_array = parts.iter().all(|(_, own)| *own == sizes);
            let places = parts.into_iter().flat_map(|(places, _)| places).collect();
            is_array.then(|| (places, [&[items.len()], &sizes[..]].concat()))
        }
        other => number_of(other).map(|at| (vec![at as i64], Vec::new())),
    }
}

impl Take {
    fn invalid() -> Error {
        Error::argument("the indices are not valid")
            .expected("a whole number, a list or array of them, or a tensor")
            .hint("give whole numbers as the indices")
    }
}

impl Rule for Take {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let [x, indices] = call.arguments() else { return Err(no_tensor(call.class)) };
        let x = shape_of(x)?;
        if call.parameter("axis").is_null() {
            return Err(call.invalid("axis", "an axis"));
        }
        let axis = call.axis(x.rank())?;
        let indices: Vec<Option<usize>> = match (listed(indices), indices) {
            (Some((places, sizes)), _) => {
                if let Some(size) = x.sizes()[axis] {
                    places.iter().try_for_each(|&at| picked(at, size).map(|_| ()))?;
                }
                sizes.into_iter().map(Some).collect()
            }
            (None, Argument::Tensor(indices)) => indices.sizes().to_vec(),
            _ => return Err(Self::invalid()),
        };
        let sizes = [&x.sizes()[..axis], &indices, &x.sizes()[axis + 1..]].concat();
        if sizes.len() > MAX_RANK {
            return Err(unsupported_rank(sizes.len()));
        }
        Ok(vec![Shape::new(sizes).with_values(x.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let device = call.tensors_device()?;
        let rank = match &call.arguments()[0] {
            Argument::Tensor(x) => x.rank(),
            Argument::Constant(Constant::Array(array)) => array.values.ndim(),
            _ => return Err(no_tensor(call.class)),
        };
        let axis = call.axis(rank)?;
        let arguments = <[Argument<AnyTensor>; 2]>::try_from(call.into_arguments());
        let [x, indices] = arguments.map_err(|_| Self::invalid())?;
        // Integers in an array are as exact as those that are picked by.
        let x = match (x, &indices) {
            (Argument::Constant(Constant::Array(array)), Argument::Tensor(indices)) if indices.is_integer() => {
                uploaded_integers(array.values.iter().map(|&at| at as i64).collect(), array.values.shape(), indices)?
            }
            (x, _) => tensor_of(x, &device)?,
        };
        let size = x.sizes()[axis];
        let (places, sizes) = match (listed(&indices), indices) {
            (Some((places, sizes)), _) => {
                let places = places.into_iter().map(|at| picked(at, size).map(|at| at as i64));
                let places = places.collect::<Result<Vec<_>>>()?;
                (Tensor::<1, Int>::from_data(places.as_slice(), &device), sizes)
            }
            (None, Argument::Tensor(indices)) => {
                let sizes = indices.sizes();
                (places_of(indices, size)?, sizes)
            }
            _ => return Err(Self::invalid()),
        };
        let output = [&x.sizes()[..axis], &sizes, &x.sizes()[axis + 1..]].concat();
        let found: AnyTensor = by_rank!(numbers: x, |x| x.select(axis, places.clone()).into())?;
        Ok(vec![found.reshape(&output)?])
    }
}

/// The values of a tensor as places along an axis of this size, in row-major order. Negative ones count from the end;
/// beyond the ends stands the nearest value.
fn places_of(indices: AnyTensor, size: usize) -> Result<Tensor<1, Int>> {
    let count = indices.sizes().iter().product();
    // Integers have eight bytes, and there are some of them.
    memory::check_workspace(memory::values(&[count, 10]), 0)?;
    let (size, last) = (size as i64, size.saturating_sub(1) as i64);
    let flat = indices.integers()?.reshape(&[count])?.int::<1>()?.clamp(-size, last);
    let below = flat.clone().lower_elem(0);
    Ok(flat.clone().mask_where(below, flat + size))
}

/// `take_along_axis(x, indices, axis)`.
pub(crate) struct TakeAlongAxis;

impl Rule for TakeAlongAxis {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let [Argument::Tensor(x), Argument::Tensor(indices)] = call.arguments() else {
            return Err(no_tensor(call.class));
        };
        let axis = call.axis(x.rank())?;
        if x.rank() != indices.rank() {
            return Err(misfit(indices, x, axis));
        }
        let sizes = indices.sizes().iter().zip(x.sizes()).enumerate().map(|(at, (&index, &own))| match (index, own) {
            _ if at == axis => Ok(index),
            (Some(1), size) | (size, Some(1)) => Ok(size),
            (Some(index), Some(own)) if index != own => Err(misfit(indices, x, axis)),
            (index, own) => Ok(index.or(own)),
        });
        Ok(vec![Shape::new(sizes.collect::<Result<Vec<_>>>()?).with_values(x.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let axis = call.axis(call.tensor()?.rank())?;
        let [x, indices] = <[AnyTensor; 2]>::try_from(call.into_tensors()?).map_err(|_| Take::invalid())?;
        let (sizes, own) = (indices.sizes(), x.sizes());
        let fits = |at: usize| at == axis || own[at] == sizes[at] || own[at] == 1 || sizes[at] == 1;
        if own.len() != sizes.len() || !(0..own.len()).all(fits) {
            return Err(misfit(crate::tensor::shape::sizes(&sizes), crate::tensor::shape::sizes(&own), axis));
        }
        // Axes of size 1 are repeated, but for the axis itself.
        let repeated = |sizes: &[usize], others: &[usize]| -> Vec<usize> {
            let size = |at: usize| if at == axis { sizes[at] } else { sizes[at].max(others[at]) };
            (0..sizes.len()).map(size).collect()
        };
        let (of_x, of_indices) = (repeated(&own, &sizes), repeated(&sizes, &own));
        // What is repeated becomes a tensor of its own when it is picked from.
        memory::check_workspace(memory::values(&of_x).saturating_mul(2), 0)?;
        let (x, indices) = (x.expand(&of_x)?, indices.expand(&of_indices)?);
        let sizes = indices.sizes();
        let places = AnyTensor::from(places_of(indices, own[axis])?);
        Ok(vec![by_rank!(numbers: x, |x| gathered(x, axis, &places, &sizes))??])
    }
}

fn misfit(indices: impl Display, x: impl Display, axis: usize) -> Error {
    Error::shape("the indices do not fit the tensor")
        .received(format!("{indices} for {x}"))
        .expected(format!("equal sizes of all axes but axis {axis}, or 1"))
        .hint("bring the indices to the tensor's shape")
}

fn gathered<const D: usize, K: Basic>(
    x: Tensor<D, K>,
    axis: usize,
    places: &AnyTensor,
    sizes: &[usize],
) -> Result<AnyTensor> {
    let sizes: [usize; D] = std::array::from_fn(|at| sizes[at]);
    let places = places.clone().int::<1>()?.reshape(sizes);
    Ok(x.gather(axis, places).into())
}
