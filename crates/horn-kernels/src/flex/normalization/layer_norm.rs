//! Layer and root-mean-square normalization: each row stays in the cache.

use std::ops::Range;

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::lanes::{sum, sum_of_pairs};
use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, WORTH_A_THREAD, parts, split_if};

/// How many rows are summed up in float32 before the sums go on in float64.
const ROWS: usize = 64;

pub(crate) fn layer_norm<const D: usize>(
    x: &Tensor<D>,
    gamma: &Tensor<1>,
    beta: &Tensor<1>,
    epsilon: f64,
) -> Option<Tensor<D>> {
    if gamma.dims() == [0] || gamma.dims() != beta.dims() {
        return None;
    }
    let epsilon = epsilon as f32;
    Some(RowNorm { epsilon, centered: true }.run([operand(x)?, operand(gamma)?, operand(beta)?]))
}

pub(crate) fn rms_norm<const D: usize>(x: &Tensor<D>, gamma: &Tensor<1>, epsilon: f64) -> Option<Tensor<D>> {
    if gamma.dims() == [0] {
        return None;
    }
    let epsilon = epsilon as f32;
    Some(RowNorm { epsilon, centered: false }.run([operand(x)?, operand(gamma)?]))
}

#[derive(Clone, Copy, Debug)]
struct RowNorm {
    epsilon: f32,
    /// Is the mean taken away?
    centered: bool,
}

/// The input, γ, and for each row its mean and the factor that follows from its variance.
type Saved = (FlexTensor, FlexTensor, FlexTensor);

impl RowNorm {
    fn forward(self, x: FlexTensor, gamma: FlexTensor, beta: Option<&FlexTensor>) -> (FlexTensor, Saved) {
        let size = gamma.shape()[0];
        let rows = values(&x).len() / size;
        let mut y = None;
        let statistics = tensor([rows, 2], |statistics| {
            let statistics = Shared::new(statistics);
            y = Some(tensor(x.shape(), |y| {
                let (x, gamma, y) = (values(&x), values(&gamma), Shared::new(y));
                let beta = beta.map(values);
                split_if(x.len() >= WORTH_A_THREAD, rows, |_, rows| {
                    let range = rows.start * size..rows.end * size;
                    // SAFETY: the parts do not overlap.
                    let (y, statistics) =
                        unsafe { (y.slice(range.clone()), statistics.slice(2 * rows.start..2 * rows.end)) };
                    vectorize(
                        #[inline(always)]
                        || self.rows(&x[range.clone()], gamma, beta, y, statistics),
                    );
                });
            }));
        });
        (y.expect("it was just made"), (x, gamma, statistics))
    }

    #[inline(always)]
    fn rows(self, x: &[f32], gamma: &[f32], beta: Option<&[f32]>, y: &mut [f32], statistics: &mut [f32]) {
        let size = gamma.len();
        let share = 1.0 / size as f32;
        let rows = x.chunks_exact(size).zip(y.chunks_exact_mut(size));
        for ((x, y), statistics) in rows.zip(statistics.chunks_exact_mut(2)) {
            let mean = if self.centered {
                sum(
                    x,
                    #[inline(always)]
                    |x| x,
                ) * share
            } else {
                0.0
            };
            let variance = sum(
                x,
                #[inline(always)]
                |x| (x - mean) * (x - mean),
            ) * share;
            let factor = 1.0 / (variance + self.epsilon).sqrt();
            statistics.copy_from_slice(&[mean, factor]);
            let values = y.iter_mut().zip(x).zip(gamma);
            match beta {
                Some(beta) => {
                    for (((y, x), gamma), beta) in values.zip(beta) {
                        *y = (x - mean) * factor * gamma + beta;
                    }
                }
                None => {
                    for ((y, x), gamma) in values {
                        *y = (x - mean) * factor * gamma;
                    }
                }
            }
        }
    }

    fn backward(self, saved: &Saved, gradient: &FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let (x, gamma, statistics) = saved;
        let size = gamma.shape()[0];
        let rows = values(x).len() / size;
        let mut totals = vec![0.0_f64; 2 * size * parts(rows)];
        let by_x = tensor(x.shape(), |by_x| {
            let (x, gamma, statistics, gradient) = (values(x), values(gamma), values(statistics), values(gradient));
            let (by_x, totals) = (Shared::new(by_x), Shared::new(&mut totals));
            split_if(x.len() >= WORTH_A_THREAD, rows, |part, rows| {
                // SAFETY: each part has its own place.
                let totals = unsafe { totals.slice(2 * size * part..2 * size * (part + 1)) };
                let mut sums = vec![0.0; 2 * size];
                for start in rows.clone().step_by(ROWS) {
                    let rows = start..rows.end.min(start + ROWS);
                    let range = rows.start * size..rows.end * size;
                    let statistics = &statistics[2 * rows.start..2 * rows.end];
                    // SAFETY: the parts do not overlap.
                    let by_x = unsafe { by_x.slice(range.clone()) };
                    let operands = [&x[range.clone()], &gradient[range]];
                    sums.fill(0.0);
                    vectorize(
                        #[inline(always)]
                        || self.gradients(operands, gamma, statistics, by_x, &mut sums),
                    );
                    totals.iter_mut().zip(&sums).for_each(|(total, sum)| *total += f64::from(*sum));
                }
            });
        });
        let total = |range: Range<usize>| {
            tensor([size], |by| {
                for (by, at) in by.iter_mut().zip(range) {
                    *by = totals[at..].iter().step_by(2 * size).sum::<f64>() as f32;
                }
            })
        };
        [wanted[0].then_some(by_x), wanted[1].then(|| total(0..size)), wanted[2].then(|| total(size..2 * size))]
    }

    /// Writes the gradient by the input, and adds those by γ and β to `sums`.
    #[inline(always)]
    fn gradients(
        self,
        [x, gradient]: [&[f32]; 2],
        gamma: &[f32],
        statistics: &[f32],
        by_x: &mut [f32],
        sums: &mut [f32],
    ) {
        let size = gamma.len();
        let share = 1.0 / size as f32;
        let (by_gamma, by_beta) = sums.split_at_mut(size);
        let rows = x.chunks_exact(size).zip(gradient.chunks_exact(size)).zip(by_x.chunks_exact_mut(size));
        for (((x, gradient), by_x), statistics) in rows.zip(statistics.chunks_exact(2)) {
            let (mean, factor) = (statistics[0], statistics[1]);
            for ((by_x, gradient), gamma) in by_x.iter_mut().zip(gradient).zip(gamma) {
                // The gradient by the normalized value, for now.
                *by_x = gradient * gamma;
            }
            let offset = if self.centered {
                sum(
                    by_x,
                    #[inline(always)]
                    |by| by,
                ) * share
            } else {
                0.0
            };
            let product = sum_of_pairs(
                by_x,
                x,
                #[inline(always)]
                |by, x| by * (x - mean),
            );
            let slope = product * factor * factor * share;
            let values = by_x.iter_mut().zip(x).zip(gradient);
            for (((by_x, x), gradient), (by_gamma, by_beta)) in values.zip(by_gamma.iter_mut().zip(&mut *by_beta)) {
                let difference = x - mean;
                *by_gamma += gradient * (difference * factor);
                *by_beta += gradient;
                *by_x = factor * (*by_x - offset - difference * slope);
            }
        }
    }
}

impl Kernel<3> for RowNorm {
    type Saved = Saved;

    fn forward(&self, [x, gamma, beta]: [FlexTensor; 3], _: bool) -> (FlexTensor, Option<Saved>) {
        let (y, saved) = Self::forward(*self, x, gamma, Some(&beta));
        (y, Some(saved))
    }

    fn backward(&self, saved: Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        Self::backward(*self, &saved, &gradient, wanted)
    }
}

impl Kernel<2> for RowNorm {
    type Saved = Saved;

    fn forward(&self, [x, gamma]: [FlexTensor; 2], _: bool) -> (FlexTensor, Option<Saved>) {
        let (y, saved) = Self::forward(*self, x, gamma, None);
        (y, Some(saved))
    }

    fn backward(&self, saved: Saved, gradient: FlexTensor, [by_x, by_gamma]: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let [by_x, by_gamma, _] = Self::backward(*self, &saved, &gradient, [by_x, by_gamma, false]);
        [by_x, by_gamma]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, same};
    use proptest::prelude::*;

    const EPSILON: f64 = 1e-3;

    fn plain(leaves: &[Tensor<1>], [rows, size]: [usize; 2], centered: bool) -> Tensor<1> {
        let x = leaves[0].clone().reshape([rows, size]) + 0.5;
        let x = if centered { x.clone() - x.mean_dim(1) } else { x };
        let x = x.clone() / (x.square().mean_dim(1) + EPSILON).sqrt();
        let y = x * leaves[1].clone().reshape([1, size]);
        let y = if centered { y + leaves[2].clone().reshape([1, size]) } else { y };
        y.flatten(0, 1)
    }

    fn fast(leaves: &[Tensor<1>], sizes: [usize; 2], centered: bool) -> Tensor<1> {
        let x = leaves[0].clone().reshape(sizes) + 0.5;
        let y =
            if centered { layer_norm(&x, &leaves[1], &leaves[2], EPSILON) } else { rms_norm(&x, &leaves[1], EPSILON) };
        y.unwrap().flatten(0, 1)
    }

    #[track_caller]
    fn agrees(sizes: [usize; 2], centered: bool) {
        let lengths = [sizes[0] * sizes[1], sizes[1], sizes[1]];
        same(&lengths, |leaves| fast(leaves, sizes, centered), |leaves| plain(leaves, sizes, centered));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(rows in 0..100_usize, size in 2..150_usize, centered: bool) {
            agrees([rows, size], centered);
        }
    }

    #[test]
    fn many_rows_are_split_over_the_threads() {
        agrees([1000, 64], true);
        agrees([333, 129], false);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for centered in [false, true] {
            follows_its_derivative(&[21, 7, 7], |leaves| fast(leaves, [3, 7], centered));
        }
    }

    #[test]
    fn a_row_far_from_zero_keeps_its_digits() {
        let device = burn::tensor::Device::flex();
        let x = Tensor::<2>::from_floats([[10_000.0, 10_001.0, 10_002.0, 10_003.0]], &device);
        let [one, zero] = [Tensor::<1>::ones([4], &device), Tensor::zeros([4], &device)];
        let y = layer_norm(&x, &one, &zero, 0.0).unwrap().into_data().try_to_vec::<f32>().unwrap();
        for (y, expected) in y.iter().zip([-1.341_640_8_f32, -0.447_213_6, 0.447_213_6, 1.341_640_8]) {
            assert!((y - expected).abs() < 1e-6, "{y}");
        }
    }
}
