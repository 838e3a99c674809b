//! Group normalization: a sample's channels as columns, whose moments and sums are then joined in groups.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::normalization::columns::Columns;
use crate::flex::threads::{Shared, WORTH_A_THREAD, parts, split_if};

pub(crate) fn group_norm<const D: usize>(
    x: &Tensor<D>,
    gamma: &Tensor<1>,
    beta: &Tensor<1>,
    groups: usize,
    epsilon: f64,
) -> Option<Tensor<D>> {
    let dims = x.dims();
    if D < 2 || dims.contains(&0) || groups == 0 || !dims[D - 1].is_multiple_of(groups) {
        return None;
    }
    Some(GroupNorm { groups, epsilon: epsilon as f32 }.run([operand(x)?, operand(gamma)?, operand(beta)?]))
}

#[derive(Clone, Copy, Debug)]
struct GroupNorm {
    groups: usize,
    epsilon: f32,
}

/// What the backward pass needs.
#[derive(Clone, Debug)]
struct Saved {
    x: FlexTensor,
    gamma: FlexTensor,
    /// The mean and the factor of each group of each sample.
    statistics: FlexTensor,
}

impl GroupNorm {
    /// The mean and `1 / √(variance + ε)` of each group of a sample.
    fn statistics(self, columns: Columns, x: &[f32], statistics: &mut [f32]) {
        let moments = columns.moments_of_part(x);
        let size = moments.means.len() / self.groups;
        let channels = moments.means.chunks_exact(size).zip(moments.squares.chunks_exact(size));
        for ((means, squares), statistics) in channels.zip(statistics.chunks_exact_mut(2)) {
            let mean = means.iter().sum::<f64>() / size as f64;
            let between: f64 = means.iter().map(|own| (own - mean) * (own - mean)).sum();
            let within = squares.iter().sum::<f64>() / moments.rows;
            let variance = (within + between) / size as f64;
            statistics.copy_from_slice(&[mean as f32, 1.0 / (variance as f32 + self.epsilon).sqrt()]);
        }
    }

    /// A number of each group, or of each of its channels, for each channel.
    fn for_channels<'a>(
        self,
        statistics: &'a [f32],
        gamma: &'a [f32],
        number: impl Fn(&'a [f32], f32) -> f32 + 'a,
    ) -> impl Iterator<Item = f32> + 'a {
        let size = gamma.len() / self.groups;
        gamma.iter().enumerate().map(move |(channel, gamma)| number(&statistics[2 * (channel / size)..][..2], *gamma))
    }
}

impl Kernel<3> for GroupNorm {
    type Saved = Saved;

    fn forward(&self, [x, gamma, beta]: [FlexTensor; 3], _: bool) -> (FlexTensor, Option<Saved>) {
        let samples = x.shape()[0];
        let columns = Columns::new(gamma.shape()[0]);
        let mut y = None;
        let statistics = tensor([samples, self.groups, 2], |statistics| {
            let (statistics, own) = (Shared::new(statistics), 2 * self.groups);
            y = Some(tensor(x.shape(), |y| {
                let (x, gamma, y) = (values(&x), values(&gamma), Shared::new(y));
                let beta = columns.repeated(values(&beta).iter().copied());
                let sample = x.len() / samples;
                split_if(x.len() >= WORTH_A_THREAD, samples, |_, range| {
                    for at in range {
                        let x = &x[at * sample..][..sample];
                        // SAFETY: each sample has its own place.
                        let (y, statistics) = unsafe {
                            (y.slice(at * sample..(at + 1) * sample), statistics.slice(at * own..(at + 1) * own))
                        };
                        self.statistics(columns, x, statistics);
                        let means = columns.repeated(self.for_channels(statistics, gamma, |group, _| group[0]));
                        let factors =
                            columns.repeated(self.for_channels(statistics, gamma, |group, gamma| group[1] * gamma));
                        columns.affine(x, [&means, &factors, &beta], false, y);
                    }
                });
            }));
        });
        (y.expect("it was just made"), Some(Saved { x, gamma, statistics }))
    }

    fn backward(&self, saved: Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let (samples, channels) = (saved.x.shape()[0], saved.gamma.shape()[0]);
        let columns = Columns::new(channels);
        // First the gradients by γ, then those by β.
        let mut totals = vec![0.0_f64; 2 * channels * parts(samples)];
        let by_x = tensor(saved.x.shape(), |by_x| {
            let (x, gamma, gradient) = (values(&saved.x), values(&saved.gamma), values(&gradient));
            let statistics = values(&saved.statistics);
            let (by_x, totals, sample) = (Shared::new(by_x), Shared::new(&mut totals), x.len() / samples);
            split_if(x.len() >= WORTH_A_THREAD, samples, |part, range| {
                // SAFETY: each part has its own place.
                let totals = unsafe { totals.slice(2 * channels * part..2 * channels * (part + 1)) };
                for at in range {
                    let values = [&x[at * sample..][..sample], &gradient[at * sample..][..sample]];
                    let statistics = &statistics[2 * self.groups * at..][..2 * self.groups];
                    // SAFETY: each sample has its own place.
                    let by_x = unsafe { by_x.slice(at * sample..(at + 1) * sample) };
                    self.gradients(columns, values, gamma, statistics, by_x, totals);
                }
            });
        });
        let total = |first: usize| {
            tensor([channels], |by| {
                for (channel, by) in by.iter_mut().enumerate() {
                    *by = totals[first + channel..].iter().step_by(2 * channels).sum::<f64>() as f32;
                }
            })
        };
        [wanted[0].then_some(by_x), wanted[1].then(|| total(0)), wanted[2].then(|| total(channels))]
    }
}

impl GroupNorm {
    /// Writes the gradient by a sample, and adds those by γ and β to `totals`.
    fn gradients(
        self,
        columns: Columns,
        [x, gradient]: [&[f32]; 2],
        gamma: &[f32],
        statistics: &[f32],
        by_x: &mut [f32],
        totals: &mut [f64],
    ) {
        let channels = gamma.len();
        let means = columns.repeated(self.for_channels(statistics, gamma, |group, _| group[0]));
        let mut sums = vec![0.0_f64; 2 * channels];
        columns.add_gradient_sums([x, gradient], &means, None, &mut sums);
        let (sums, products) = sums.split_at(channels);
        let (by_gamma, by_beta) = totals.split_at_mut(channels);
        by_beta.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);

        let size = channels / self.groups;
        let number = (x.len() / self.groups) as f64;
        let (mut slopes, mut offsets) = (Vec::with_capacity(channels), Vec::with_capacity(channels));
        for (group, statistics) in statistics.chunks_exact(2).enumerate() {
            let own = group * size..(group + 1) * size;
            let factor = f64::from(statistics[1]);
            by_gamma[own.clone()].iter_mut().zip(&products[own.clone()]).for_each(|(by, sum)| *by += sum * factor);
            // The mean and the variance of the group depend on x, too.
            let weighted = |sums: &[f64]| -> f64 {
                sums[own.clone()].iter().zip(&gamma[own.clone()]).map(|(sum, gamma)| sum * f64::from(*gamma)).sum()
            };
            let slope = -factor * factor * factor * weighted(products) / number;
            let offset = -factor * weighted(sums) / number;
            slopes.extend(std::iter::repeat_n(slope as f32, size));
            offsets.extend(std::iter::repeat_n(offset as f32, size));
        }
        let factors = columns.repeated(self.for_channels(statistics, gamma, |group, gamma| group[1] * gamma));
        let (slopes, offsets) = (columns.repeated(slopes), columns.repeated(offsets));
        columns.affine_gradient([x, gradient], None, [&means, &factors, &slopes, &offsets], by_x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, same};
    use proptest::prelude::*;

    const EPSILON: f64 = 1e-3;

    /// `[samples, places, groups, channels of a group]`.
    type Sizes = [usize; 4];

    fn plain(leaves: &[Tensor<1>], sizes: Sizes) -> Tensor<1> {
        let [_, _, groups, own] = sizes;
        let x = leaves[0].clone().reshape(sizes);
        let mean = |x: Tensor<4>| x.mean_dim(1).mean_dim(3);
        let x = x.clone() - mean(x);
        let x = x.clone() / (mean(x.square()) + EPSILON).sqrt();
        let [gamma, beta] = [1, 2].map(|at| leaves[at].clone().reshape([1, 1, groups, own]));
        (x * gamma + beta).flatten(0, 3)
    }

    fn fast(leaves: &[Tensor<1>], [samples, places, groups, own]: Sizes) -> Tensor<1> {
        let x = leaves[0].clone().reshape([samples, places, groups * own]);
        group_norm(&x, &leaves[1], &leaves[2], groups, EPSILON).unwrap().flatten(0, 2)
    }

    #[track_caller]
    fn agrees(sizes: Sizes) {
        let channels = sizes[2] * sizes[3];
        let lengths = [sizes.iter().product(), channels, channels];
        same(&lengths, |leaves| fast(leaves, sizes), |leaves| plain(leaves, sizes));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(samples in 1..4_usize, places in 1..40_usize, groups in 1..6_usize, own in 1..20_usize) {
            agrees([samples, places, groups, own]);
        }
    }

    #[test]
    fn many_samples_are_split_over_the_threads() {
        agrees([9, 64, 4, 16]);
        agrees([2, 500, 1, 70]);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        follows_its_derivative(&[48, 6, 6], |leaves| fast(leaves, [2, 4, 2, 3]));
    }
}
