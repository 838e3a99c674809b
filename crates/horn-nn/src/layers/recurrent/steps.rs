//! Sequences as steps, and back.

use burn::tensor::Tensor;
use burn::tensor::kind::Basic;

use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;

/// As many values as there would be in the memory of a step's tensors without their values: handles, sizes and strides.
pub(crate) const OF_STEP: usize = 256;

/// The steps of `[batch, steps, …]` one after the other, `[steps · batch, …]`, and how many they are.
pub(crate) fn one_after_the_other(sequence: AnyTensor) -> Result<(AnyTensor, usize)> {
    let sizes = sequence.sizes();
    let [batch, steps, ref rest @ ..] = sizes[..] else {
        return Err(Error::shape("a sequence has a batch and steps")
            .received(format!("the shape {sizes:?}"))
            .expected("[batch, steps, …]")
            .hint("put `Reshape` before the layer"));
    };
    if batch == 0 || steps == 0 {
        return Err(Error::shape("the sequence has no steps")
            .received(format!("the shape {sizes:?}"))
            .expected("at least one sample of at least one step")
            .hint("leave empty sequences out of the data"));
    }
    let turned = by_rank!(any: sequence, |x| AnyTensor::from(x.swap_dims(0, 1)))?;
    Ok((turned.reshape(&[&[steps * batch], rest].concat())?, steps))
}

/// The way back.
pub(crate) fn one_beside_the_other(x: AnyTensor, steps: usize) -> Result<AnyTensor> {
    let sizes = x.sizes();
    let long = x.reshape(&[&[steps, sizes[0] / steps], &sizes[1..]].concat())?;
    by_rank!(any: long, |x| AnyTensor::from(x.swap_dims(0, 1)))
}

/// Cuts the steps apart. Halves of halves: the gradient of a piece is as long as what it was cut from.
pub(crate) fn split<const D: usize, K: Basic>(x: Tensor<D, K>, batch: usize) -> Vec<Tensor<D, K>> {
    fn halve<const D: usize, K: Basic>(x: Tensor<D, K>, batch: usize, pieces: &mut Vec<Tensor<D, K>>) {
        let steps = x.dims()[0] / batch;
        if steps == 1 {
            return pieces.push(x);
        }
        let first = steps / 2 * batch;
        let rest = x.dims()[0] - first;
        halve(x.clone().narrow(0, 0, first), batch, pieces);
        halve(x.narrow(0, first, rest), batch, pieces);
    }
    let mut pieces = Vec::new();
    halve(x, batch, &mut pieces);
    pieces
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn steps_come_in_their_order_and_go_back() {
        let x = Tensor::<3>::from_floats([[[0.0], [1.0], [2.0]], [[10.0], [11.0], [12.0]]], &Device::default());
        let (steps, count) = one_after_the_other(x.clone().into()).unwrap();
        assert_eq!((steps.sizes(), count), (vec![6, 1], 3));
        let pieces = split(steps.clone().float::<2>().unwrap(), 2);
        let values: Vec<Vec<f32>> = pieces.into_iter().map(|piece| piece.into_data().iter().collect()).collect();
        assert_eq!(values, [[0.0, 10.0], [1.0, 11.0], [2.0, 12.0]]);
        let back = one_beside_the_other(steps, count).unwrap().float::<3>().unwrap();
        assert_eq!(back.into_data(), x.into_data());
    }

    #[test]
    fn a_sequence_without_steps_is_an_error() {
        let empty = Tensor::<3>::zeros([2, 0, 3], &Device::default());
        assert!(one_after_the_other(empty.into()).unwrap_err().is_shape());
    }
}
