//! `Activation`: an activation as a separate layer.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, plain_call};
use crate::layer::signal::{Logits, Signal};
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::layout::value_by_value;
use crate::{activations, by_rank};

/// Applies an activation to its input.
///
/// # Shapes
///
/// - input: any
/// - output: as the input, except for `Glu`, which halves the last axis
///
/// ```
/// use horn::layers;
/// use horn::activations::Activation;
///
/// let layer = layers::Activation(Activation::Tanh);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivationLayer {
    #[serde(flatten)]
    common: Common,
    activation: activations::Activation,
}

/// `keras.layers.Activation(activation)`. See [`ActivationLayer`].
#[allow(non_snake_case)]
pub fn Activation(activation: activations::Activation) -> ActivationLayer {
    ActivationLayer::new(activation)
}

impl ActivationLayer {
    /// A layer that applies this activation.
    pub fn new(activation: activations::Activation) -> Self {
        Self { common: Common::default(), activation }
    }
}

common_arguments!(ActivationLayer);

impl Layer for ActivationLayer {
    described!("Activation", masking; built_for: BuiltFor::Nothing, independent_samples: true, ends_in_activation: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        match input.last() {
            Some(last) => Ok(input.clone().with_last(self.activation.output_size(last)?)),
            None if self.activation == activations::Activation::Glu => Err(Error::shape("the last axis must be known")
                .received(input)
                .expected("(None, …, features)")
                .hint("give `Input` the sizes of all axes")),
            None => Ok(input.clone()),
        }
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(ActivationModule { activation: self.activation }))
    }
}

/// The module of layers that are only an activation, without weights.
#[derive(Module, Debug)]
pub(crate) struct ActivationModule {
    #[module(skip)]
    pub(super) activation: activations::Activation,
}

impl Forward for ActivationModule {
    fn call(&self, mut inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        if let [input] = inputs.as_mut_slice()
            && let Some(operation) = input.deferred_mut()
            && operation.activate(self.activation)
        {
            return Ok(inputs);
        }
        plain_call(self, inputs, call)
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let apply = |x: AnyTensor| by_rank!(x, |x| self.activation.forward(x).into());
        if self.activation.is_elementwise() { value_by_value([input], |[x]| apply(x)) } else { apply(input) }
    }

    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        if self.activation.is_softmax() || self.activation.is_sigmoid() {
            return Ok(Logits { value: input, activation: self.activation });
        }
        Ok(Logits { value: self.forward(input, mode)?, activation: activations::Activation::Linear })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn applies_the_activation() {
        let layer = Activation(activations::Activation::Relu);
        assert_eq!(infer(layer, &[-1.0, 2.0], &[1, 2]).unwrap(), (vec![1, 2], vec![0.0, 2.0]));
    }

    #[test]
    fn glu_needs_an_even_axis() {
        let layer = Activation(activations::Activation::Glu);
        assert_eq!(infer(layer.clone(), &[1.0, 0.0], &[1, 2]).unwrap(), (vec![1, 1], vec![0.5]));
        assert!(infer(layer, &[1.0, 0.0, 2.0], &[1, 3]).is_err());
    }
}
