//! Dense layers.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::buffer::{tensor, values};
use crate::flex::loops::{column_sums, gradient_of_relu};
use crate::flex::product::{Epilogue, Matrix, product};
use crate::flex::weighted::{self, Saved, Weighted};

pub(crate) fn dense<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<2>,
    bias: Option<&Tensor<1>>,
    relu: bool,
) -> Option<Tensor<D>> {
    weighted::run(Dense { relu }, x, kernel, bias)
}

#[derive(Clone, Copy, Debug)]
struct Dense {
    relu: bool,
}

impl Weighted for Dense {
    fn relu(&self) -> bool {
        self.relu
    }

    fn compute(&self, x: &FlexTensor, kernel: &FlexTensor, bias: Option<&FlexTensor>, _: bool) -> FlexTensor {
        let [features, units] = sizes(kernel);
        let mut shape = x.shape();
        let last = shape.num_dims() - 1;
        shape[last] = units;
        let samples = shape.num_elements() / units.max(1);
        tensor(shape, |y| {
            let epilogue = Epilogue { bias: bias.map(values), relu: self.relu };
            let (x, kernel) = (Matrix::row_major(values(x), features), Matrix::row_major(values(kernel), units));
            product(y, samples, features, x, kernel, epilogue);
        })
    }

    fn gradients(&self, (x, kernel, y): Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let [features, units] = sizes(&kernel);
        let samples = x.shape().num_elements() / features.max(1);
        let gradient = match &y {
            Some(y) => gradient_of_relu(&gradient, y),
            None => gradient,
        };
        let by_y = Matrix::row_major(values(&gradient), units);
        let by_x = wanted[0].then(|| {
            let kernel = Matrix::row_major(values(&kernel), units).transposed();
            tensor(x.shape(), |by_x| product(by_x, samples, units, by_y, kernel, Epilogue::default()))
        });
        let by_kernel = wanted[1].then(|| {
            let x = Matrix::row_major(values(&x), features).transposed();
            tensor([features, units], |by_kernel| product(by_kernel, features, samples, x, by_y, Epilogue::default()))
        });
        let by_bias = wanted[2].then(|| tensor([units], |by_bias| column_sums(values(&gradient), by_bias)));
        [by_x, by_kernel, by_bias]
    }
}

fn sizes(x: &FlexTensor) -> [usize; 2] {
    let shape = x.shape();
    [shape[0], shape[1]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, plain_relu, same};
    use proptest::prelude::*;

    fn plain(leaves: &[Tensor<1>], [samples, features, units]: [usize; 3], bias: bool, relu: bool) -> Tensor<2> {
        let x = leaves[0].clone().reshape([samples, features]);
        let mut y = x.matmul(leaves[1].clone().reshape([features, units]));
        if bias {
            y = y + leaves[2].clone().reshape([1, units]);
        }
        if relu { plain_relu(y) } else { y }
    }

    fn fast(leaves: &[Tensor<1>], [samples, features, units]: [usize; 3], bias: bool, relu: bool) -> Tensor<2> {
        let (x, kernel) =
            (leaves[0].clone().reshape([samples, features]), leaves[1].clone().reshape([features, units]));
        dense(&x, &kernel, bias.then_some(&leaves[2]), relu).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(
            samples in 0..40_usize, features in 1..70_usize, units in 1..70_usize, bias: bool, relu: bool,
        ) {
            let sizes = [samples, features, units];
            same(
                &[samples * features, features * units, units],
                |leaves| fast(leaves, sizes, bias, relu).flatten(0, 1),
                |leaves| plain(leaves, sizes, bias, relu).flatten(0, 1),
            );
        }
    }

    #[test]
    fn large_products_are_split_over_the_threads() {
        for sizes in [[256, 300, 128], [8, 2048, 1024], [9, 1000, 999]] {
            same(
                &[sizes[0] * sizes[1], sizes[1] * sizes[2], sizes[2]],
                |leaves| fast(leaves, sizes, true, true).flatten(0, 1),
                |leaves| plain(leaves, sizes, true, true).flatten(0, 1),
            );
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let sizes = [5, 7, 3];
        follows_its_derivative(&[35, 21, 3], |leaves| fast(leaves, sizes, true, false).flatten(0, 1));
    }
}
