//! Functions that put values at places: `scatter`, `scatter_update`, sums of segments, `slice_update`.

use burn::tensor::ops::IndexingUpdateOp;
use burn::tensor::{Int, Tensor, TensorData};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::memory;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::operands::{downloaded, numbers_of, shape_of, tensor_of};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, can_be_equal, count};

/// What becomes of a value at a place that has one.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reduce {
    Add,
    Max,
    Min,
    Multiply,
    /// The last one stays.
    Replace,
}

impl Reduce {
    /// The value that changes nothing.
    fn neutral(self) -> f64 {
        match self {
            Self::Add | Self::Replace => 0.0,
            Self::Max => f64::NEG_INFINITY,
            Self::Min => f64::INFINITY,
            Self::Multiply => 1.0,
        }
    }
}

/// Puts the rows of `updates` to rows of `base`; those without a target are left out.
fn put(base: Tensor<2>, targets: &[Option<usize>], updates: Tensor<2>, reduce: Reduce) -> Tensor<2> {
    let [rows, columns] = base.dims();
    let device = base.device();
    let places = |places: Vec<i64>| {
        let count = places.len();
        Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &device)
    };
    if reduce == Reduce::Add {
        let (kept, targets): (Vec<i64>, Vec<i64>) = targets
            .iter()
            .enumerate()
            .filter_map(|(at, target)| target.map(|target| (at as i64, target as i64)))
            .unzip();
        if kept.is_empty() {
            return base;
        }
        let updates = updates.select(0, places(kept));
        return base.select_assign(0, places(targets), updates, IndexingUpdateOp::Add);
    }
    // In rounds, in each of which a row has at most one update; the others meet what changes nothing.
    let mut updates_of: Vec<Vec<usize>> = vec![Vec::new(); rows];
    for (at, target) in targets.iter().enumerate() {
        if let Some(target) = target {
            updates_of[*target].push(at);
        }
    }
    if reduce == Reduce::Replace {
        let count = rows as i64;
        let place = |(row, updates): (usize, &Vec<usize>)| updates.last().map_or(row as i64, |&at| count + at as i64);
        let rows = updates_of.iter().enumerate().map(place).collect();
        return Tensor::cat(vec![base, updates], 0).select(0, places(rows));
    }
    let count = targets.len() as i64;
    let neutral = Tensor::full([1, columns], reduce.neutral(), &device);
    let updates = Tensor::cat(vec![updates, neutral], 0);
    let rounds = updates_of.iter().map(Vec::len).max().unwrap_or(0);
    (0..rounds).fold(base, |base, round| {
        let place = |updates: &Vec<usize>| updates.get(round).map_or(count, |&at| at as i64);
        let round = updates.clone().select(0, places(updates_of.iter().map(place).collect()));
        match reduce {
            Reduce::Max => base.max_pair(round),
            Reduce::Min => base.min_pair(round),
            _ => base * round,
        }
    })
}

/// `segment_sum(data, segment_ids, num_segments)` and its like: rows of one segment become one. Ids that are not a segment's are
/// left out.
pub(crate) struct Segments(pub Reduce);

impl Rule for Segments {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let [data, ids] = call.arguments() else { return Err(no_tensor(call.class)) };
        let (data, ids) = (shape_of(data)?, shape_of(ids)?);
        let count = call.size("num_segments")?;
        let fits = match (data.sizes().first(), ids.sizes()) {
            (Some(rows), [count]) => can_be_equal((rows, count)),
            _ => false,
        };
        if !fits {
            return Err(Error::shape("each row of the data needs a segment id")
                .received(format!("ids {ids} for {data}"))
                .expected("one axis of ids, as long as the first axis of the data")
                .hint("give a segment for each row"));
        }
        let sizes = [&[count], &data.sizes()[1..]].concat();
        Ok(vec![Shape::new(sizes).with_values(data.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let device = call.tensors_device()?;
        let segments = call.size("num_segments")?;
        let arguments = <[Argument<AnyTensor>; 2]>::try_from(call.into_arguments());
        let [data, ids] = arguments.map_err(|_| no_tensor("the function"))?;
        let (data, ids) = (tensor_of(data, &device)?, downloaded(&tensor_of(ids, &device)?)?);
        let mut sizes = data.sizes();
        if ids.len() != sizes[0] {
            return Err(Error::shape("each row of the data needs a segment id")
                .received(format!("{} ids for {} rows", ids.len(), sizes[0]))
                .expected("as many ids as rows")
                .hint("give a segment for each row"));
        }
        let highest = ids.iter().fold(-1.0_f32, |highest, &id| highest.max(id));
        let segments = segments.unwrap_or((highest + 1.0).max(1.0) as usize);
        let id = |&id: &f32| Some(id).filter(|&id| id >= 0.0 && id < segments as f32).map(|id| id as usize);
        let targets: Vec<Option<usize>> = ids.iter().map(id).collect();
        let columns = sizes[1..].iter().product();
        let rows = data.reshape(&[sizes[0], columns])?.float::<2>()?;
        sizes[0] = segments;
        check_count(&sizes, self.copies())?;
        let base = Tensor::<2>::full([segments, columns], self.0.neutral(), &device);
        Ok(vec![AnyTensor::from(put(base, &targets, rows, self.0)).reshape(&sizes)?])
    }
}

/// Checks a size that is only known from the data, as shapes and memory are checked before where it is known.
fn check_count(sizes: &[usize], copies: u64) -> Result<()> {
    Shape::new(sizes.iter().copied().map(Some).collect::<Vec<_>>()).check_limits()?;
    memory::check_workspace(memory::values(sizes).saturating_mul(copies), 0)
}

/// `scatter(indices, values, shape)`: values added at places of a tensor of zeros; `scatter_update(inputs, indices, updates,
/// reduction)`: at places of a tensor.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scatter {
    New,
    Update,
}

impl Scatter {
    fn reduce<T>(self, call: &Call<T>) -> Result<Reduce> {
        match (self, call.parameter("reduction").as_str()) {
            (Self::New, _) | (_, Some("add")) => Ok(Reduce::Add),
            (_, None) => Ok(Reduce::Replace),
            (_, Some("max")) => Ok(Reduce::Max),
            (_, Some("min")) => Ok(Reduce::Min),
            (_, Some("mul")) => Ok(Reduce::Multiply),
            _ => Err(call.invalid("reduction", "add, max, min, mul or none")),
        }
    }

    /// The shape of a new tensor.
    fn shape<T>(call: &Call<T>) -> Result<Vec<usize>> {
        let shape = call.ints("shape")?.unwrap_or_default();
        let sizes: Option<Vec<usize>> = shape.iter().map(|&size| usize::try_from(size).ok()).collect();
        sizes.filter(|sizes| !sizes.is_empty()).ok_or_else(|| call.invalid("shape", "sizes of at least 1"))
    }
}

impl Rule for Scatter {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        self.reduce(call)?;
        let shapes = call.arguments().iter().map(shape_of).collect::<Result<Vec<_>>>()?;
        let (target, indices, updates) = match (self, shapes.as_slice()) {
            (Self::New, [indices, values]) => {
                let sizes: Vec<Option<usize>> = Self::shape(call)?.into_iter().map(Some).collect();
                (Shape::new(sizes).with_values(values.values()), indices, values)
            }
            (Self::Update, [inputs, indices, updates]) => (inputs.clone(), indices, updates),
            _ => return Err(no_tensor(call.class)),
        };
        let depth = indices.last().filter(|&depth| (1..=target.rank()).contains(&depth));
        let fits = depth.filter(|&depth| {
            let expected = [&indices.sizes()[..indices.rank() - 1], &target.sizes()[depth..]].concat();
            updates.rank() == expected.len() && updates.sizes().iter().zip(&expected).all(can_be_equal)
        });
        match fits {
            Some(_) => Ok(vec![target]),
            None => Err(Error::shape("the indices and the values do not fit the tensor")
                .received(format!("indices {indices} and values {updates} for {target}"))
                .expected("a place for each value along the last axis of the indices")
                .hint("give as many indices as values, each with a number for each axis")),
        }
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (class, device, reduce) = (call.class, call.tensors_device()?, self.reduce(&call)?);
        let shape = if *self == Self::New { Some(Self::shape(&call)?) } else { None };
        let tensors = call.into_arguments().into_iter().map(|argument| tensor_of(argument, &device));
        let mut tensors = tensors.collect::<Result<Vec<_>>>()?.into_iter();
        let mut next = || tensors.next().ok_or_else(|| no_tensor(class));
        let base = match &shape {
            Some(sizes) => AnyTensor::from(Tensor::<1>::zeros([count(sizes).unwrap_or(0)], &device)),
            None => next()?,
        };
        let sizes = shape.unwrap_or_else(|| base.sizes());
        let (indices, updates) = (next()?, next()?);
        let depth = indices.sizes().last().copied().unwrap_or(1).clamp(1, sizes.len());
        let (outer, columns) = (&sizes[..depth], sizes[depth..].iter().product::<usize>());
        let values = downloaded(&indices)?;
        // A place from the end counts as in Python; one outside of the tensor is left out.
        let target = |places: &[f32]| {
            places.iter().zip(outer).try_fold(0_usize, |row, (&place, &size)| {
                let place = if place < 0.0 { place + size as f32 } else { place };
                (place >= 0.0 && place < size as f32).then(|| row * size + place as usize)
            })
        };
        let targets: Vec<Option<usize>> = values.chunks(depth).map(target).collect();
        if updates.count() != targets.len() * columns {
            return Err(Error::shape("the indices and the values do not fit each other")
                .received(format!("{} values for {} places", updates.count(), targets.len()))
                .expected(format!("{columns} values for each place"))
                .hint("check the shape of the data"));
        }
        let base = base.reshape(&[outer.iter().product(), columns])?.float::<2>()?;
        let updates = updates.reshape(&[targets.len(), columns])?.float::<2>()?;
        Ok(vec![AnyTensor::from(put(base, &targets, updates, reduce)).reshape(&sizes)?])
    }
}

/// `slice(inputs, start_indices, shape)`: a part of a tensor; `slice_update(inputs, start_indices, updates)` puts one in its
/// place. As in Keras on JAX, a part that would reach beyond the end starts earlier.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Part {
    Take,
    Update,
}

impl Part {
    /// The first places, which are constants.
    fn starts<T>(call: &Call<T>, rank: usize) -> Result<Vec<i64>> {
        let starts = call.arguments().get(1).and_then(numbers_of);
        let starts = starts.map(|starts| starts.into_iter().map(|start| start as i64).collect::<Vec<_>>());
        starts.filter(|starts| starts.len() == rank).ok_or_else(|| {
            Error::argument("the start of a slice must be a constant")
                .expected(format!("{rank} whole numbers, one for each axis"))
                .hint("compute the places outside of the graph, or use `take` and `scatter_update`")
        })
    }

    /// The size of the part along each axis.
    fn sizes<T>(call: &Call<T>, own: &[Option<usize>], starts: &[i64]) -> Result<Vec<Option<usize>>> {
        let shape = call.ints("shape")?.unwrap_or_default();
        if shape.len() != own.len() {
            return Err(call.invalid("shape", "a size for each axis; -1 for all that is left"));
        }
        let size = |((&size, &own), &start): ((&i64, &Option<usize>), &i64)| match (usize::try_from(size), own) {
            (Ok(size), Some(own)) if size <= own => Ok(Some(size)),
            (Ok(size), None) => Ok(Some(size)),
            (Err(_), own) if size == -1 => Ok(own.map(|own| own.saturating_sub(usize::try_from(start).unwrap_or(0)))),
            _ => Err(call.invalid("shape", "sizes that the tensor has; -1 for all that is left")),
        };
        shape.iter().zip(own).zip(starts).map(size).collect()
    }
}

/// Where a part of this size starts, so that it ends within the axis.
fn start_of(start: i64, size: usize, own: usize) -> usize {
    let from_start = if start < 0 { start.saturating_add(own as i64) } else { start };
    usize::try_from(from_start).unwrap_or(0).min(own.saturating_sub(size))
}

impl Rule for Part {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let starts = Self::starts(call, input.rank())?;
        if *self == Self::Take {
            return Ok(vec![Shape::new(Self::sizes(call, input.sizes(), &starts)?).with_values(input.values())]);
        }
        let updates = shape_of(call.arguments().get(2).ok_or_else(|| no_tensor(call.class))?)?;
        let fits = |(size, own): (&Option<usize>, &Option<usize>)| size.is_none() || own.is_none() || size <= own;
        if updates.rank() != input.rank() || !updates.sizes().iter().zip(input.sizes()).all(fits) {
            return Err(Error::shape("the part is larger than the tensor")
                .received(format!("{updates} for {input}"))
                .expected("as many axes, and sizes that are not larger")
                .hint("take a smaller part"));
        }
        Ok(vec![input.clone()])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (device, own) = (call.tensors_device()?, call.tensor()?.sizes());
        let known: Vec<Option<usize>> = own.iter().copied().map(Some).collect();
        let starts = Self::starts(&call, own.len())?;
        if *self == Self::Take {
            let sizes: Vec<usize> = Self::sizes(&call, &known, &starts)?.into_iter().flatten().collect();
            let axes = (0..own.len()).map(|axis| (axis, start_of(starts[axis], sizes[axis], own[axis]), sizes[axis]));
            let part = by_rank!(call.into_tensor()?, |x| {
                axes.fold(x, |x, (axis, start, size)| x.narrow(axis, start, size)).into()
            })?;
            return Ok(vec![part]);
        }
        let mut arguments = call.into_arguments().into_iter();
        let (Some(Argument::Tensor(x)), Some(updates)) = (arguments.next(), arguments.nth(1)) else {
            return Err(no_tensor("slice_update"));
        };
        let updates = tensor_of(updates, &device)?;
        let sizes = updates.sizes();
        if sizes.len() != own.len() || sizes.iter().zip(&own).any(|(size, own)| size > own) {
            return Err(Error::shape("the part is larger than the tensor")
                .received(crate::tensor::shape::sizes(&sizes))
                .expected(crate::tensor::shape::sizes(&own))
                .hint("check the shape of the data"));
        }
        let starts: Vec<usize> = (0..own.len()).map(|axis| start_of(starts[axis], sizes[axis], own[axis])).collect();
        Ok(vec![by_rank!(x, |x| put_part(x, updates, &starts))??])
    }
}

fn put_part<const D: usize>(x: Tensor<D>, part: AnyTensor, starts: &[usize]) -> Result<AnyTensor> {
    let part = part.float::<D>()?;
    let sizes = part.dims();
    let ranges: [std::ops::Range<usize>; D] = std::array::from_fn(|axis| starts[axis]..starts[axis] + sizes[axis]);
    Ok(x.slice_assign(ranges, part).into())
}
