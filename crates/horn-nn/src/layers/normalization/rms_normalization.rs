//! `RMSNormalization`: normalizes each sample to a root mean square of 1.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::constraints::axes::Axes;
use crate::error::{Error, Result};
use crate::initializers::constant::Ones;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::normalization::axes::{are_last, by_count, means, places, size};
use crate::layers::normalization::epsilon::check_epsilon;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `scale · x / √(mean(x²) + ε)`, with the mean over one axis or several of each sample.
///
/// # Shapes
///
/// - input: any; the last axis is normalized, or `axis`
/// - output: as the input
/// - weights: scale, with the normalized axes. As in Keras, it multiplies the last axes, whichever are normalized
///
/// Source: Zhang and Sennrich, [Root Mean Square Layer Normalization](https://arxiv.org/abs/1910.07467), 2019.
///
/// ```
/// use horn::layers::RMSNormalization;
///
/// let layer = RMSNormalization().epsilon(1e-5);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RMSNormalization {
    #[serde(flatten)]
    common: Common,
    axis: Axes,
    epsilon: f64,
}

/// `keras.layers.RMSNormalization()`. See [`RMSNormalization`](struct@RMSNormalization).
#[allow(non_snake_case)]
pub fn RMSNormalization() -> RMSNormalization {
    RMSNormalization::new()
}

impl RMSNormalization {
    /// A layer over the last axis, with Keras's default ε = 10⁻⁶.
    pub fn new() -> Self {
        Self { common: Common::default(), axis: Axes::One(-1), epsilon: 1e-6 }
    }
}

impl Default for RMSNormalization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RMSNormalization);

arguments!(RMSNormalization {
    /// Sets the axes that are normalized, where the batch axis is 0; the last axis by default.
    axis: impl Into<Axes>,
    /// Sets ε, which is added to the mean square to avoid a division by 0; 10⁻⁶ by default.
    epsilon: f64,
});

impl Layer for RMSNormalization {
    described!("RMSNormalization"; independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let axes = places(&self.axis, input)?;
        let sizes = axes.iter().map(|&place| size(place, input).map(Some)).collect::<Result<Vec<_>>>()?;
        let last = &input.sizes()[input.rank() - axes.len()..];
        if sizes.iter().zip(last).any(|(size, last)| size != last && *size != Some(1)) {
            return Err(Error::shape("the scale does not fit the last axes, which it multiplies in Keras")
                .received(format!("axis {axes:?} of {input}"))
                .expected("the last axes, or axes of their sizes")
                .hint("put `Permute` before and after it, or use `LayerNormalization`"));
        }
        check_epsilon(self.epsilon)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let axes = places(&self.axis, input)?;
        let sizes = axes.iter().map(|&place| size(place, input)).collect::<Result<Vec<_>>>()?;
        by_count!(sizes, |sizes| {
            let scale = build.add_weight("scale", sizes, &Ones::new().into())?;
            Ok(BuiltLayer::new(RMSNormalizationModule { scale, axes, epsilon: self.epsilon }))
        })
    }
}

#[derive(Module, Debug)]
struct RMSNormalizationModule<const A: usize> {
    scale: Param<Tensor<A>>,
    #[module(skip)]
    axes: Vec<usize>,
    epsilon: f64,
}

impl<const A: usize> RMSNormalizationModule<A> {
    /// Normalizes the last axes in one operation, where there is one.
    fn normalize_fast<const D: usize>(&self, x: &Tensor<D>) -> Option<Tensor<D>> {
        if !are_last(&self.axes, D) {
            return None;
        }
        let features: [usize; 1] = [self.axes.iter().map(|&axis| x.dims()[axis]).product()];
        horn_kernels::rms_norm(x, &self.scale.val().reshape(features), self.epsilon)
    }
}

impl<const A: usize> Forward for RMSNormalizationModule<A> {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| {
            if let Some(y) = self.normalize_fast(&x) {
                return y.into();
            }
            let mean = means(x.clone().square(), &self.axes);
            (x * (mean + self.epsilon).sqrt().recip() * self.scale.val().unsqueeze()).into()
        })
    }
}
