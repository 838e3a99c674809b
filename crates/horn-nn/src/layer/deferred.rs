//! Operations that are computed late, so that they can take in what the next layers do to each of their channels.
//!
//! In inference, a batch normalization multiplies each channel of its input by a number and adds one. A convolution before
//! it can do so with its own kernel and bias, which saves a pass over all values, and can apply the relu that follows. So
//! it passes on an operation instead of a tensor. Whoever asks for the value computes it.

use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;

use crate::activations::activation::Activation;
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
    operation: Arc<dyn Defer>,
    input: AnyTensor,
    sizes: Vec<usize>,
    scale: Option<Scale>,
    activation: Activation,
}

impl Deferred {
    /// An operation on an input, whose result will have these sizes.
    pub fn new(operation: impl Defer + 'static, input: AnyTensor, sizes: Vec<usize>) -> Self {
        Self { operation: Arc::new(operation), input, sizes, scale: None, activation: Activation::Linear }
    }

    /// The sizes of the result.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Multiplies and adds for each channel, if the operation can still take that in.
    pub fn scale(&mut self, scale: impl FnOnce() -> Scale) -> bool {
        let is_free = self.scale.is_none() && self.activation == Activation::Linear;
        if is_free {
            self.scale = Some(scale());
        }
        is_free
    }

    /// Applies an activation, if the operation can take it in.
    pub fn activate(&mut self, activation: Activation) -> bool {
        let is_free = activation == Activation::Relu && self.activation == Activation::Linear;
        if is_free {
            self.activation = activation;
        }
        is_free
    }

    /// The result.
    ///
    /// # Errors
    ///
    /// If the input does not fit.
    pub fn compute(self) -> Result<AnyTensor> {
        self.operation.compute(self.input, self.scale, self.activation)
    }
}
