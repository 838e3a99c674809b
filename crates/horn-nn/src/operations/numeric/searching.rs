//! Functions that look values up in sorted ones or count them. They are computed on the host, and have no gradients.

use burn::tensor::Device;

use crate::error::{Error, Result};
use crate::memory;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::operands::{downloaded, shape_of, tensor_of, uploaded};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// The functions.
#[derive(Clone, Copy)]
pub(crate) enum Searching {
    /// `bincount(x, minlength)`: how often each whole number occurs, in each row.
    Bincount,
    /// `digitize(x, bins)`: how many of the bins' edges are not above each value.
    Digitize,
    /// `histogram(x, bins, range)`: how many values each of the bins has, and their edges.
    Histogram,
    /// `isin(x1, x2)`: is the value among the second ones?
    IsIn,
    /// `searchsorted(sorted_sequence, values, side)`.
    SearchSorted,
}

fn vector(name: &str, shape: &Shape) -> Result<()> {
    if shape.rank() == 1 {
        return Ok(());
    }
    Err(Error::shape(format!("{name} must have one axis"))
        .received(shape)
        .expected("one axis")
        .hint("take one axis of the tensor"))
}

/// The largest number of bins, for each of which a row needs memory.
const MAX_BINS: usize = 1 << 24;

impl Searching {
    fn bins<T>(call: &Call<T>, name: &str) -> Result<usize> {
        let bins = usize::try_from(call.int(name)?).ok().filter(|&bins| bins <= MAX_BINS);
        bins.ok_or_else(|| call.invalid(name, &format!("0 to {MAX_BINS}")))
    }

    fn range<T>(call: &Call<T>) -> Result<Option<[f32; 2]>> {
        match call.parameter("range").as_array().map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([low, high]) => match (low.as_f64(), high.as_f64()) {
                (Some(low), Some(high)) if low <= high => Ok(Some([low as f32, high as f32])),
                _ => Err(call.invalid("range", "two numbers in ascending order")),
            },
            Some(_) => Err(call.invalid("range", "two numbers in ascending order")),
        }
    }

    fn shapes(call: &Call<Shape>) -> Result<[Shape; 2]> {
        let shapes = call.arguments().iter().map(shape_of).collect::<Result<Vec<_>>>()?;
        <[Shape; 2]>::try_from(shapes).map_err(|_| no_tensor(call.class))
    }
}

/// The place in sorted values before which a value belongs: before those that are equal, or after them.
fn place(sorted: &[f32], value: f32, after: bool) -> usize {
    // What is not a number belongs to the end.
    sorted.partition_point(|own| if after { value.is_nan() || *own <= value } else { value.is_nan() || *own < value })
}

impl Rule for Searching {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        match self {
            Self::Bincount => {
                let input = call.tensor()?;
                Self::bins(call, "minlength")?;
                if !call.parameter("weights").is_null() || call.flag("sparse") {
                    return Err(call.invalid("weights", "none, and no `sparse`"));
                }
                if !(1..=2).contains(&input.rank()) {
                    return Err(Error::shape("the input must be a vector or a matrix")
                        .received(input)
                        .expected("one or two axes")
                        .hint("reshape the tensor to rows"));
                }
                let mut sizes = input.sizes().to_vec();
                sizes[input.rank() - 1] = None;
                Ok(vec![Shape::new(sizes).with_values(Values::Ints)])
            }
            Self::Histogram => {
                let (input, bins) = (call.tensor()?, Self::bins(call, "bins")?);
                vector("the values", input)?;
                Self::range(call)?;
                if bins == 0 {
                    return Err(call.invalid("bins", "at least 1"));
                }
                let of = |count: usize| Shape::new([Some(count)]).with_values(input.values());
                Ok(vec![of(bins), of(bins + 1)])
            }
            Self::Digitize | Self::IsIn => {
                let [x, among] = Self::shapes(call)?;
                if matches!(self, Self::Digitize) {
                    vector("the edges of the bins", &among)?;
                    return Ok(vec![x.with_values(Values::Ints)]);
                }
                Ok(vec![x.with_values(Values::Bools)])
            }
            Self::SearchSorted => {
                let [sorted, values] = Self::shapes(call)?;
                vector("the sorted values", &sorted)?;
                if !["left", "right"].contains(&call.parameter("side").as_str().unwrap_or_default()) {
                    return Err(call.invalid("side", "left or right"));
                }
                Ok(vec![values.with_values(Values::Ints)])
            }
        }
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let device = call.tensors_device()?;
        match self {
            Self::Bincount => {
                let least = Self::bins(&call, "minlength")?;
                counted(&call.into_tensor()?, least, self.copies(), &device)
            }
            Self::Histogram => {
                let (bins, range) = (Self::bins(&call, "bins")?, Self::range(&call)?);
                let values = downloaded(&call.into_tensor()?)?;
                let (counts, edges) = histogram(&values, bins, range);
                Ok(vec![uploaded(counts, &[bins], &device)?, uploaded(edges, &[bins + 1], &device)?])
            }
            Self::Digitize | Self::IsIn | Self::SearchSorted => {
                let after = call.parameter("side") == "right";
                let inverted = call.flag("invert");
                let arguments = <[Argument<AnyTensor>; 2]>::try_from(call.into_arguments());
                let [first, second] = arguments.map_err(|_| no_tensor("the function"))?;
                let (first, second) = (tensor_of(first, &device)?, tensor_of(second, &device)?);
                let (x, sorted) = if matches!(self, Self::SearchSorted) { (second, first) } else { (first, second) };
                let mut known = downloaded(&sorted)?;
                if matches!(self, Self::IsIn) {
                    known.sort_by(f32::total_cmp);
                }
                let found = |value: f32| match self {
                    Self::IsIn => {
                        let is_in = known.get(place(&known, value, false)) == Some(&value);
                        f32::from(u8::from(is_in != inverted))
                    }
                    Self::SearchSorted => place(&known, value, after) as f32,
                    _ => place(&known, value, true) as f32,
                };
                let values = downloaded(&x)?.into_iter().map(found).collect();
                Ok(vec![uploaded(values, &x.sizes(), &device)?])
            }
        }
    }
}

/// How often each number occurs, for each row.
fn counted(x: &AnyTensor, least: usize, copies: u64, device: &Device) -> Result<Vec<AnyTensor>> {
    let mut sizes = x.sizes();
    let row = sizes[sizes.len() - 1].max(1);
    let values = downloaded(x)?;
    let largest = values.iter().fold(-1.0_f32, |largest, &value| largest.max(value));
    let count = least.max((largest + 1.0) as usize).max(1);
    let rows = values.len() / row;
    if count.saturating_mul(rows) > MAX_BINS * 4 {
        return Err(Error::argument("there are too many numbers to count")
            .received(format!("numbers up to {largest} in {rows} rows"))
            .expected(format!("at most {} bins in all", MAX_BINS * 4))
            .hint("count classes, which are numbered from 0"));
    }
    memory::check_workspace((count * rows) as u64 * copies, 0)?;
    let mut counts = vec![0.0_f32; count * rows];
    for (at, &value) in values.iter().enumerate() {
        if value >= 0.0 {
            counts[at / row * count + value as usize] += 1.0;
        }
    }
    let last = sizes.len() - 1;
    sizes[last] = count;
    Ok(vec![uploaded(counts, &sizes, device)?])
}

/// The number of values in each bin, and the edges of the bins. The last bin has its upper edge.
fn histogram(values: &[f32], bins: usize, range: Option<[f32; 2]>) -> (Vec<f32>, Vec<f32>) {
    let [mut low, mut high] = range.unwrap_or_else(|| {
        let of = |pick: fn(f32, f32) -> f32| values.iter().copied().reduce(pick).unwrap_or(0.0);
        [of(f32::min), of(f32::max)]
    });
    if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let edge = |at: usize| {
        let share = at as f32 / bins as f32;
        if at == bins { high } else { low * (1.0 - share) + high * share }
    };
    let edges: Vec<f32> = (0..=bins).map(edge).collect();
    let mut counts = vec![0.0_f32; bins];
    for &value in values.iter().filter(|&&value| (low..=high).contains(&value)) {
        counts[place(&edges, value, true).clamp(1, bins) - 1] += 1.0;
    }
    (counts, edges)
}
