//! `LayerNormalization`: normalizes each sample.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::module::layer_norm;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::constraints::axes::Axes;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::normalization::affine::{Affine, AffineModule, affine_arguments};
use crate::layers::normalization::axes::{along, are_last, by_count, means, places, size};
use crate::layers::normalization::epsilon::check_epsilon;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `γ · (x − mean) / √(variance + ε) + β`, with mean and variance over one axis or several of each sample.
///
/// With `rms_scaling` it is `γ · x / √(variance + ε)`, as in Keras.
///
/// # Shapes
///
/// - input: any; the last axis is normalized, or `axis`
/// - output: as the input
/// - weights: gamma and beta, with the normalized axes
///
/// Source: Ba, Kiros and Hinton, [Layer Normalization](https://arxiv.org/abs/1607.06450), 2016.
///
/// ```
/// use horn::layers::LayerNormalization;
///
/// let layer = LayerNormalization().epsilon(1e-6);
/// let over_images = LayerNormalization().axis([1, 2, 3]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerNormalization {
    #[serde(flatten)]
    common: Common,
    axis: Axes,
    epsilon: f64,
    #[serde(flatten)]
    affine: Affine,
    rms_scaling: bool,
}

/// `keras.layers.LayerNormalization()`. See [`LayerNormalization`](struct@LayerNormalization).
#[allow(non_snake_case)]
pub fn LayerNormalization() -> LayerNormalization {
    LayerNormalization::new()
}

impl LayerNormalization {
    /// A layer over the last axis, with Keras's default ε = 0.001.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            axis: Axes::One(-1),
            epsilon: 1e-3,
            affine: Affine::default(),
            rms_scaling: false,
        }
    }
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(LayerNormalization);

affine_arguments!(LayerNormalization);

arguments!(LayerNormalization {
    /// Sets the axes that are normalized, where the batch axis is 0; the last axis by default.
    axis: impl Into<Axes>,
    /// Sets ε, which is added to the variance to avoid a division by 0; 0.001 by default.
    epsilon: f64,
    /// Sets whether only the scale is normalized, and the mean is kept; `false` by default.
    rms_scaling: bool,
});

impl Layer for LayerNormalization {
    described!("LayerNormalization", masking; independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        for place in places(&self.axis, input)? {
            size(place, input)?;
        }
        check_epsilon(self.epsilon)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let axes = places(&self.axis, input)?;
        let sizes = axes.iter().map(|&place| size(place, input)).collect::<Result<Vec<_>>>()?;
        by_count!(sizes, |sizes| {
            let mut affine = self.affine.clone();
            affine.scale |= self.rms_scaling;
            affine.center &= !self.rms_scaling;
            let affine = affine.build(sizes, build)?;
            let module = LayerNormalizationModule { affine, axes, epsilon: self.epsilon, keeps_mean: self.rms_scaling };
            Ok(BuiltLayer::new(module))
        })
    }
}

#[derive(Module, Debug)]
struct LayerNormalizationModule<const A: usize> {
    affine: AffineModule<A>,
    #[module(skip)]
    axes: Vec<usize>,
    epsilon: f64,
    keeps_mean: bool,
}

impl<const A: usize> Forward for LayerNormalizationModule<A> {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| self.normalize(x).into())
    }
}

impl<const A: usize> LayerNormalizationModule<A> {
    /// Normalizes the last axes in one operation, where there is one.
    fn normalize_fast<const D: usize>(&self, x: &Tensor<D>) -> Option<Tensor<D>> {
        if self.keeps_mean || !are_last(&self.axes, D) {
            return None;
        }
        let features: [usize; 1] = [self.axes.iter().map(|&axis| x.dims()[axis]).product()];
        let flat = |weight: Tensor<A>| weight.reshape(features);
        let gamma = self.affine.gamma().map_or_else(|| Tensor::ones(features, &x.device()), flat);
        let beta = self.affine.beta().map_or_else(|| Tensor::zeros(features, &x.device()), flat);
        horn_kernels::layer_norm(x, &gamma, &beta, self.epsilon)
    }

    fn normalize<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let sizes = x.dims();
        if let Some(y) = self.normalize_fast(&x) {
            return y;
        }
        if A == 1 && self.axes[0] == D - 1 && !self.keeps_mean {
            let channels = [sizes[D - 1]];
            let gamma = self.affine.gamma().map(|gamma| gamma.reshape(channels));
            let gamma = gamma.unwrap_or_else(|| Tensor::ones(channels, &x.device()));
            let beta = self.affine.beta().map(|beta| beta.reshape(channels));
            return layer_norm(x, gamma, beta, self.epsilon);
        }
        let centered = x.clone() - means(x.clone(), &self.axes);
        let variance = means(centered.clone().square(), &self.axes);
        let factor = (variance + self.epsilon).sqrt().recip();
        let y = if self.keeps_mean { x * factor } else { centered * factor };
        let y = match self.affine.gamma() {
            Some(gamma) => y * along(gamma, &self.axes, sizes),
            None => y,
        };
        match self.affine.beta() {
            Some(beta) => y + along(beta, &self.axes, sizes),
            None => y,
        }
    }
}
