//! Dense layers one after the other, as one operation.
//!
//! Each thread takes its samples through all layers, so that the threads wait for each other once, and not after each
//! product. In the backward pass, they do so for the gradients by the samples; the gradients by the kernels are then
//! split by the features, so that each number is added up by one thread, in the order of the samples.

use std::ops::Range;

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DispatchTensor, Tensor};

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{Scratch, values};
use crate::flex::loops::add_column_sums;
use crate::flex::product::{Epilogue, Matrix, WORTH_A_THREAD, chunks, product_here};
use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, split_if};
use crate::types::dense_layer::DenseLayer;

/// So many samples go through all layers before the next: what a layer gives is in the cache when the next one reads it.
const SAMPLES_AT_ONCE: usize = 112;

/// Features are split over the threads in so many shares.
const SHARES: usize = 64;

/// The result of the layers, if there are at most four.
pub(crate) fn dense_stack<const D: usize>(x: &Tensor<D>, layers: &[DenseLayer]) -> Option<Tensor<D>> {
    let stack = Stack { relus: layers.iter().map(|layer| layer.relu).collect() };
    let mut operands = Vec::with_capacity(1 + 2 * layers.len());
    operands.push(operand(x)?);
    for layer in layers {
        operands.extend([operand(&layer.kernel)?, operand(&layer.bias)?]);
    }
    match layers.len() {
        1 => Some(run::<3, D>(stack, operands)),
        2 => Some(run::<5, D>(stack, operands)),
        3 => Some(run::<7, D>(stack, operands)),
        4 => Some(run::<9, D>(stack, operands)),
        _ => None,
    }
}

fn run<const N: usize, const D: usize>(stack: Stack, operands: Vec<DispatchTensor>) -> Tensor<D>
where
    Stack: Run<N>,
{
    stack.run(operands.try_into().expect("an input, and a kernel and a bias for each layer"))
}

/// The operation. Its operands are the input, and the kernel and the bias of each layer.
#[derive(Clone, Debug)]
struct Stack {
    /// Does relu follow the layer?
    relus: Vec<bool>,
}

/// A layer with its weights.
#[derive(Clone, Copy)]
struct Layer<'a> {
    features: usize,
    units: usize,
    kernel: &'a [f32],
    bias: &'a [f32],
    relu: bool,
}

impl Layer<'_> {
    /// Writes the results for some samples.
    fn forward(&self, x: &[f32], y: &mut [f32]) {
        let samples = y.len() / self.units;
        let (x, kernel) = (Matrix::row_major(x, self.features), Matrix::row_major(self.kernel, self.units));
        product_here(y, samples, self.features, x, kernel, Epilogue { bias: Some(self.bias), relu: self.relu });
    }

    /// Writes the gradients by the samples, from those by the results before relu.
    fn by_x(&self, by_y: &[f32], by_x: &mut [f32]) {
        let samples = by_x.len() / self.features;
        let kernel = Matrix::row_major(self.kernel, self.units).transposed();
        product_here(by_x, samples, self.units, Matrix::row_major(by_y, self.units), kernel, Epilogue::default());
    }

    /// Writes the gradients by the rows of the kernel for some features.
    fn by_kernel(&self, x: &[f32], by_y: &[f32], features: &Range<usize>, by_kernel: &mut [f32]) {
        let samples = by_y.len() / self.units;
        let x = Matrix::row_major(x, self.features).transposed().from(features.start, 0);
        let by_y = Matrix::row_major(by_y, self.units);
        product_here(by_kernel, features.len(), samples, x, by_y, Epilogue::default());
    }

    /// Writes the gradients by the bias for some units.
    fn by_bias(&self, by_y: &[f32], units: &Range<usize>, by_bias: &mut [f32]) {
        by_bias.fill(0.0);
        add_column_sums(by_y, self.units, units.start, by_bias);
    }
}

impl Stack {
    fn layers<'a>(&self, operands: &'a [FlexTensor]) -> Vec<Layer<'a>> {
        let weights = operands[1..].chunks_exact(2);
        let layers = weights.zip(&self.relus).map(|(weights, &relu)| {
            let shape = weights[0].shape();
            let (kernel, bias) = (values(&weights[0]), values(&weights[1]));
            Layer { features: shape[0], units: shape[1], kernel, bias, relu }
        });
        layers.collect()
    }
}

/// The multiplications of a pass through the layers.
fn work(samples: usize, layers: &[Layer]) -> usize {
    layers.iter().fold(0, |sum: usize, layer| sum.saturating_add(samples.saturating_mul(layer.kernel.len())))
}

/// The results of all layers, or of the last one: then the others are empty.
fn forward(layers: &[Layer], x: &[f32], samples: usize, all: bool) -> Vec<Scratch> {
    let last = layers.len() - 1;
    let len = |(at, layer): (usize, &Layer)| if all || at == last { samples * layer.units } else { 0 };
    let mut results: Vec<Scratch> = layers.iter().enumerate().map(|layer| Scratch::new(len(layer))).collect();
    let shared: Vec<Shared<f32>> = results.iter_mut().map(|result| Shared::new(result.values())).collect();
    split_if(work(samples, layers) >= WORTH_A_THREAD, samples, |_, range| {
        // What nobody asks for later stays in memory of the thread.
        let between = if all { &layers[..0] } else { &layers[..last] };
        let at_once = range.len().min(SAMPLES_AT_ONCE);
        let mut between: Vec<Scratch> = between.iter().map(|layer| Scratch::new(at_once * layer.units)).collect();
        for samples in chunks(range, SAMPLES_AT_ONCE) {
            let mut between = between.iter_mut();
            let mut x = &x[samples.start * layers[0].features..samples.end * layers[0].features];
            for (layer, shared) in layers.iter().zip(&shared) {
                let y = match between.next() {
                    Some(between) => &mut between.values()[..samples.len() * layer.units],
                    // SAFETY: the threads have different samples.
                    None => unsafe { shared.slice(samples.start * layer.units..samples.end * layer.units) },
                };
                layer.forward(x, y);
                x = y;
            }
        }
    });
    results
}

/// Writes the gradient of relu, where its result is positive; all of it without relu.
fn through_relu(gradient: &mut [f32], y: Option<&[f32]>) {
    let Some(y) = y else { return };
    vectorize(
        #[inline(always)]
        || {
            for (gradient, y) in gradient.iter_mut().zip(y) {
                *gradient = if *y > 0.0 { *gradient } else { 0.0 };
            }
        },
    );
}

impl<const N: usize> Kernel<N> for Stack {
    /// The operands, and the results of all layers.
    type Saved = ([FlexTensor; N], Vec<FlexTensor>);

    fn forward(&self, operands: [FlexTensor; N], tracked: bool) -> (FlexTensor, Option<Self::Saved>) {
        let layers = self.layers(&operands);
        let mut shape = operands[0].shape();
        let axis = shape.num_dims() - 1;
        let samples = shape.num_elements() / layers[0].features.max(1);
        let mut results = Vec::with_capacity(layers.len());
        for (layer, result) in layers.iter().zip(forward(&layers, values(&operands[0]), samples, tracked)) {
            shape[axis] = layer.units;
            results.push((result, shape.clone()));
        }
        let (y, shape) = results.pop().expect("a stack has layers");
        let y = y.into_tensor(shape);
        if !tracked {
            return (y, None);
        }
        let mut results: Vec<FlexTensor> = results.into_iter().map(|(y, shape)| y.into_tensor(shape)).collect();
        results.push(y.clone());
        (y, Some((operands, results)))
    }

    fn backward(
        &self,
        (operands, results): Self::Saved,
        gradient: FlexTensor,
        wanted: [bool; N],
    ) -> [Option<FlexTensor>; N] {
        let layers = self.layers(&operands);
        let samples = gradient.shape().num_elements() / layers[layers.len() - 1].units.max(1);
        let is_wanted = |layer: usize| wanted[1 + 2 * layer] || wanted[2 + 2 * layer];
        // Nothing is asked of the layers before this one.
        let first = if wanted[0] { 0 } else { (0..layers.len()).find(|&layer| is_wanted(layer)).unwrap_or(0) };
        let inputs: Vec<&[f32]> = operands[..1].iter().chain(&results).map(values).collect();
        let place = |at: usize| {
            let shape = operands[at].shape();
            wanted[at].then(|| (Scratch::new(shape.num_elements()), shape))
        };
        let mut gradients: [Option<_>; N] = std::array::from_fn(place);
        let shared = gradients.each_mut().map(|place| place.as_mut().map(|(place, _)| Shared::new(place.values())));
        let by_x = shared[0];

        // From the last layer to the first: the gradients by what each gives before relu.
        let mut by_results: Vec<Scratch> =
            layers[first..].iter().map(|layer| Scratch::new(samples * layer.units)).collect();
        let by_y: Vec<Shared<f32>> = by_results.iter_mut().map(|by_y| Shared::new(by_y.values())).collect();
        let after_first = &layers[if wanted[0] { 0 } else { first + 1 }..];
        split_if(work(samples, after_first) >= WORTH_A_THREAD, samples, |_, range| {
            let here = |units: usize| range.start * units..range.end * units;
            for (at, layer) in layers.iter().enumerate().skip(first).rev() {
                // SAFETY: the threads have different samples.
                let gradients = unsafe { by_y[at - first].slice(here(layer.units)) };
                match layers.get(at + 1) {
                    None => gradients.copy_from_slice(&values(&gradient)[here(layer.units)]),
                    // SAFETY: as above, and this is another layer.
                    Some(next) => next.by_x(unsafe { by_y[at + 1 - first].slice(here(next.units)) }, gradients),
                }
                through_relu(gradients, layer.relu.then(|| &inputs[at + 1][here(layer.units)]));
            }
            if let Some(by_x) = by_x {
                // SAFETY: as above; the first layer's gradients are written.
                let (by_y, by_x) =
                    unsafe { (by_y[0].slice(here(layers[0].units)), by_x.slice(here(layers[0].features))) };
                layers[0].by_x(by_y, by_x);
            }
        });

        let by_results: Vec<&[f32]> = by_results.iter_mut().map(|by_y| &*by_y.values()).collect();
        split_if(work(samples, &layers[first..]) >= WORTH_A_THREAD, SHARES, |_, shares| {
            let share = |n: usize| shares.start * n / SHARES..shares.end * n / SHARES;
            for (at, layer) in layers.iter().enumerate().skip(first) {
                let by_y = by_results[at - first];
                if let Some(by_kernel) = shared[1 + 2 * at] {
                    let features = share(layer.features);
                    // SAFETY: the threads have different features.
                    let by_kernel =
                        unsafe { by_kernel.slice(features.start * layer.units..features.end * layer.units) };
                    layer.by_kernel(inputs[at], by_y, &features, by_kernel);
                }
                if let Some(by_bias) = shared[2 + 2 * at] {
                    let units = share(layer.units);
                    // SAFETY: the threads have different units.
                    layer.by_bias(by_y, &units, unsafe { by_bias.slice(units.clone()) });
                }
            }
        });
        gradients.map(|gradient| gradient.map(|(values, shape)| values.into_tensor(shape)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{close, follows_its_derivative, numbers, plain_relu, same};
    use proptest::prelude::*;

    /// The number of values in the input, and in the kernel and the bias of each layer, for the sizes of all rows.
    fn lengths(samples: usize, sizes: &[usize]) -> Vec<usize> {
        let weights = sizes.windows(2).flat_map(|pair| [pair[0] * pair[1], pair[1]]);
        std::iter::once(samples * sizes[0]).chain(weights).collect()
    }

    fn layers(leaves: &[Tensor<1>], sizes: &[usize], relus: &[bool]) -> Vec<DenseLayer> {
        let weights = leaves[1..].chunks_exact(2).zip(sizes.windows(2)).zip(relus);
        weights
            .map(|((weights, pair), &relu)| DenseLayer {
                kernel: weights[0].clone().reshape([pair[0], pair[1]]),
                bias: weights[1].clone(),
                relu,
            })
            .collect()
    }

    fn plain(x: Tensor<2>, layers: &[DenseLayer]) -> Tensor<2> {
        layers.iter().fold(x, |x, layer| {
            let y = x.matmul(layer.kernel.clone()) + layer.bias.clone().unsqueeze();
            if layer.relu { plain_relu(y) } else { y }
        })
    }

    fn compare(samples: usize, sizes: &[usize], relus: &[bool], frozen: &[usize]) {
        let of = |leaves: &[Tensor<1>], run: &dyn Fn(Tensor<2>, &[DenseLayer]) -> Tensor<2>| {
            let mut leaves = leaves.to_vec();
            frozen.iter().for_each(|&at| leaves[at] = leaves[at].clone().detach().set_require_grad(false));
            let x = leaves[0].clone().reshape([samples, sizes[0]]);
            run(x, &layers(&leaves, sizes, relus)).flatten(0, 1)
        };
        same(
            &lengths(samples, sizes),
            |leaves| of(leaves, &|x, layers| dense_stack(&x, layers).unwrap()),
            |leaves| of(leaves, &plain),
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(
            samples in 0..40_usize,
            sizes in prop::collection::vec(1..50_usize, 2..6),
            relus in prop::collection::vec(any::<bool>(), 4),
            frozen in prop::collection::vec(0..3_usize, 0..3),
        ) {
            compare(samples, &sizes, &relus[..sizes.len() - 1], &frozen);
        }
    }

    #[test]
    fn so_it_does_split_over_the_threads() {
        for frozen in [&[][..], &[0], &[0, 1, 2], &[3, 4]] {
            compare(301, &[300, 128, 90, 10], &[true, true, false], frozen);
        }
    }

    #[test]
    fn prediction_gives_the_same_as_training() {
        let sizes = [30, 128, 70, 64, 10];
        for samples in [0, 1, 2, 111, 700] {
            let leaf = |(len, seed)| Tensor::<1>::from_data(&numbers(len, seed)[..], &Default::default());
            let leaves: Vec<Tensor<1>> = lengths(samples, &sizes).into_iter().zip(1..).map(leaf).collect();
            let layers = layers(&leaves, &sizes, &[true, false, true, false]);
            let x = leaves[0].clone().reshape([samples, sizes[0]]);
            let listed = |y: Tensor<2>| y.into_data().try_to_vec::<f32>().unwrap();
            close("the result", &listed(dense_stack(&x, &layers).unwrap()), &listed(plain(x, &layers)));
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let sizes = [7, 5, 3];
        follows_its_derivative(&lengths(6, &sizes), |leaves| {
            let x = leaves[0].clone().reshape([6, 7]);
            dense_stack(&x, &layers(leaves, &sizes, &[false, false])).unwrap().flatten(0, 1)
        });
    }
}
