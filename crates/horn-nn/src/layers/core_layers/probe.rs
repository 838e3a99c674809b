//! The output shape of a function, found by running it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Tensor};

use crate::{Error, Result, Shape};

/// Runs the function on zeros, once with one size and once with another for each that is not known: what differs in
/// the output is not known either.
pub(super) fn output_shape<const I: usize, const O: usize>(
    input: &Shape,
    device: &Device,
    run: impl Fn(Tensor<I>) -> Tensor<O>,
) -> Result<Shape> {
    if input.rank() != I {
        return Err(Error::shape("the function takes inputs of another rank")
            .received(input)
            .expected(format!("rank {I}"))
            .mend("put `Reshape` or `Flatten` before it"));
    }
    let with = |unknown: usize, batch: usize| {
        let mut sizes: Vec<usize> = input.sizes().iter().map(|size| size.unwrap_or(unknown)).collect();
        sizes[0] = batch;
        let zeros = Tensor::zeros(sizes, device);
        catch_unwind(AssertUnwindSafe(|| run(zeros).dims())).map_err(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_default();
            Error::shape("the function fails on such an input")
                .received(input)
                .expected("a shape that the function takes")
                .mend("change the function, or the layer before")
                .because(message)
        })
    };
    let output = with(4, 1)?;
    if output.first() != Some(&1) {
        return Err(Error::shape("the function does not keep the batch axis")
            .received(format!("output sizes {output:?} for a batch of 1"))
            .expected("an output with the batch as its first axis")
            .mend("let the function reshape its output"));
    }
    let mut sizes: Vec<Option<usize>> = output.iter().copied().map(Some).collect();
    sizes[0] = None;
    if input.sample().contains(&None) {
        for (size, other) in sizes.iter_mut().zip(with(5, 1)?) {
            *size = size.filter(|&size| size == other);
        }
    }
    Ok(Shape::new(sizes))
}
