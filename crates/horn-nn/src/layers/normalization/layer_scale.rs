//! `LayerScale`: a factor for each channel, as in ConvNeXt.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::initializers::constant::Constant;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `γ · x`, with a factor for each channel. Keras's `keras.applications.ConvNeXtTiny` and its sisters bring the layer with
/// them; Keras has no public name of it.
///
/// # Shapes
///
/// - input: any whose last axis has the size `projection_dim`
/// - output: as the input
/// - weights: variable `[projection_dim]`, the factors γ
///
/// Source: Touvron et al., [Going deeper with Image Transformers](https://arxiv.org/abs/2103.17239), 2021.
///
/// ```
/// use horn::layers::LayerScale;
///
/// let layer = LayerScale(1e-6, 96);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerScale {
    #[serde(flatten)]
    common: Common,
    init_values: f64,
    projection_dim: usize,
}

/// The layer with factors that begin as `init_values`. See [`LayerScale`](struct@LayerScale).
#[allow(non_snake_case)]
pub fn LayerScale(init_values: f64, projection_dim: usize) -> LayerScale {
    LayerScale::new(init_values, projection_dim)
}

impl LayerScale {
    /// A layer with factors that begin as `init_values`, one for each of `projection_dim` channels.
    pub fn new(init_values: f64, projection_dim: usize) -> Self {
        Self { common: Common::default(), init_values, projection_dim }
    }
}

common_arguments!(LayerScale);

impl Layer for LayerScale {
    described!("LayerScale"; module: Some("keras.src.applications.convnext"), independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.last() == Some(self.projection_dim) {
            return Ok(input.clone());
        }
        Err(Error::shape("there is not one factor for each channel")
            .received(format!("projection_dim = {} for {input}", self.projection_dim))
            .expected("the size of the last axis")
            .hint("give the layer the number of channels of its input"))
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let start = Constant::new(self.init_values);
        let gamma = build.add_weight("variable", [self.projection_dim], &start.into())?;
        Ok(BuiltLayer::new(LayerScaleModule { gamma }))
    }
}

#[derive(Module, Debug)]
struct LayerScaleModule {
    gamma: Param<Tensor<1>>,
}

impl Forward for LayerScaleModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| (x * self.gamma.val().unsqueeze()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn each_channel_has_a_factor() {
        assert_eq!(infer(LayerScale(0.5, 2), &[1.0, 2.0, 3.0, 4.0], &[1, 2, 2]).unwrap().1, [0.5, 1.0, 1.5, 2.0]);
        let error = infer(LayerScale(0.5, 3), &[1.0, 2.0], &[1, 2]).unwrap_err();
        assert!(error.is_shape() && error.to_string().contains("projection_dim = 3 for (None, 2)"), "{error}");
    }
}
