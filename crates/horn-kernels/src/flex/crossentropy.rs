//! The crossentropy of logits.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{DType, Int, Tensor};

use crate::flex::apply::{Kernel, Run, constant, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::loops::each_row;
use crate::flex::softmax::softmax_in_place;
use crate::flex::threads::Shared;

pub(crate) fn sparse(labels: &Tensor<1, Int>, logits: &Tensor<2>) -> Option<Tensor<1>> {
    let [rows, classes] = logits.dims();
    let logits = operand(logits)?;
    let labels = class_numbers(labels, classes)?;
    (labels.len() == rows).then(|| Crossentropy { targets: Targets::Classes(labels.into()) }.run([logits]))
}

pub(crate) fn dense(targets: &Tensor<2>, logits: &Tensor<2>) -> Option<Tensor<1>> {
    let same = targets.dims() == logits.dims();
    let (targets, logits) = (constant(targets)?, operand(logits)?);
    same.then(|| Crossentropy { targets: Targets::Probabilities(targets) }.run([logits]))
}

/// The labels, if all are class numbers.
fn class_numbers(labels: &Tensor<1, Int>, classes: usize) -> Option<Vec<usize>> {
    let labels = labels.clone().try_into_primitive::<Flex>().ok()?.to_contiguous();
    let number = |label: i64| usize::try_from(label).ok().filter(|&label| label < classes);
    match labels.dtype() {
        DType::I64 => labels.as_slice::<i64>()?.iter().map(|&label| number(label)).collect(),
        DType::I32 => labels.as_slice::<i32>()?.iter().map(|&label| number(label.into())).collect(),
        _ => None,
    }
}

#[derive(Clone, Debug)]
struct Crossentropy {
    targets: Targets,
}

#[derive(Clone, Debug)]
enum Targets {
    Classes(Arc<[usize]>),
    Probabilities(FlexTensor),
}

impl Kernel<1> for Crossentropy {
    /// The softmax of the logits.
    type Saved = FlexTensor;

    fn forward(&self, [logits]: [FlexTensor; 1], _: bool) -> (FlexTensor, Option<FlexTensor>) {
        let (rows, classes) = (logits.shape()[0], logits.shape()[1]);
        let mut probabilities = None;
        let losses = tensor([rows], |losses| {
            probabilities = Some(tensor([rows, classes], |probabilities| {
                let (losses, probabilities) = (Shared::new(losses), Shared::new(probabilities));
                each_row(
                    rows,
                    classes,
                    #[inline(always)]
                    |row, range| {
                        let logits = &values(&logits)[range.clone()];
                        // SAFETY: each row is taken by one thread.
                        let (loss, probabilities) =
                            unsafe { (losses.slice(row..row + 1), probabilities.slice(range.clone())) };
                        probabilities.copy_from_slice(logits);
                        // The two are not added, which would round small differences between large logits.
                        let (largest, sum) = softmax_in_place(probabilities);
                        let logarithm = sum.ln();
                        let loss_of = |logit: f32| logarithm - (logit - largest);
                        loss[0] = match &self.targets {
                            Targets::Classes(labels) => loss_of(logits[labels[row]]),
                            Targets::Probabilities(targets) => {
                                let targets = &values(targets)[range];
                                targets.iter().zip(logits).map(|(target, logit)| target * loss_of(*logit)).sum()
                            }
                        };
                    },
                );
            }));
        });
        (losses, probabilities)
    }

    fn backward(&self, probabilities: FlexTensor, gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let (rows, classes) = (probabilities.shape()[0], probabilities.shape()[1]);
        let (probabilities, gradient) = (values(&probabilities), values(&gradient));
        let by_logits = tensor([rows, classes], |by_logits| {
            let by_logits = Shared::new(by_logits);
            each_row(
                rows,
                classes,
                #[inline(always)]
                |row, range| {
                    // SAFETY: each row is taken by one thread.
                    let by_logits = unsafe { by_logits.slice(range.clone()) };
                    let probabilities = &probabilities[range.clone()];
                    match &self.targets {
                        Targets::Classes(labels) => {
                            for (by_logit, probability) in by_logits.iter_mut().zip(probabilities) {
                                *by_logit = gradient[row] * probability;
                            }
                            by_logits[labels[row]] -= gradient[row];
                        }
                        Targets::Probabilities(targets) => {
                            let targets = &values(targets)[range];
                            let total: f32 = targets.iter().sum();
                            for ((by_logit, probability), target) in
                                by_logits.iter_mut().zip(probabilities).zip(targets)
                            {
                                *by_logit = gradient[row] * (probability * total - target);
                            }
                        }
                    }
                },
            );
        });
        [Some(by_logits)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, numbers, same};
    use burn::tensor::{Device, TensorData, activation};
    use proptest::prelude::*;

    fn labels(rows: usize, classes: usize) -> Tensor<1, Int> {
        let labels: Vec<i64> = (0..rows).map(|row| (row * 7 % classes) as i64).collect();
        Tensor::from_data(TensorData::new(labels, [rows]), &Device::flex())
    }

    fn probabilities(rows: usize, classes: usize) -> Tensor<2> {
        let values = numbers(rows * classes, 5).into_iter().map(f32::abs).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(values, [rows, classes]), &Device::flex())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(rows in 0..40_usize, classes in 1..70_usize) {
            let logits = |leaves: &[Tensor<1>]| leaves[0].clone().reshape([rows, classes]) * 5.0;
            same(
                &[rows * classes],
                |leaves| sparse(&labels(rows, classes), &logits(leaves)).unwrap(),
                |leaves| {
                    let picked = labels(rows, classes).unsqueeze_dim::<2>(1);
                    activation::log_softmax(logits(leaves), 1).gather(1, picked).neg().reshape([rows])
                },
            );
            same(
                &[rows * classes],
                |leaves| dense(&probabilities(rows, classes), &logits(leaves)).unwrap(),
                |leaves| {
                    let targets = Tensor::from_inner(probabilities(rows, classes));
                    (activation::log_softmax(logits(leaves), 1) * targets).sum_dim(1).neg().reshape([rows])
                },
            );
        }
    }

    #[test]
    fn many_rows_are_split_over_the_threads() {
        same(
            &[5000 * 10],
            |leaves| sparse(&labels(5000, 10), &leaves[0].clone().reshape([5000, 10])).unwrap(),
            |leaves| {
                let picked = labels(5000, 10).unsqueeze_dim::<2>(1);
                activation::log_softmax(leaves[0].clone().reshape([5000, 10]), 1)
                    .gather(1, picked)
                    .neg()
                    .reshape([5000])
            },
        );
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        follows_its_derivative(&[12], |leaves| sparse(&labels(3, 4), &leaves[0].clone().reshape([3, 4])).unwrap());
    }

    #[test]
    fn large_logits_stay_exact_and_wrong_labels_are_refused() {
        let logits = Tensor::<2>::from_data([[1e4, 0.0, -1e4]], &Device::flex());
        let loss = |label: i64| sparse(&Tensor::from_data([label], &Device::flex()), &logits);
        assert_eq!(loss(1).unwrap().into_scalar::<f32>(), 1e4);
        assert_eq!(loss(0).unwrap().into_scalar::<f32>(), 0.0);
        assert!(loss(3).is_none() && loss(-1).is_none());
    }
}
