//! Categories as numbers, and as vectors with a place for each category.

use burn::tensor::{Device, Int, Tensor};
use ndarray::{Array, ArrayD, Axis, IxDyn};
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::data::host_array::{float_tensor, int_tensor};
use crate::error::{Error, Result};
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// What categories become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputMode {
    /// Their indices.
    Int,
    /// A vector for each, with a one at its index.
    OneHot,
    /// A vector for each sample, with ones at the indices of its categories.
    MultiHot,
    /// A vector for each sample that says how often it has each category.
    Count,
    /// The same, with each category weighted by how rare it is: for lookups and texts.
    TfIdf,
}

impl OutputMode {
    /// The shape that inputs of this shape get.
    pub(crate) fn output_shape(self, input: &Shape, depth: usize) -> Shape {
        let mut sizes = input.sizes().to_vec();
        match self {
            Self::Int => return input.clone().with_values(Values::Longs),
            Self::OneHot if sizes.len() > 1 && sizes.last() == Some(&Some(1)) => {
                sizes.pop();
            }
            Self::OneHot => {}
            Self::MultiHot | Self::Count | Self::TfIdf => {
                sizes.remove(summed(sizes.len()));
            }
        }
        sizes.push(Some(depth));
        Shape::new(sizes)
    }

    /// Is it one of those that all layers know?
    pub(crate) fn check_unweighted(self) -> Result<()> {
        if self != Self::TfIdf {
            return Ok(());
        }
        Err(Error::argument("the layer does not weight categories")
            .received("output_mode = TfIdf")
            .expected("Int, OneHot, MultiHot or Count")
            .hint("take a lookup, such as StringLookup"))
    }
}

/// Checks the number of bins of a layer that hashes.
pub(crate) fn check_bins(num_bins: usize) -> Result<()> {
    if num_bins > 0 {
        return Ok(());
    }
    Err(Error::argument("num_bins must be at least 1")
        .received("num_bins = 0")
        .expected("the number of bins")
        .hint("give about as many bins as there are categories"))
}

/// Checks that the output is not to be sparse.
pub(crate) fn check_dense(sparse: bool) -> Result<()> {
    if !sparse {
        return Ok(());
    }
    Err(Error::argument("Horn has no sparse tensors")
        .received("sparse = true")
        .expected("sparse = false")
        .hint("leave sparse out: the output has the same values"))
}

/// The axis whose categories belong to one sample.
fn summed(rank: usize) -> usize {
    usize::from(rank > 1)
}

/// Encodes indices on the device they are on; those outside of the range count for nothing. With weights, each counts
/// for as much as its weight says.
pub(crate) fn encode(
    indices: AnyTensor,
    mode: OutputMode,
    depth: usize,
    weights: Option<AnyTensor>,
) -> Result<AnyTensor> {
    if mode == OutputMode::Int {
        return Ok(indices);
    }
    let mut sizes = indices.sizes();
    let device = indices.device();
    let count = sizes.iter().product::<usize>();
    check_vectors(count, depth)?;
    let places = Tensor::<1, Int>::arange(0..depth as i64, &device).float().unsqueeze_dim::<2>(0);
    let flat = indices.reshape(&[count, 1])?.float::<2>()?;
    let mut hot = flat.expand([count, depth]).equal(places.expand([count, depth])).float();
    if let Some(weights) = weights {
        hot = hot * weights.reshape(&[count, 1])?.float::<2>()?;
    }
    if mode == OutputMode::OneHot {
        if sizes.len() > 1 && sizes.last() == Some(&1) {
            sizes.pop();
        }
        sizes.push(depth);
        return AnyTensor::from(hot).reshape(&sizes);
    }
    let axis = summed(sizes.len());
    let (before, after) = (sizes[..axis].iter().product::<usize>(), sizes[axis + 1..].iter().product::<usize>());
    let hot = hot.reshape([before, sizes[axis], after * depth]);
    let encoded = if mode == OutputMode::MultiHot { hot.max_dim(1) } else { hot.sum_dim(1) };
    sizes.remove(axis);
    sizes.push(depth);
    AnyTensor::from(encoded).reshape(&sizes)
}

/// Checks that there is memory for so many vectors. On the way, each of their numbers takes 24 bytes.
fn check_vectors(count: usize, depth: usize) -> Result<()> {
    memory::check(memory::values(&[count, depth, 24]), "the vectors of the categories")
}

/// Encodes indices on the host; `None` counts for nothing.
///
/// # Errors
///
/// If the result would take too much memory.
pub(crate) fn encode_host(indices: &ArrayD<Option<usize>>, mode: OutputMode, depth: usize) -> Result<ArrayD<f64>> {
    let number = |index: &Option<usize>| index.unwrap_or_default() as f64;
    if indices.ndim() == 0 && mode != OutputMode::Int {
        // As in Keras, one index is a vector of one.
        return encode_host(&indices.to_shape(IxDyn(&[1])).expect("there is one index").to_owned(), mode, depth);
    }
    let mut sizes = indices.shape().to_vec();
    match mode {
        OutputMode::Int => return Ok(indices.map(number)),
        OutputMode::OneHot => {
            if sizes.len() > 1 && sizes.last() == Some(&1) {
                sizes.pop();
            }
            sizes.push(depth);
            check_vectors(indices.len(), depth)?;
            let mut values = vec![0.0; indices.len() * depth];
            for (at, index) in indices.iter().enumerate() {
                if let Some(index) = index {
                    values[at * depth + index] = 1.0;
                }
            }
            return Ok(Array::from_shape_vec(IxDyn(&sizes), values).expect("there is a vector a category"));
        }
        OutputMode::MultiHot | OutputMode::Count | OutputMode::TfIdf => {}
    }
    let axis = summed(sizes.len());
    let samples: usize = sizes.iter().enumerate().filter(|(at, _)| *at != axis).map(|(_, size)| size).product();
    check_vectors(samples, depth)?;
    let mut values = vec![0.0; samples * depth];
    for (sample, lane) in indices.lanes(Axis(axis)).into_iter().enumerate() {
        for index in lane.iter().flatten() {
            let value = &mut values[sample * depth + index];
            *value = if mode == OutputMode::MultiHot { 1.0 } else { *value + 1.0 };
        }
    }
    sizes.remove(axis);
    sizes.push(depth);
    Ok(Array::from_shape_vec(IxDyn(&sizes), values).expect("there is a vector a sample"))
}

/// A number that categories become.
pub trait Number: Copy + 'static {
    /// From a number that the type can hold.
    #[doc(hidden)]
    fn from_f64(number: f64) -> Self;

    /// Can it hold fractions?
    #[doc(hidden)]
    const FRACTIONS: bool;
}

macro_rules! numbers {
    ($($type:ty: $fractions:literal),+) => {$(
        impl Number for $type {
            fn from_f64(number: f64) -> Self {
                number as $type
            }
            const FRACTIONS: bool = $fractions;
        }
    )+};
}

numbers!(i32: false, i64: false, f32: true, f64: true);

/// The numbers in the type that was asked for.
pub(crate) fn to_numbers<N: Number>(values: ArrayD<f64>, mode: OutputMode) -> Result<ArrayD<N>> {
    if mode == OutputMode::TfIdf && !N::FRACTIONS {
        return Err(Error::argument("weights are not integers")
            .received("an array of integers to be made")
            .expected("floats")
            .hint("ask for an `ArrayD<f32>`"));
    }
    Ok(values.map(|value| N::from_f64(*value)))
}

/// The whole numbers of a tensor in a model, on the host. Floats are truncated.
pub(crate) fn to_host(tensor: AnyTensor) -> Result<ArrayD<i64>> {
    let sizes = tensor.sizes();
    let values = match tensor.is_integer() {
        true => by_rank!(int: tensor, |x| x.into_data().iter::<i64>().collect::<Vec<_>>())?,
        false => by_rank!(tensor, |x| x.into_data().iter::<f32>().map(|value| value as i64).collect())?,
    };
    Ok(Array::from_shape_vec(IxDyn(&sizes), values).expect("a tensor fills its shape"))
}

/// Values of the host, on the device: indices as integers, vectors as floats.
pub(crate) fn to_device(values: &ArrayD<f64>, mode: OutputMode, device: &Device) -> Result<AnyTensor> {
    let (sizes, device) = (values.shape().to_vec(), device.clone().without_autodiff());
    match mode {
        OutputMode::Int => int_tensor(values.iter().map(|value| *value as i64).collect(), sizes, &device),
        _ => float_tensor(values.iter().map(|value| *value as f32).collect(), sizes, &device),
    }
}
