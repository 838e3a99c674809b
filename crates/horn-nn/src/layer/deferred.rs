//! Operations that are computed late, so that they can take in what the next layers do.
//!
//! In inference, a batch normalization multiplies each channel of its input by a number and adds one. A convolution before
//! it can do so with its own kernel and bias, which saves a pass over all values, and can apply the relu that follows. It can
//! also pool each image of its result while that is in the cache. So it passes on an operation instead of a tensor. The
//! value is computed when it is first needed.
//!
//! Dense layers do so in training, too: those that follow each other become one operation, through which each thread takes
//! its part of the batch. So the threads wait for each other once, and not after each layer.

use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::linear;
use horn_kernels::{DenseLayer, Pool};

use crate::activations::activation::Activation;
use crate::by_rank;
use crate::error::Result;
use crate::tensor::any_tensor::AnyTensor;
use crate::windows::wide;
use crate::windows::window::Window;

/// An operation that can take in what follows.
pub(crate) trait Defer: fmt::Debug + Send + Sync {
    /// The result for an input, after what follows.
    ///
    /// # Errors
    ///
    /// If the input does not fit.
    fn compute(&self, input: AnyTensor, following: Following) -> Result<AnyTensor>;
}

/// What follows an operation and is computed with it: `pool(activation(y · factor + offset))`, for each channel of its
/// result, the last axis.
#[derive(Debug, Clone)]
pub(crate) struct Following {
    pub scale: Option<Scale>,
    pub activation: Activation,
    pub pooling: Option<(Pool, Window)>,
}

/// A factor and an offset for each channel.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    pub factor: Tensor<1>,
    pub offset: Tensor<1>,
}

/// An operation whose result nobody has asked for yet.
#[derive(Debug, Clone)]
pub(crate) struct Deferred {
    operation: Operation,
    input: AnyTensor,
    sizes: Vec<usize>,
}

#[derive(Debug, Clone)]
enum Operation {
    /// One that takes in what follows.
    Followed { operation: Arc<dyn Defer>, following: Box<Following> },
    /// Dense layers one after the other.
    Dense(Vec<DenseLayer>),
}

impl Deferred {
    /// An operation on an input, with an activation at its end, whose result will have this shape.
    pub fn new(operation: impl Defer + 'static, activation: Activation, input: AnyTensor, sizes: Vec<usize>) -> Self {
        let following = Box::new(Following { scale: None, activation, pooling: None });
        Self { operation: Operation::Followed { operation: Arc::new(operation), following }, input, sizes }
    }

    /// A dense layer, with which those that follow can be computed.
    pub fn dense(layer: DenseLayer, input: AnyTensor) -> Self {
        let mut sizes = input.sizes();
        sizes.pop();
        sizes.extend(layer.bias.dims());
        let mut layers = Vec::with_capacity(DenseLayer::MAX_LAYERS);
        layers.push(layer);
        Self { operation: Operation::Dense(layers), input, sizes }
    }

    /// The shape of the result.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Multiplies and adds for each channel, if the operation can still take that in.
    pub fn scale(&mut self, factors: impl FnOnce() -> Scale) -> bool {
        match self.following() {
            Some(Following { scale: scale @ None, activation: Activation::Linear, pooling: None }) => {
                *scale = Some(factors());
                true
            }
            _ => false,
        }
    }

    /// Applies an activation, if the operation can take it in.
    pub fn activate(&mut self, following: Activation) -> bool {
        if following != Activation::Relu {
            return false;
        }
        match &mut self.operation {
            Operation::Followed { following: before, .. } => {
                let takes = before.activation == Activation::Linear && before.pooling.is_none();
                if takes {
                    before.activation = following;
                }
                takes
            }
            Operation::Dense(layers) => layers.last_mut().is_some_and(|last| !std::mem::replace(&mut last.relu, true)),
        }
    }

    /// Pools the result, if the operation can take that in.
    pub fn pool(&mut self, kind: Pool, window: &Window) -> bool {
        let [.., channels] = *self.sizes.as_slice() else { return false };
        // A window that does not fit is an error where it is computed by itself.
        let Ok(sizes) = window.result_sizes(&self.sizes, channels) else { return false };
        match self.following() {
            Some(Following { pooling: pooling @ None, .. }) if !wide::is_wide(window) => {
                *pooling = Some((kind, window.clone()));
                self.sizes = sizes;
                true
            }
            _ => false,
        }
    }

    fn following(&mut self) -> Option<&mut Following> {
        match &mut self.operation {
            Operation::Followed { following, .. } => Some(following),
            Operation::Dense(_) => None,
        }
    }

    /// Adds a dense layer, if the operation can take it in.
    pub fn then(&mut self, layer: &DenseLayer) -> bool {
        match &mut self.operation {
            Operation::Dense(layers) if layers.len() < DenseLayer::MAX_LAYERS => {
                if let (Some(last), [units]) = (self.sizes.last_mut(), layer.bias.dims()) {
                    *last = units;
                }
                layers.push(layer.clone());
                true
            }
            _ => false,
        }
    }

    /// The result.
    ///
    /// # Errors
    ///
    /// If the input does not fit.
    pub fn compute(self) -> Result<AnyTensor> {
        match self.operation {
            Operation::Followed { operation, following } => operation.compute(self.input, *following),
            Operation::Dense(layers) => by_rank!(self.input, |x| stacked(x, &layers).into()),
        }
    }
}

/// The result of dense layers, by Burn's own operations where there is no fast way.
fn stacked<const D: usize>(x: Tensor<D>, layers: &[DenseLayer]) -> Tensor<D> {
    if let Some(y) = horn_kernels::dense_stack(&x, layers) {
        return y;
    }
    layers.iter().fold(x, |x, DenseLayer { kernel, bias, relu: is_relu }| {
        let y = linear(x, kernel.clone(), Some(bias.clone()));
        if *is_relu { relu(y) } else { y }
    })
}
