//! Shape inference for functions, by running them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::Device;

use crate::data::host_array;
use crate::error::{Error, Result};
use crate::layers::core_layers::tensors::Tensors;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// Runs the function on zeros twice, with different values for the unknown sizes. The sizes of the output that differ are
/// unknown, too.
pub(crate) fn output_shape<T: Tensors>(
    inputs: &[Shape],
    device: &Device,
    run: impl Fn(Vec<AnyTensor>) -> Result<AnyTensor>,
) -> Result<Shape> {
    let ranks = T::ranks();
    if !inputs.iter().map(Shape::rank).eq(ranks.iter().copied()) {
        let ranks: Vec<String> = ranks.iter().map(|rank| format!("rank {rank}")).collect();
        return Err(Error::shape("the function takes inputs of another rank or number")
            .received(shape::list(inputs))
            .expected(ranks.join(", "))
            .hint("put `Reshape` or `Flatten` before it, or change what the function takes"));
    }
    let with = |unknown: usize| {
        let zeros = inputs.iter().map(|input| {
            let mut sizes: Vec<usize> = input.sizes().iter().map(|size| size.unwrap_or(unknown)).collect();
            sizes[0] = 1;
            host_array::float_tensor(vec![0.0; sizes.iter().product()], sizes, device)
        });
        let zeros = zeros.collect::<Result<Vec<_>>>()?;
        let output = catch_unwind(AssertUnwindSafe(|| run(zeros))).map_err(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_default();
            Error::shape("the function fails on such an input")
                .received(shape::list(inputs))
                .expected("shapes that the function takes")
                .hint("change the function, or the layer before")
                .because(message)
        })?;
        Ok(output?.sizes())
    };
    let output = with(4)?;
    if output.first() != Some(&1) {
        return Err(Error::shape("the function does not keep the batch axis")
            .received(format!("the output shape {output:?} for a batch of 1"))
            .expected("an output with the batch as its first axis")
            .hint("reshape the output in the function"));
    }
    let mut sizes: Vec<Option<usize>> = output.iter().copied().map(Some).collect();
    sizes[0] = inputs.iter().find_map(Shape::batch);
    if inputs.iter().any(|input| input.sample().contains(&None)) {
        for (size, other) in sizes.iter_mut().zip(with(5)?).skip(1) {
            *size = size.filter(|&size| size == other);
        }
    }
    Ok(Shape::new(sizes))
}
