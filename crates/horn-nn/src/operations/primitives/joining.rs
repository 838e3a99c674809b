//! Functions that join tensors or split one.

use burn::tensor::Tensor;
use burn::tensor::kind::Basic;
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::{Integers, uploaded_integers};
use crate::operations::calls::operands::{shape_of, tensor_of};
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::{Shape, list};

/// `concatenate(xs, axis)`, `hstack` and `vstack`, and `stack(x, axis)` along a new axis. For tensors of at least two axes.
#[derive(Clone, Copy)]
pub(crate) enum Join {
    Concatenate,
    /// Along the second axis: `hstack`.
    Horizontal,
    Stack,
    /// Along the first axis: `vstack`.
    Vertical,
}

impl Join {
    fn axis<T>(self, call: &Call<T>, rank: usize) -> Result<usize> {
        match self {
            Self::Concatenate | Self::Stack => call.axis(rank),
            Self::Horizontal => call.axis_of(1, rank),
            Self::Vertical => call.axis_of(0, rank),
        }
    }
}

impl Rule for Join {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let inputs = joined_items(call.arguments().to_vec()).iter().map(shape_of).collect::<Result<Vec<_>>>()?;
        let first = inputs.first().ok_or_else(|| no_tensor(call.class))?;
        let new = usize::from(matches!(self, Self::Stack));
        if first.rank() + new > MAX_RANK {
            return Err(unsupported_rank(first.rank() + new));
        }
        let axis = self.axis(call, first.rank() + new)?;
        let mut sizes = first.sizes().to_vec();
        let mut values = first.values();
        for other in &inputs[1..] {
            let mut fits = other.rank() == first.rank();
            for (at, (size, own)) in sizes.iter_mut().zip(other.sizes()).enumerate() {
                if new == 0 && at == axis {
                    *size = size.zip(*own).map(|(size, own)| usize::saturating_add(size, own));
                } else {
                    fits &= size.is_none() || own.is_none() || size == own;
                    *size = size.or(*own);
                }
            }
            if !fits {
                return Err(Error::shape("the tensors do not fit each other")
                    .received(list(&inputs))
                    .expected(if new == 1 {
                        "equal shapes".to_owned()
                    } else {
                        format!("equal sizes of all axes but axis {axis}")
                    })
                    .hint("bring them to one shape first"));
            }
            values = values.joined(other.values());
        }
        // In Keras, what the first one leaves open stays so.
        for (at, size) in sizes.iter_mut().enumerate().filter(|(at, _)| new == 1 || *at != axis) {
            *size = first.sizes()[at];
        }
        if new == 1 {
            sizes.insert(axis, Some(inputs.len()));
        }
        Ok(vec![Shape::new(sizes).with_values(values)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (class, stacks) = (call.class, matches!(self, Self::Stack));
        let mut tensors = uploaded_items(joined_items(call.arguments().to_vec()), class)?;
        let rank = tensors.first().map_or(0, AnyTensor::rank) + usize::from(stacks);
        let axis = self.axis(&call, rank)?;
        if stacks {
            let whole = |x: AnyTensor| {
                let mut sizes = x.sizes();
                sizes.insert(axis, 1);
                x.reshape(&sizes)
            };
            tensors = tensors.into_iter().map(whole).collect::<Result<_>>()?;
        }
        let first = tensors.first().cloned().ok_or_else(|| no_tensor(class))?;
        let sizes = first.sizes();
        let fits = |x: &AnyTensor| {
            let own = x.sizes();
            own.len() == sizes.len() && (0..own.len()).all(|at| at == axis || own[at] == sizes[at])
        };
        if !tensors.iter().all(fits) {
            return Err(Error::shape("the tensors do not fit each other")
                .received(
                    tensors.iter().map(|x| crate::tensor::shape::sizes(&x.sizes())).collect::<Vec<_>>().join(", "),
                )
                .expected(format!("equal sizes of all axes but axis {axis}"))
                .hint("check the shape of the data"));
        }
        Ok(vec![by_rank!(numbers: first, |first| cat(&first, tensors, axis))??])
    }
}

/// The tensors and the arrays that are joined.
fn joined_items<T>(arguments: Vec<Argument<T>>) -> Vec<Argument<T>> {
    let items = arguments.into_iter().flat_map(|argument| match argument {
        Argument::List(items) => items,
        one => vec![one],
    });
    items.filter(|item| !matches!(item, Argument::Constant(Constant::None))).collect()
}

/// The same as tensors. Among integers, an array is one of integers.
fn uploaded_items(items: Vec<Argument<AnyTensor>>, class: &str) -> Result<Vec<AnyTensor>> {
    let tensor = |item: &Argument<AnyTensor>| match item {
        Argument::Tensor(tensor) => Some(tensor.clone()),
        _ => None,
    };
    let first = items.iter().find_map(tensor).ok_or_else(|| no_tensor(class))?;
    let upload = |item: Argument<AnyTensor>| match item {
        Argument::Constant(Constant::Array(array)) if first.is_integer() => {
            uploaded_integers(array.values.iter().map(|&value| value as i64).collect(), array.values.shape(), &first)
        }
        item => tensor_of(item, &first.device()),
    };
    items.into_iter().map(upload).collect()
}

/// Concatenates tensors of the rank and the kind of the first.
fn cat<const D: usize, K: Basic>(first: &Tensor<D, K>, tensors: Vec<AnyTensor>, axis: usize) -> Result<AnyTensor> {
    let tensors = tensors.into_iter().map(|x| x.like(first)).collect::<Result<Vec<_>>>()?;
    Ok(Tensor::cat(tensors, axis).into())
}

/// `split(x, indices_or_sections, axis)`, and `unstack(x, axis)`, which leaves the axis out.
#[derive(Clone, Copy)]
pub(crate) enum Divide {
    Split,
    /// Along an axis that the name says: `vsplit`, `hsplit`, `dsplit`.
    SplitAlong(usize),
    /// In parts of which the first may be longer by one: `array_split`.
    SplitUnevenly,
    Unstack,
}

impl Divide {
    fn axis<T>(self, call: &Call<T>, rank: usize) -> Result<usize> {
        match self {
            Self::SplitAlong(axis) => call.axis_of(axis as i64, rank),
            _ => call.axis(rank),
        }
    }

    /// The start and the end of each part along an axis of this size.
    fn parts<T>(self, call: &Call<T>, size: Option<usize>) -> Result<Vec<(usize, usize)>> {
        let unknown = || {
            Error::shape("an axis of unknown size can't be split")
                .received(format!("axis {}", call.parameter("axis")))
                .expected("an axis whose size is known")
                .hint("give `Input` the size of the axis")
        };
        match self {
            Self::Unstack => {
                let size = size.ok_or_else(unknown)?;
                check_parts(size)?;
                if call.parameter("num").as_u64().is_some_and(|num| num != size as u64) {
                    return Err(call.invalid("num", "the size of the axis"));
                }
                Ok((0..size).map(|at| (at, at + 1)).collect())
            }
            Self::Split | Self::SplitAlong(_) | Self::SplitUnevenly => match call.parameter("indices_or_sections") {
                Value::Array(_) => {
                    let size = size.ok_or_else(unknown)?;
                    let places = call.ints("indices_or_sections")?.unwrap_or_default();
                    // As slices of Python: beyond the end is the end, negative numbers count from it.
                    let place = |place: i64| {
                        let place = if place < 0 { place + size as i64 } else { place };
                        usize::try_from(place).unwrap_or(0).min(size)
                    };
                    let mut starts: Vec<usize> = vec![0];
                    starts.extend(places.into_iter().map(place));
                    let ends = starts[1..].iter().copied().chain([size]);
                    Ok(starts.iter().copied().zip(ends).map(|(start, end)| (start, end.max(start))).collect())
                }
                _ => {
                    let sections = usize::try_from(call.int("indices_or_sections")?).ok().filter(|&count| count > 0);
                    let sections = sections.ok_or_else(|| call.invalid("indices_or_sections", "at least 1"))?;
                    let size = size.ok_or_else(unknown)?;
                    let uneven = matches!(self, Self::SplitUnevenly);
                    if uneven && sections > size || !uneven && !size.is_multiple_of(sections) {
                        return Err(call.invalid(
                            "indices_or_sections",
                            &format!("a divisor of {size}, or, for `array_split`, not more"),
                        ));
                    }
                    check_parts(sections)?;
                    let start = |at: usize| at * (size / sections) + at.min(size % sections);
                    Ok((0..sections).map(|at| (start(at), start(at + 1))).collect())
                }
            },
        }
    }
}

/// The largest number of outputs of a call.
const MAX_PARTS: usize = 10_000;

fn check_parts(count: usize) -> Result<()> {
    if count <= MAX_PARTS {
        return Ok(());
    }
    Err(Error::shape("the function has too many outputs")
        .received(count)
        .expected(format!("at most {MAX_PARTS}"))
        .hint("take slices instead"))
}

impl Rule for Divide {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let axis = self.axis(call, input.rank())?;
        let parts = self.parts(call, input.sizes()[axis])?;
        check_parts(parts.len())?;
        let part = |(start, end): (usize, usize)| {
            let mut sizes = input.sizes().to_vec();
            match self {
                Self::Unstack => {
                    sizes.remove(axis);
                }
                _ => sizes[axis] = Some(end - start),
            }
            Shape::new(sizes).with_values(input.values())
        };
        Ok(parts.into_iter().map(part).collect())
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let sizes = call.tensor()?.sizes();
        let axis = self.axis(&call, sizes.len())?;
        let parts = self.parts(&call, Some(sizes[axis]))?;
        let x = call.into_tensor()?;
        let part = |(start, end): (usize, usize)| -> Result<AnyTensor> {
            let part: AnyTensor = by_rank!(numbers: x.clone(), |x| x.narrow(axis, start, end - start).into())?;
            match self {
                Self::Unstack => {
                    let mut left = sizes.clone();
                    left.remove(axis);
                    part.reshape(&left)
                }
                _ => Ok(part),
            }
        };
        parts.into_iter().map(part).collect()
    }
}
