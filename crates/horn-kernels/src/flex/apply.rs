//! How an operation becomes one of Burn's, with gradients.
//!
//! An operation is a [`Kernel`]: its forward and its backward pass on tensors of the CPU backend. [`Fused`] adds kernels
//! to Burn's dispatch, which calls [`Flex`] where no gradients are asked for, and [`Autodiff`] where they are.

use std::fmt::Debug;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, Backend, BackendTensor, Dispatch, DispatchTensor, DispatchTensorKind, Flex, backend_extension,
};
use burn::tensor::{DType, Tensor};

use crate::switch::enabled;

/// An operation on `N` tensors. Its fields are its options, and tensors without gradients.
///
/// All tensors that it gets are float32 and in row-major order.
pub(crate) trait Kernel<const N: usize>: Clone + Debug + Send + Sync + 'static {
    /// What the backward pass needs. Clones of tensors share their memory.
    type Saved: Clone + Debug + Send + 'static;

    /// The result, and what the backward pass needs if there will be one (`tracked`).
    fn forward(&self, operands: [FlexTensor; N], tracked: bool) -> (FlexTensor, Option<Self::Saved>);

    /// The gradients by the operands, of those that are `wanted`, from the gradient by the result.
    fn backward(&self, saved: Self::Saved, gradient: FlexTensor, wanted: [bool; N]) -> [Option<FlexTensor>; N];
}

/// A tensor as an operand: `None` if kernels are switched off, or the tensor is of another backend or type.
pub(crate) fn operand<const D: usize>(x: &Tensor<D>) -> Option<DispatchTensor> {
    if !enabled() {
        return None;
    }
    let tensor = x.clone().into_dispatch();
    let kind = match &tensor.kind {
        DispatchTensorKind::Autodiff(inner) => inner.as_ref(),
        kind => kind,
    };
    match kind {
        DispatchTensorKind::Flex(BackendTensor::Float(x)) if x.dtype() == DType::F32 => Some(tensor),
        DispatchTensorKind::Flex(BackendTensor::Autodiff(x)) if x.primitive().dtype() == DType::F32 => Some(tensor),
        _ => None,
    }
}

/// The values of a tensor that gets no gradient, as a field of a kernel: `None` also if it is to get one.
pub(crate) fn constant<const D: usize>(x: &Tensor<D>) -> Option<FlexTensor> {
    operand(x)?;
    if x.is_tracked() {
        return None;
    }
    x.clone().without_autodiff().try_into_primitive::<Flex>().ok().map(row_major)
}

/// A tensor of a result that has no gradient, such as the statistics of a batch.
pub(crate) fn untracked<const D: usize>(x: FlexTensor) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(x)
}

/// The tensor with its values in row-major order.
pub(crate) fn row_major(x: FlexTensor) -> FlexTensor {
    if x.is_contiguous() { x } else { x.to_contiguous() }
}

fn untracked_run<K: Kernel<N>, const N: usize>(operands: [FlexTensor; N], kernel: K) -> FlexTensor {
    kernel.forward(operands.map(row_major), false).0
}

fn tracked_run<K: Kernel<N>, C: CheckpointStrategy, const N: usize>(
    operands: [FloatTensor<Autodiff<Flex, C>>; N],
    kernel: K,
) -> FloatTensor<Autodiff<Flex, C>> {
    let guards = operands.each_ref().map(|operand| operand.node());
    let operands = operands.map(|operand| row_major(operand.into_primitive()));
    match Step(kernel.clone()).prepare::<C>(guards).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let (y, saved) = kernel.forward(operands, true);
            step.finish(saved.expect("a tracked forward pass saves what the backward pass needs"), y)
        }
        OpsKind::UnTracked(step) => step.finish(kernel.forward(operands, false).0),
    }
}

/// The backward pass of a kernel as a step of Burn's graph.
#[derive(Debug)]
struct Step<K>(K);

impl<K: Kernel<N>, const N: usize> Backward<Flex, N> for Step<K> {
    type State = K::Saved;

    fn backward(self, ops: Ops<K::Saved, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = row_major(grads.consume::<Flex>(&ops.node));
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients = self.0.backward(ops.state, gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

/// Runs a kernel on [operands](operand).
pub(crate) trait Run<const N: usize>: Kernel<N> {
    fn run<const D: usize>(self, operands: [DispatchTensor; N]) -> Tensor<D>;
}

/// Writes all that stands for each number of operands.
macro_rules! numbers_of_operands {
    ($($name:ident $n:tt: $($operand:ident)+;)+) => {
        /// Kernels by their number of operands: Burn's macro takes each tensor as an argument of its own.
        #[backend_extension(Flex, Autodiff)]
        pub(crate) trait Fused: Backend {$(
            fn $name<K: Kernel<$n>>($($operand: FloatTensor<Self>,)+ kernel: K) -> FloatTensor<Self>;
        )+}

        impl Fused for Flex {$(
            fn $name<K: Kernel<$n>>($($operand: FloatTensor<Self>,)+ kernel: K) -> FloatTensor<Self> {
                untracked_run([$($operand),+], kernel)
            }
        )+}

        impl<C: CheckpointStrategy> Fused for Autodiff<Flex, C> {$(
            fn $name<K: Kernel<$n>>($($operand: FloatTensor<Self>,)+ kernel: K) -> FloatTensor<Self> {
                tracked_run::<K, C, $n>([$($operand),+], kernel)
            }
        )+}

        $(impl<K: Kernel<$n>> Run<$n> for K {
            fn run<const D: usize>(self, [$($operand),+]: [DispatchTensor; $n]) -> Tensor<D> {
                Tensor::from_dispatch(Dispatch::$name($($operand,)+ self))
            }
        })+
    };
}

numbers_of_operands! {
    fused_1 1: a;
    fused_2 2: a b;
    fused_3 3: a b c;
    fused_4 4: a b c d;
    fused_5 5: a b c d e;
    fused_6 6: a b c d e f;
    fused_7 7: a b c d e f g;
    fused_9 9: a b c d e f g h i;
}
