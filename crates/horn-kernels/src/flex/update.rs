//! Changing several tensors together, value by value.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Tensor};

use crate::flex::apply::row_major;
use crate::flex::buffer::values;
use crate::flex::simd::vectorize;
use crate::flex::team::is_awake;
use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};
use crate::switch::enabled;

#[expect(clippy::result_large_err, reason = "what is given back is what was taken")]
pub(crate) fn update<const D: usize, const N: usize>(
    gradient: Tensor<D>,
    tensors: [Tensor<D>; N],
    rule: impl Fn(f32, [f32; N]) -> [f32; N] + Sync,
) -> Result<[Tensor<D>; N], (Tensor<D>, [Tensor<D>; N])> {
    let same_shape = tensors.iter().all(|tensor| tensor.dims() == gradient.dims());
    if !enabled() || !same_shape || !fits(&gradient) || !tensors.iter().all(fits) {
        return Err((gradient, tensors));
    }
    let mut tensors = tensors.map(primitive);
    update_values(&primitive(gradient), &mut tensors, &rule);
    Ok(tensors.map(Tensor::from_primitive::<Flex>))
}

/// Applies the rule to all values, in place where nobody else holds the memory; in a copy otherwise.
fn update_values<const N: usize>(
    gradient: &FlexTensor,
    tensors: &mut [FlexTensor; N],
    rule: &(impl Fn(f32, [f32; N]) -> [f32; N] + Sync),
) {
    let gradient = values(gradient);
    let places = tensors.each_mut().map(|tensor| {
        let values = tensor.storage_mut::<f32>();
        assert_eq!(values.len(), gradient.len(), "a tensor has another size than its gradient");
        Shared::new(values)
    });
    split_if(is_shared(gradient.len()), gradient.len(), |_, range| {
        // SAFETY: all tensors have as many values as the gradient, and the threads have different parts.
        let parts = places.map(|place| unsafe { place.slice(range.clone()) });
        update_part(&gradient[range], parts, rule);
    });
}

/// From how many values on the threads share the work, which is bound by memory.
const LARGE: usize = 8 * WORTH_A_THREAD;

/// From how many values on a worker that is awake takes a part. Nobody is woken for so few: where batches are so small that
/// one thread computes all gradients, the weights stay in its cache. An epoch of batches of 32 took a third longer when two
/// threads changed them.
const WORTH_A_HELPER: usize = 2 * WORTH_A_THREAD;

fn is_shared(len: usize) -> bool {
    len >= LARGE || (len >= WORTH_A_HELPER && is_awake())
}

/// How many values are computed at a time.
const BLOCK: usize = 64;

fn update_part<const N: usize>(
    gradient: &[f32],
    mut parts: [&mut [f32]; N],
    rule: &impl Fn(f32, [f32; N]) -> [f32; N],
) {
    vectorize(
        #[inline(always)]
        || {
            // Blocks are copied, so that the compiler knows that they do not overlap. The length of whole ones is known to it,
            // too, so that a copy is a few instructions and not a call.
            let mut gradients = [0.0; BLOCK];
            let mut blocks = [[0.0; BLOCK]; N];
            let mut start = 0;
            while let Some(gradient) = gradient[start..].first_chunk::<BLOCK>() {
                gradients = *gradient;
                for (block, part) in blocks.iter_mut().zip(&parts) {
                    if let Some(part) = part[start..].first_chunk() {
                        *block = *part;
                    }
                }
                compute(&gradients, &mut blocks, rule);
                for (block, part) in blocks.iter().zip(&mut parts) {
                    if let Some(part) = part[start..].first_chunk_mut() {
                        *part = *block;
                    }
                }
                start += BLOCK;
            }
            let len = gradient.len() - start;
            gradients[..len].copy_from_slice(&gradient[start..]);
            for (block, part) in blocks.iter_mut().zip(&parts) {
                block[..len].copy_from_slice(&part[start..]);
            }
            compute(&gradients, &mut blocks, rule);
            for (block, part) in blocks.iter().zip(&mut parts) {
                part[start..].copy_from_slice(&block[..len]);
            }
        },
    );
}

/// Applies the rule to each value of the blocks.
#[inline(always)]
fn compute<const N: usize>(
    gradients: &[f32; BLOCK],
    blocks: &mut [[f32; BLOCK]; N],
    rule: &impl Fn(f32, [f32; N]) -> [f32; N],
) {
    for at in 0..BLOCK {
        let old = std::array::from_fn(
            #[inline(always)]
            |tensor| blocks[tensor][at],
        );
        for (block, new) in blocks.iter_mut().zip(rule(gradients[at], old)) {
            block[at] = new;
        }
    }
}

/// Is it a float32 tensor of the CPU backend, without gradients?
fn fits<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && tensor.clone().try_into_primitive::<Flex>().is_ok()
}

/// The memory of a tensor that [`fits`], in row-major order and from its beginning to its end.
fn primitive<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    let tensor = row_major(tensor.try_into_primitive::<Flex>().expect("the backend was checked"));
    let whole = tensor.as_slice::<f32>().map(<[f32]>::len) == Some(tensor.storage::<f32>().len());
    // A part of a larger tensor is copied.
    if whole {
        tensor
    } else {
        super::buffer::tensor([values(&tensor).len()], |copy| copy.copy_from_slice(values(&tensor)))
            .reshape(burn::backend::TensorMetadata::shape(&tensor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::numbers;
    use burn::tensor::{Device, TensorData};

    fn tensor(values: &[f32]) -> Tensor<1> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &Device::flex())
    }

    fn rule(gradient: f32, [weight, momentum]: [f32; 2]) -> [f32; 2] {
        let momentum = 0.9 * momentum - 0.1 * gradient;
        [weight + momentum, momentum]
    }

    #[test]
    fn the_rule_is_applied_to_each_value() {
        for len in [0, 1, 63, 64, 65, 1000, WORTH_A_HELPER + 3, LARGE + 17] {
            let [gradient, weight, momentum] = [1, 2, 3].map(|seed| numbers(len, seed));
            let updated = update(tensor(&gradient), [tensor(&weight), tensor(&momentum)], rule).unwrap();
            let [new_weight, new_momentum] = updated.map(|tensor| tensor.into_data().try_to_vec::<f32>().unwrap());
            for at in 0..len {
                let [weight, momentum] = rule(gradient[at], [weight[at], momentum[at]]);
                assert!((new_weight[at] - weight).abs() < 1e-6 && (new_momentum[at] - momentum).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn what_others_hold_stays_as_it_is() {
        let weight = tensor(&[1.0, 2.0, 3.0, 4.0]);
        let part = weight.clone().narrow(0, 1, 2);
        let [new, _] = update(tensor(&[1.0, 1.0]), [part, tensor(&[0.0, 0.0])], rule).unwrap();
        assert_eq!(new.into_data().try_to_vec::<f32>().unwrap(), [1.9, 2.9]);
        assert_eq!(weight.into_data().try_to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn tensors_of_other_shapes_are_given_back() {
        assert!(update(tensor(&[1.0]), [tensor(&[1.0, 2.0]), tensor(&[0.0])], rule).is_err());
    }
}
