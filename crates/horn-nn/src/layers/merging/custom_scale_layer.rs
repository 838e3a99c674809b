//! `CustomScaleLayer`: a residual connection of InceptionResNetV2.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::checks;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, list};

/// `a + scale · b`. Keras's `keras.applications.InceptionResNetV2` brings the layer with it; Keras has no public name of it.
///
/// # Shapes
///
/// - inputs: two of one shape
/// - output: as the inputs
///
/// ```
/// use horn::layers::CustomScaleLayer;
///
/// let layer = CustomScaleLayer(0.17);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomScaleLayer {
    #[serde(flatten)]
    common: Common,
    scale: f64,
}

/// The layer with this factor. See [`CustomScaleLayer`](struct@CustomScaleLayer).
#[allow(non_snake_case)]
pub fn CustomScaleLayer(scale: f64) -> CustomScaleLayer {
    CustomScaleLayer::new(scale)
}

impl CustomScaleLayer {
    /// A layer with this factor for the second input.
    pub fn new(scale: f64) -> Self {
        Self { common: Common::default(), scale }
    }
}

common_arguments!(CustomScaleLayer);

impl Layer for CustomScaleLayer {
    described!("CustomScaleLayer"; module: Some("keras.src.applications.inception_resnet_v2"));
    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        match inputs {
            [a, b] if a == b => Ok(vec![a.clone()]),
            _ => Err(Error::shape("the layer takes two inputs of one shape")
                .received(list(inputs))
                .expected("two equal shapes")
                .hint("bring the inputs to one shape first")),
        }
    }

    fn build_for(&self, _: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(CustomScaleModule { scale: self.scale }))
    }
}

#[derive(Module, Debug)]
struct CustomScaleModule {
    scale: f64,
}

impl Forward for CustomScaleModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        checks::one_batch(&inputs, false)?;
        let [a, b] = signals(inputs)?;
        let b = b.value()?;
        let sum = by_rank!(a.value()?, |a| b.like(&a).map(|b| AnyTensor::from(a + b * self.scale)))??;
        Ok(vec![Signal::new(sum)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_two_shapes_are_an_error() {
        let shapes = [Shape::batched([3, 4]), Shape::batched([3, 1])];
        for wrong in [&shapes[..], &shapes[..1]] {
            let error = CustomScaleLayer(0.5).output_shapes(wrong).unwrap_err();
            assert!(error.is_shape() && error.to_string().contains("two inputs of one shape"), "{error}");
        }
    }
}
