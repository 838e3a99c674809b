//! Operations that are computed late, so that they can take in what the next layers do.
//!
//! In inference, a batch normalization multiplies each channel of its input by a number and adds one. A convolution before
//! it can do so with its own kernel and bias, which saves a pass over all values, and can apply the relu that follows. So
//! it passes on an operation instead of a tensor. The value is computed when it is first needed.
//!
//! Dense layers do so in training, too: those that follow each other become one operation, through which each thread takes
//! its part of the batch. So the threads wait for each other once, and not after each layer.

use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::linear;
use horn_kernels::DenseLayer;

use crate::activations::activation::Activation;
use crate::by_rank;
use crate::error::Result;
use crate::tensor::any_tensor::AnyTensor;

/// An operation that can multiply and add for each channel of its result, its last axis, and apply an activation.
pub(crate) trait Defer: fmt::Debug + Send + Sync {
    /// The result for an input, `activation(y · factor + offset)`.
    ///
    /// # Errors
    ///
    /// If the input does not fit.
    fn compute(&self, input: AnyTensor, scale: Option<Scale>, activation: Activation) -> Result<AnyTensor>;
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
    Scaled { operation: Arc<dyn Defer>, scale: Option<Box<Scale>>, activation: Activation },
    /// Dense layers one after the other.
    Dense(Vec<DenseLayer>),
}

impl Deferred {
    /// An operation on an input, whose result will have these sizes.
    pub fn new(operation: impl Defer + 'static, input: AnyTensor, sizes: Vec<usize>) -> Self {
        let operation =
            Operation::Scaled { operation: Arc::new(operation), scale: None, activation: Activation::Linear };
        Self { operation, input, sizes }
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

    /// The sizes of the result.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Multiplies and adds for each channel, if the operation can still take that in.
    pub fn scale(&mut self, factors: impl FnOnce() -> Scale) -> bool {
        match &mut self.operation {
            Operation::Scaled { scale: scale @ None, activation: Activation::Linear, .. } => {
                *scale = Some(Box::new(factors()));
                true
            }
            _ => false,
        }
    }

    /// Applies an activation, if the operation can take it in.
    pub fn activate(&mut self, following: Activation) -> bool {
        match &mut self.operation {
            _ if following != Activation::Relu => false,
            Operation::Scaled { activation: activation @ Activation::Linear, .. } => {
                *activation = following;
                true
            }
            Operation::Dense(layers) => layers.last_mut().is_some_and(|last| !std::mem::replace(&mut last.relu, true)),
            Operation::Scaled { .. } => false,
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
            Operation::Scaled { operation, scale, activation } => {
                operation.compute(self.input, scale.map(|scale| *scale), activation)
            }
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
