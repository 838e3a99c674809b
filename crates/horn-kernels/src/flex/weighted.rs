//! Operations on an input with a kernel and, where there is one, a bias, and relu at the end: dense layers, convolutions.

use std::fmt::Debug;

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};

/// Such an operation. Its fields are its options.
pub(crate) trait Weighted: Clone + Debug + Send + Sync + 'static {
    /// Is relu applied to the sum?
    fn relu(&self) -> bool;

    /// The result, of a step of training if it is `tracked`.
    fn compute(&self, x: &FlexTensor, kernel: &FlexTensor, bias: Option<&FlexTensor>, tracked: bool) -> FlexTensor;

    /// The gradients by input, kernel and bias, of those that are wanted.
    fn gradients(&self, saved: Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3];
}

/// What the backward pass needs: the input, the kernel, and the result where relu was applied.
pub(crate) type Saved = (FlexTensor, FlexTensor, Option<FlexTensor>);

/// Runs the operation, where the backend has a fast way.
pub(crate) fn run<const D: usize, const K: usize>(
    operation: impl Weighted,
    x: &Tensor<D>,
    kernel: &Tensor<K>,
    bias: Option<&Tensor<1>>,
) -> Option<Tensor<D>> {
    let operation = Operation(operation);
    match bias {
        Some(bias) => Some(operation.run([operand(x)?, operand(kernel)?, operand(bias)?])),
        None => Some(operation.run([operand(x)?, operand(kernel)?])),
    }
}

#[derive(Clone, Debug)]
struct Operation<O>(O);

impl<O: Weighted> Operation<O> {
    fn forward(
        &self,
        x: FlexTensor,
        kernel: FlexTensor,
        bias: Option<&FlexTensor>,
        tracked: bool,
    ) -> (FlexTensor, Option<Saved>) {
        let y = self.0.compute(&x, &kernel, bias, tracked);
        let saved = (x, kernel, self.0.relu().then(|| y.clone()));
        (y, Some(saved))
    }
}

impl<O: Weighted> Kernel<3> for Operation<O> {
    type Saved = Saved;

    fn forward(&self, [x, kernel, bias]: [FlexTensor; 3], tracked: bool) -> (FlexTensor, Option<Saved>) {
        self.forward(x, kernel, Some(&bias), tracked)
    }

    fn backward(&self, saved: Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        self.0.gradients(saved, gradient, wanted)
    }
}

impl<O: Weighted> Kernel<2> for Operation<O> {
    type Saved = Saved;

    fn forward(&self, [x, kernel]: [FlexTensor; 2], tracked: bool) -> (FlexTensor, Option<Saved>) {
        self.forward(x, kernel, None, tracked)
    }

    fn backward(&self, saved: Saved, gradient: FlexTensor, [by_x, by_kernel]: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let [by_x, by_kernel, _] = self.0.gradients(saved, gradient, [by_x, by_kernel, false]);
        [by_x, by_kernel]
    }
}
