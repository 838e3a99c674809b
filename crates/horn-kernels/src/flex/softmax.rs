//! Softmax along the last axis, and its logarithm: each row stays in the cache.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::lanes::{largest, sum, sum_of_pairs};
use crate::flex::math::exp;
use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};

/// How many values are exponentiated together: rows may be shorter than a vector.
const BLOCK: usize = 1024;

/// So many values of whole rows.
fn block(size: usize) -> usize {
    (BLOCK / size).max(1) * size
}

pub(crate) fn softmax<const D: usize>(x: &Tensor<D>, logarithm: bool) -> Option<Tensor<D>> {
    Some(Softmax { logarithm }.run([operand(x)?]))
}

#[derive(Clone, Copy, Debug)]
struct Softmax {
    logarithm: bool,
}

impl Kernel<1> for Softmax {
    type Saved = FlexTensor;

    fn forward(&self, [x]: [FlexTensor; 1], _: bool) -> (FlexTensor, Option<FlexTensor>) {
        let shape = x.shape();
        let size = shape[shape.num_dims() - 1];
        let x = values(&x);
        let y = tensor(shape, |y| {
            rows(
                size,
                y,
                #[inline(always)]
                |start, y| {
                    let x = &x[start..][..y.len()];
                    if self.logarithm { log_softmax_rows(size, x, y) } else { softmax_rows(size, x, y) }
                },
            );
        });
        (y.clone(), Some(y))
    }

    fn backward(&self, y: FlexTensor, gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let shape = y.shape();
        let size = shape[shape.num_dims() - 1];
        let (y, gradient) = (values(&y), values(&gradient));
        let by_x = tensor(shape, |by_x| {
            rows(
                size,
                by_x,
                #[inline(always)]
                |start, by_x| {
                    let (y, gradient) = (&y[start..][..by_x.len()], &gradient[start..][..by_x.len()]);
                    let rows = y.chunks_exact(size).zip(gradient.chunks_exact(size));
                    for (by_x, (y, gradient)) in by_x.chunks_exact_mut(size).zip(rows) {
                        let values = by_x.iter_mut().zip(y).zip(gradient);
                        if self.logarithm {
                            let all = sum(
                                gradient,
                                #[inline(always)]
                                |gradient| gradient,
                            );
                            for ((by_x, y), gradient) in values {
                                *by_x = gradient - exp(*y) * all;
                            }
                        } else {
                            let mean = sum_of_pairs(
                                y,
                                gradient,
                                #[inline(always)]
                                |y, gradient| y * gradient,
                            );
                            for ((by_x, y), gradient) in values {
                                *by_x = y * (gradient - mean);
                            }
                        }
                    }
                },
            );
        });
        [Some(by_x)]
    }
}

/// Turns a row into its softmax. Returns the largest value, and the sum of the exponentials of the differences from it. To
/// be called inside [`vectorize`].
#[inline(always)]
pub(crate) fn softmax_in_place(row: &mut [f32]) -> (f32, f32) {
    let top = largest(row);
    for value in row.iter_mut() {
        *value = exp(*value - top);
    }
    let total = sum(
        row,
        #[inline(always)]
        |value| value,
    );
    for value in row {
        *value /= total;
    }
    (top, total)
}

/// Writes each value less the largest one of its row.
#[inline(always)]
fn shift(size: usize, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.chunks_exact_mut(size).zip(x.chunks_exact(size)) {
        let top = largest(x);
        for (y, x) in y.iter_mut().zip(x) {
            *y = x - top;
        }
    }
}

#[inline(always)]
fn softmax_rows(size: usize, x: &[f32], y: &mut [f32]) {
    let block = block(size);
    for (y, x) in y.chunks_mut(block).zip(x.chunks(block)) {
        shift(size, x, y);
        for y in y.iter_mut() {
            *y = exp(*y);
        }
        for y in y.chunks_exact_mut(size) {
            let scale = 1.0
                / sum(
                    y,
                    #[inline(always)]
                    |y| y,
                );
            for y in y {
                *y *= scale;
            }
        }
    }
}

#[inline(always)]
fn log_softmax_rows(size: usize, x: &[f32], y: &mut [f32]) {
    let block = block(size);
    let mut powers = vec![0.0; block.min(y.len())];
    for (y, x) in y.chunks_mut(block).zip(x.chunks(block)) {
        shift(size, x, y);
        for (power, y) in powers.iter_mut().zip(&*y) {
            *power = exp(*y);
        }
        for (y, powers) in y.chunks_exact_mut(size).zip(powers.chunks_exact(size)) {
            let offset = sum(
                powers,
                #[inline(always)]
                |power| power,
            )
            .ln();
            for y in y {
                *y -= offset;
            }
        }
    }
}

/// Writes rows of this size, in parts that may run on different threads. `write` must be `#[inline(always)]`.
#[inline(always)]
fn rows(size: usize, y: &mut [f32], write: impl Fn(usize, &mut [f32]) + Sync) {
    if y.is_empty() {
        return;
    }
    let (len, shared) = (y.len(), Shared::new(y));
    split_if(len >= WORTH_A_THREAD, len / size, |_, rows| {
        let range = rows.start * size..rows.end * size;
        // SAFETY: the parts do not overlap.
        let part = unsafe { shared.slice(range.clone()) };
        vectorize(
            #[inline(always)]
            || write(range.start, part),
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, same};
    use burn::tensor::activation;
    use proptest::prelude::*;

    fn fast(x: &Tensor<1>, sizes: [usize; 2], logarithm: bool) -> Tensor<1> {
        softmax(&(x.clone() * 8.0).reshape(sizes), logarithm).unwrap().flatten(0, 1)
    }

    fn plain(x: &Tensor<1>, sizes: [usize; 2], logarithm: bool) -> Tensor<1> {
        let x = (x.clone() * 8.0).reshape::<2, _>(sizes);
        let y = if logarithm { activation::log_softmax(x, 1) } else { activation::softmax(x, 1) };
        y.flatten(0, 1)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(rows in 0..40_usize, size in 1..150_usize, logarithm: bool) {
            let sizes = [rows, size];
            same(&[rows * size], |x| fast(&x[0], sizes, logarithm), |x| plain(&x[0], sizes, logarithm));
        }
    }

    #[test]
    fn many_rows_are_split_over_the_threads() {
        same(&[50_000], |x| fast(&x[0], [5000, 10], false), |x| plain(&x[0], [5000, 10], false));
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for logarithm in [false, true] {
            follows_its_derivative(&[12], |x| softmax(&x[0].clone().reshape([3, 4]), logarithm).unwrap().flatten(0, 1));
        }
    }

    #[test]
    fn large_logits_and_missing_ones() {
        let device = burn::tensor::Device::flex();
        let x = Tensor::<2>::from_floats([[1000.0, 1000.0, -1000.0], [f32::NAN, 0.0, 1.0]], &device);
        let y = softmax(&x, false).unwrap().into_data().try_to_vec::<f32>().unwrap();
        assert_eq!(y[..3], [0.5, 0.5, 0.0]);
        assert!(y[3..].iter().all(|y| y.is_nan()));
    }

    #[test]
    fn no_values() {
        let x = Tensor::<2>::zeros([3, 0], &burn::tensor::Device::flex());
        assert_eq!(softmax(&x, false).unwrap().dims(), [3, 0]);
    }
}
