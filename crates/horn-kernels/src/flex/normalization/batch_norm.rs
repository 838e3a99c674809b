//! Batch normalization: one pass for the moments, one for the result; backward one for the sums, one for the gradient.

use std::sync::{Arc, OnceLock};

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, constant, operand, untracked};
use crate::flex::buffer::{tensor, values};
use crate::flex::normalization::columns::Columns;
use crate::flex::threads::Shared;
use crate::types::batch_norm::BatchNorm;

pub(crate) fn batch_norm<const D: usize>(
    x: &Tensor<D>,
    gamma: &Tensor<1>,
    beta: &Tensor<1>,
    epsilon: f64,
    relu: bool,
) -> Option<BatchNorm<D>> {
    if x.dims().contains(&0) {
        return None;
    }
    let operands = [operand(x)?, operand(gamma)?, operand(beta)?];
    let kernel = Normalize { epsilon, relu, given: None, statistics: Arc::default() };
    let statistics = kernel.statistics.clone();
    let output = kernel.run(operands);
    let [mean, variance] = statistics.get().cloned()?;
    Some(BatchNorm { output, mean: untracked(mean), variance: untracked(variance) })
}

pub(crate) fn batch_norm_with<const D: usize>(
    x: &Tensor<D>,
    [gamma, beta]: [&Tensor<1>; 2],
    [mean, variance]: [&Tensor<1>; 2],
    epsilon: f64,
    relu: bool,
) -> Option<Tensor<D>> {
    if x.dims().contains(&0) {
        return None;
    }
    let operands = [operand(x)?, operand(gamma)?, operand(beta)?];
    let given = Some([constant(mean)?, constant(variance)?]);
    Some(Normalize { epsilon, relu, given, statistics: Arc::default() }.run(operands))
}

#[derive(Clone, Debug)]
struct Normalize {
    epsilon: f64,
    relu: bool,
    /// Mean and variance, if they are not those of the batch.
    given: Option<[FlexTensor; 2]>,
    /// Mean and variance of the batch, once they are known.
    statistics: Arc<OnceLock<[FlexTensor; 2]>>,
}

/// What the backward pass needs.
#[derive(Clone, Debug)]
struct Saved {
    x: FlexTensor,
    gamma: FlexTensor,
    /// Mean and variance.
    statistics: [FlexTensor; 2],
    /// The result, where relu was applied.
    y: Option<FlexTensor>,
}

impl Kernel<3> for Normalize {
    type Saved = Saved;

    fn forward(&self, [x, gamma, beta]: [FlexTensor; 3], _: bool) -> (FlexTensor, Option<Saved>) {
        let channels = gamma.shape()[0];
        let columns = Columns::new(channels);
        let statistics = self.given.clone().unwrap_or_else(|| {
            let moments = columns.moments(values(&x));
            let means = moments.means.iter().map(|mean| *mean as f32);
            [collected(channels, means), collected(channels, moments.variances())]
        });
        let [mean, variance] = statistics.each_ref().map(values);
        let factor = self.factors(values(&gamma), variance);
        let terms = [mean, &factor, values(&beta)].map(|term| columns.repeated(term.iter().copied()));
        let y = tensor(x.shape(), |y| {
            let (x, shared) = (values(&x), Shared::new(y));
            columns.split(x.len(), |_, range| {
                // SAFETY: the parts do not overlap.
                let y = unsafe { shared.slice(range.clone()) };
                columns.affine(&x[range], terms.each_ref().map(|term| &term[..]), self.relu, y);
            });
        });
        if self.given.is_none() {
            // Each run has a cell of its own, so it is empty.
            let _ = self.statistics.set(statistics.clone());
        }
        let saved = Saved { x, gamma, statistics, y: self.relu.then(|| y.clone()) };
        (y, Some(saved))
    }

    fn backward(&self, saved: Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let channels = saved.gamma.shape()[0];
        let columns = Columns::new(channels);
        let [mean, variance] = saved.statistics.each_ref().map(values);
        let (x, gradient) = (values(&saved.x), values(&gradient));
        let y = saved.y.as_ref().map(values);
        let factor = self.factors(values(&saved.gamma), variance);
        let is_of_batch = self.given.is_none();

        let needs_sums = wanted[1] || wanted[2] || is_of_batch;
        let [by_beta, mut by_gamma] =
            if needs_sums { columns.gradient_sums(x, mean, gradient, y) } else { [vec![], vec![]] };
        by_gamma.iter_mut().zip(variance).for_each(|(by_gamma, variance)| *by_gamma *= self.factor(*variance));
        let by_x = wanted[0].then(|| {
            // The mean and the variance depend on x, too: what they have in common with the gradient is taken away.
            let rows = (x.len() / channels) as f32;
            let (slopes, offsets) = if is_of_batch {
                let slope = |(at, by_gamma): (usize, &f32)| -factor[at] * self.factor(variance[at]) * by_gamma / rows;
                let offset = |(factor, by_beta): (&f32, &f32)| -factor * by_beta / rows;
                (by_gamma.iter().enumerate().map(slope).collect(), factor.iter().zip(&by_beta).map(offset).collect())
            } else {
                (vec![0.0; channels], vec![0.0; channels])
            };
            let terms = [mean, &factor, &slopes, &offsets].map(|term| columns.repeated(term.iter().copied()));
            tensor(saved.x.shape(), |by_x| {
                let shared = Shared::new(by_x);
                columns.split(x.len(), |_, range| {
                    // SAFETY: the parts do not overlap.
                    let by_x = unsafe { shared.slice(range.clone()) };
                    let (values, y) = ([&x[range.clone()], &gradient[range.clone()]], y.map(|y| &y[range]));
                    columns.affine_gradient(values, y, terms.each_ref().map(|term| &term[..]), by_x);
                });
            })
        });
        let by_gamma = wanted[1].then(|| collected(channels, by_gamma));
        [by_x, by_gamma, wanted[2].then(|| collected(channels, by_beta))]
    }
}

/// A tensor of one number a channel.
fn collected(channels: usize, numbers: impl IntoIterator<Item = f32>) -> FlexTensor {
    tensor([channels], |values| values.iter_mut().zip(numbers).for_each(|(value, number)| *value = number))
}

impl Normalize {
    /// `1 / √(variance + ε)`.
    fn factor(&self, variance: f32) -> f32 {
        1.0 / (variance + self.epsilon as f32).sqrt()
    }

    fn factors(&self, gamma: &[f32], variance: &[f32]) -> Vec<f32> {
        gamma.iter().zip(variance).map(|(gamma, variance)| gamma * self.factor(*variance)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, plain_relu, same};
    use proptest::prelude::*;

    const EPSILON: f64 = 1e-3;

    fn plain(leaves: &[Tensor<1>], [rows, channels]: [usize; 2], relu: bool, given: bool) -> Tensor<1> {
        let x = leaves[0].clone().reshape([rows, channels]);
        let (mean, variance) = if given {
            (statistic(&x, 0.3), statistic(&x, 0.7))
        } else {
            (x.clone().mean_dim(0), (x.clone() - x.clone().mean_dim(0)).square().mean_dim(0))
        };
        let x = (x - mean) / (variance + EPSILON).sqrt();
        let y = x * leaves[1].clone().reshape([1, channels]) + leaves[2].clone().reshape([1, channels]);
        let y = y.flatten(0, 1);
        if relu { plain_relu(y) } else { y }
    }

    fn statistic(x: &Tensor<2>, value: f64) -> Tensor<2> {
        Tensor::ones([1, x.dims()[1]], &x.device()) * value
    }

    fn fast(leaves: &[Tensor<1>], [rows, channels]: [usize; 2], relu: bool, given: bool) -> Tensor<1> {
        let x = leaves[0].clone().reshape([rows, channels]);
        let y = if given {
            let [mean, variance] = [0.3, 0.7].map(|value| statistic(&x, value).reshape([channels]));
            batch_norm_with(&x, [&leaves[1], &leaves[2]], [&mean, &variance], EPSILON, relu).unwrap()
        } else {
            batch_norm(&x, &leaves[1], &leaves[2], EPSILON, relu).unwrap().output
        };
        y.flatten(0, 1)
    }

    #[track_caller]
    fn agrees(sizes: [usize; 2], relu: bool, given: bool) {
        let lengths = [sizes[0] * sizes[1], sizes[1], sizes[1]];
        same(&lengths, |leaves| fast(leaves, sizes, relu, given), |leaves| plain(leaves, sizes, relu, given));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(rows in 1..200_usize, channels in 1..80_usize, relu: bool, given: bool) {
            agrees([rows, channels], relu, given);
        }
    }

    #[test]
    fn large_batches_are_split_over_the_threads() {
        for sizes in [[5000, 16], [1111, 33], [70_000, 1], [40, 1025]] {
            agrees(sizes, true, false);
            agrees(sizes, false, true);
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for given in [false, true] {
            follows_its_derivative(&[35, 5, 5], |leaves| fast(leaves, [7, 5], false, given));
        }
    }

    #[test]
    fn statistics_are_those_of_the_batch() {
        let x = Tensor::<2>::from_floats([[1.0, 10.0], [3.0, 30.0]], &burn::tensor::Device::flex());
        let one = Tensor::<1>::from_floats([1.0, 1.0], &x.device());
        let batch = batch_norm(&x, &one, &one, 0.0, false).unwrap();
        assert_eq!(batch.mean.into_data().try_to_vec::<f32>().unwrap(), [2.0, 20.0]);
        assert_eq!(batch.variance.into_data().try_to_vec::<f32>().unwrap(), [1.0, 100.0]);
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        let x = Tensor::<2>::from_floats([[f32::NAN], [3.0]], &burn::tensor::Device::flex());
        let one = Tensor::<1>::from_floats([1.0], &x.device());
        let y = batch_norm(&x, &one, &one, 0.0, true).unwrap().output;
        assert!(y.into_data().try_to_vec::<f32>().unwrap().iter().all(|y| y.is_nan()));
    }

    #[test]
    fn an_empty_batch_has_no_fast_way() {
        let x = Tensor::<2>::zeros([0, 2], &burn::tensor::Device::flex());
        let one = Tensor::<1>::ones([2], &x.device());
        assert!(batch_norm(&x, &one, &one, 0.0, false).is_none());
    }
}
