//! The mean of squared differences, in one pass over the values, and its gradient in another.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::lanes::sum_of_pairs;
use crate::flex::loops::each_row;
use crate::flex::threads::Shared;

pub(crate) fn mean_squared_error(y_true: &Tensor<2>, y_pred: &Tensor<2>) -> Option<Tensor<1>> {
    let fits = y_true.dims() == y_pred.dims() && y_pred.dims()[1] > 0;
    let operands = [operand(y_true)?, operand(y_pred)?];
    fits.then(|| SquaredError.run(operands))
}

#[derive(Clone, Debug)]
struct SquaredError;

impl Kernel<2> for SquaredError {
    type Saved = [FlexTensor; 2];

    fn forward(&self, [y_true, y_pred]: [FlexTensor; 2], _: bool) -> (FlexTensor, Option<Self::Saved>) {
        let [rows, features] = [y_pred.shape()[0], y_pred.shape()[1]];
        let share = 1.0 / features as f32;
        let means = tensor([rows], |means| {
            let (a, b, means) = (values(&y_true), values(&y_pred), Shared::new(means));
            each_row(
                rows,
                features,
                #[inline(always)]
                |row, range| {
                    // SAFETY: each row is taken by one thread.
                    let mean = unsafe { means.slice(row..row + 1) };
                    mean[0] = share * sum_of_pairs(&a[range.clone()], &b[range], |a, b| (a - b) * (a - b));
                },
            );
        });
        (means, Some([y_true, y_pred]))
    }

    fn backward(
        &self,
        [y_true, y_pred]: Self::Saved,
        gradient: FlexTensor,
        wanted: [bool; 2],
    ) -> [Option<FlexTensor>; 2] {
        let [by_true, by_pred] = wanted;
        [by_true.then(|| by_first(&y_true, &y_pred, &gradient)), by_pred.then(|| by_first(&y_pred, &y_true, &gradient))]
    }
}

/// The gradient by the first of the two: `2 (a - b) / features` times that of the row.
fn by_first(a: &FlexTensor, b: &FlexTensor, gradient: &FlexTensor) -> FlexTensor {
    let [rows, features] = [a.shape()[0], a.shape()[1]];
    let share = 2.0 / features as f32;
    tensor([rows, features], |by_a| {
        let (a, b, gradient, by_a) = (values(a), values(b), values(gradient), Shared::new(by_a));
        each_row(
            rows,
            features,
            #[inline(always)]
            |row, range| {
                let scale = share * gradient[row];
                // SAFETY: each row is taken by one thread.
                let by_a = unsafe { by_a.slice(range.clone()) };
                for ((a, b), by_a) in a[range.clone()].iter().zip(&b[range]).zip(by_a) {
                    *by_a = scale * (a - b);
                }
            },
        );
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::flex::testing::{follows_its_derivative, same};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_mean_by_burns_operations(rows in 0..40_usize, features in 1..70_usize) {
            let reshaped = |leaves: &[Tensor<1>]| [0, 1].map(|at| leaves[at].clone().reshape([rows, features]));
            same(
                &[rows * features; 2],
                |leaves| {
                    let [y_true, y_pred] = reshaped(leaves);
                    mean_squared_error(&y_true, &y_pred).unwrap()
                },
                |leaves| {
                    let [y_true, y_pred] = reshaped(leaves);
                    (y_true - y_pred).square().mean_dim(1).squeeze_dim(1)
                },
            );
        }
    }

    #[test]
    fn many_rows_are_split_over_the_threads() {
        let reshaped = |leaves: &[Tensor<1>]| [0, 1].map(|at| leaves[at].clone().reshape([700, 101]));
        follows_its_derivative(&[700 * 101; 2], |leaves| {
            let [y_true, y_pred] = reshaped(leaves);
            mean_squared_error(&y_true, &y_pred).unwrap()
        });
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_plain_path() {
        let zeros = |sizes: [usize; 2]| Tensor::<2>::zeros(sizes, &Device::flex());
        assert!(mean_squared_error(&zeros([2, 3]), &zeros([2, 3])).is_some());
        for (y_true, y_pred) in [([2, 1], [2, 3]), ([1, 3], [2, 3]), ([2, 0], [2, 0])] {
            assert!(mean_squared_error(&zeros(y_true), &zeros(y_pred)).is_none());
        }
    }
}
