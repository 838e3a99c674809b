//! Repeating values along axes, for `UpSampling1D` to `UpSampling3D`.

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::layers::reshaping::margins::spatial_rank;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// The shape with its spatial axes multiplied by the factors.
pub(crate) fn enlarged(factors: &[usize], input: &Shape, data_format: DataFormat) -> Result<Shape> {
    if factors.contains(&0) {
        return Err(Error::argument("the factor for an axis can't be 0")
            .received(format!("size = {factors:?}"))
            .expected("factors of at least 1")
            .hint("use 1 for an axis that is to keep its size"));
    }
    spatial_rank(input, factors.len())?;
    let mut sizes = input.sizes().to_vec();
    for (size, factor) in sizes[data_format.first_spatial_axis()..].iter_mut().zip(factors) {
        *size = size.map(|size| size.saturating_mul(*factor));
    }
    Ok(Shape::new(sizes))
}

/// Repeats each value along an axis.
pub(crate) fn repeat(x: AnyTensor, axis: usize, times: usize) -> Result<AnyTensor> {
    if times == 1 {
        return Ok(x);
    }
    let mut sizes = x.sizes();
    let (before, after) = (sizes[..axis].iter().product::<usize>(), sizes[axis + 1..].iter().product::<usize>());
    let repeated = x.reshape(&[before * sizes[axis], 1, after])?.expand(&[before * sizes[axis], times, after])?;
    sizes[axis] *= times;
    repeated.reshape(&sizes)
}
