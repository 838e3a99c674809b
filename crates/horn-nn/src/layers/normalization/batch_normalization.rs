//! `BatchNormalization`: normalizes each channel over the batch.

use burn::module::Module;
use burn::tensor::module::batch_norm_train;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::initializers::constant::{Ones, Zeros};
use crate::initializers::initializer::Initializer;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::deferred::Scale;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layer::state::State;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::normalization::affine::{Affine, AffineModule, affine_arguments};
use crate::layers::normalization::axes::{along, place, size, sums};
use crate::layers::normalization::batch_renormalization::{Renorm, RenormClipping};
use crate::layers::normalization::statistics::moved;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `γ · (x − mean) / √(variance + ε) + β`, channel by channel.
///
/// In training, mean and variance are those of the batch, and moving averages of both are updated:
/// `moving = moving · momentum + batch · (1 − momentum)`. In inference, and if the layer is frozen, the moving averages are
/// used. The variance is the biased one (divided by the number of values).
///
/// # Shapes
///
/// - input: any; the axis of the channels is the last, or `axis`
/// - output: as the input
/// - weights: gamma, beta, moving_mean, moving_variance, each `[channels]`
///
/// # Masks
///
/// In training, the mean and the variance are those of the unmasked timesteps. The mask is propagated.
///
/// Source: Ioffe and Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167), 2015.
///
/// ```
/// use horn::layers::BatchNormalization;
///
/// let layer = BatchNormalization().momentum(0.9).epsilon(1e-5);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchNormalization {
    #[serde(flatten)]
    common: Common,
    axis: isize,
    momentum: f64,
    epsilon: f64,
    #[serde(flatten)]
    affine: Affine,
    moving_mean_initializer: Initializer,
    moving_variance_initializer: Initializer,
    synchronized: bool,
    renorm: bool,
    renorm_clipping: Option<RenormClipping>,
    renorm_momentum: f64,
}

/// `keras.layers.BatchNormalization()`. See [`BatchNormalization`](struct@BatchNormalization).
#[allow(non_snake_case)]
pub fn BatchNormalization() -> BatchNormalization {
    BatchNormalization::new()
}

impl BatchNormalization {
    /// A layer over the channels of the last axis, with Keras's defaults: momentum 0.99, ε = 0.001.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            axis: -1,
            momentum: 0.99,
            epsilon: 1e-3,
            affine: Affine::default(),
            moving_mean_initializer: Zeros::new().into(),
            moving_variance_initializer: Ones::new().into(),
            synchronized: false,
            renorm: false,
            renorm_clipping: None,
            renorm_momentum: 0.99,
        }
    }

    /// Sets whether [batch renormalization](https://arxiv.org/abs/1702.03275) corrects the batch towards the moving
    /// averages; `false` by default.
    #[must_use]
    pub fn renorm(mut self, renorm: bool) -> Self {
        self.renorm = renorm;
        self.renorm_clipping = renorm.then(|| self.renorm_clipping.unwrap_or_default());
        self
    }

    /// Sets limits for the corrections of batch renormalization; none by default.
    #[must_use]
    pub fn renorm_clipping(mut self, clipping: RenormClipping) -> Self {
        self.renorm_clipping = Some(clipping);
        self
    }
}

impl Default for BatchNormalization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(BatchNormalization);

affine_arguments!(BatchNormalization);

arguments!(BatchNormalization {
    /// Sets the axis of the channels, where the batch axis is 0; the last axis by default.
    axis: isize,
    /// Sets the momentum of the moving averages, the fraction that is kept at each step; 0.99 by default.
    momentum: f64,
    /// Sets ε, which is added to the variance to avoid a division by 0; 0.001 by default.
    epsilon: f64,
    /// Sets the initializer of the moving mean; `Zeros` by default.
    moving_mean_initializer: impl Into<Initializer>,
    /// Sets the initializer of the moving variance; `Ones` by default.
    moving_variance_initializer: impl Into<Initializer>,
    /// Sets whether devices share their statistics. Horn trains on one device, so this has no effect.
    synchronized: bool,
    /// Sets the momentum of the averages that batch renormalization corrects to; 0.99 by default.
    renorm_momentum: f64,
});

impl Layer for BatchNormalization {
    described!("BatchNormalization", masking; mask_argument: MaskArgument::Samples);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let axis = place(self.axis, input)?;
        if axis == 0 {
            return Err(Error::argument("the batch axis has no channels")
                .received(format!("axis = {} for {input}", self.axis))
                .expected("another axis")
                .hint("use -1 for the last axis"));
        }
        size(axis, input)?;
        if self.epsilon.is_nan() || self.epsilon < 0.0 || !self.momentum.is_finite() {
            return Err(Error::argument("ε or the momentum is out of range")
                .received(format!("epsilon = {}, momentum = {}", self.epsilon, self.momentum))
                .expected("an ε of 0 or more, a momentum of 0 to 1")
                .hint("leave them out for the defaults"));
        }
        self.renorm_clipping.unwrap_or_default().validate()?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let axis = place(self.axis, input)?;
        let channels = [size(axis, input)?];
        Ok(BuiltLayer::new(BatchNormalizationModule {
            affine: self.affine.build(channels, build)?,
            moving_mean: build.add_state("moving_mean", channels, &self.moving_mean_initializer)?,
            moving_variance: build.add_state("moving_variance", channels, &self.moving_variance_initializer)?,
            renorm: if self.renorm {
                let initializers = (&self.moving_mean_initializer, &self.moving_variance_initializer);
                let clipping = self.renorm_clipping.unwrap_or_default();
                Some(Renorm::new(channels, initializers, clipping, self.renorm_momentum, build)?)
            } else {
                None
            },
            axis,
            momentum: self.momentum,
            epsilon: self.epsilon,
        }))
    }
}

#[derive(Module, Debug)]
struct BatchNormalizationModule {
    affine: AffineModule<1>,
    moving_mean: State<1>,
    moving_variance: State<1>,
    renorm: Option<Renorm>,
    axis: usize,
    momentum: f64,
    epsilon: f64,
}

/// A normalized batch before γ and β, and its statistics.
struct Normalized<const D: usize> {
    x: Tensor<D>,
    mean: Tensor<1>,
    variance: Tensor<1>,
}

impl Forward for BatchNormalizationModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [mut input] = signals(inputs)?;
        let is_training = call.is_training() && call.is_trainable();
        let is_last_axis = self.axis + 1 == input.sizes().len();
        if !is_training
            && is_last_axis
            && let Some(operation) = input.deferred_mut()
            && operation.scale(|| self.scale())
        {
            return Ok(vec![input]);
        }
        let mask = input.mask().cloned();
        let output = by_rank!(input.value()?, |x| {
            if let Some(y) = self.normalize_fast(&x, is_training, mask.is_some()) {
                return Ok(AnyTensor::from(y));
            }
            // After convolutions the channels come first in memory, so the values of a channel are adjacent.
            let last = x.dims().len() - 1;
            let x = if last > 1 { x.movedim(self.axis, 1) } else { x };
            let y = match (is_training, &mask) {
                (false, _) => Ok(self.infer(x)),
                (true, None) => Ok(self.normalize_batch(x)),
                (true, Some(mask)) => self.normalize_masked_batch(x, mask.clone()),
            };
            y.map(|y| AnyTensor::from(if last > 1 { y.movedim(1, self.axis) } else { y }))
        })??;
        Ok(vec![Signal::new(output).with_mask(mask)])
    }
}

impl BatchNormalizationModule {
    /// Normalizes the last axis in one operation, where there is one.
    fn normalize_fast<const D: usize>(&self, x: &Tensor<D>, is_training: bool, is_masked: bool) -> Option<Tensor<D>> {
        if self.axis != D - 1 || (is_training && (is_masked || self.renorm.is_some())) {
            return None;
        }
        let (ones, zeros) = unscaled([x.dims()[self.axis]], &x.device());
        let (gamma, beta) = (self.affine.gamma().unwrap_or(ones), self.affine.beta().unwrap_or(zeros));
        if !is_training {
            let (mean, variance) = (self.moving_mean.get(), self.moving_variance.get());
            return horn_kernels::batch_norm_with(x, [&gamma, &beta], [&mean, &variance], self.epsilon, false);
        }
        let batch = horn_kernels::batch_norm(x, &gamma, &beta, self.epsilon, false)?;
        self.remember(batch.mean, batch.variance);
        Some(batch.output)
    }

    /// Normalizes with the moving averages: one product and one sum for each value.
    fn infer<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let Scale { factor, offset } = self.scale();
        scaled(x, factor, offset)
    }

    /// What inference multiplies each channel by, and what it adds.
    fn scale(&self) -> Scale {
        let (mean, variance) = (self.moving_mean.get(), self.moving_variance.get());
        let factor = (variance + self.epsilon).sqrt().recip();
        let factor = match self.affine.gamma() {
            Some(gamma) => factor * gamma,
            None => factor,
        };
        let offset = mean.neg() * factor.clone();
        let offset = match self.affine.beta() {
            Some(beta) => offset + beta,
            None => offset,
        };
        Scale { factor, offset }
    }

    /// Normalizes with the statistics of the batch, by Burn's fused operation, which has its own gradient.
    fn normalize_batch<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let channels = [x.dims()[1]];
        let device = x.device();
        let (ones, zeros) = unscaled(channels, &device);
        if self.renorm.is_some() {
            let batch = batch_norm_train(x, ones, zeros, self.epsilon);
            return self.rescaled(Normalized { x: batch.output, mean: batch.mean, variance: batch.variance });
        }
        let (gamma, beta) = (self.affine.gamma().unwrap_or(ones), self.affine.beta().unwrap_or(zeros));
        let batch = batch_norm_train(x, gamma, beta, self.epsilon);
        self.remember(batch.mean.without_autodiff(), batch.variance.without_autodiff());
        batch.output
    }

    /// Normalizes with the statistics of the unmasked timesteps.
    fn normalize_masked_batch<const D: usize>(&self, x: Tensor<D>, mask: AnyTensor) -> Result<Tensor<D>> {
        let sizes = x.clone().movedim(1, self.axis).dims();
        let counts = by_rank!(bool: mask, |mask| AnyTensor::from(mask.float()))?;
        let counts = counts.clone().reshape(&[counts.sizes(), vec![1]].concat())?.expand(&sizes)?;
        let counts = counts.float::<D>()?.movedim(self.axis, 1);
        let hidden = counts.clone().equal_elem(0.0);
        let all = || (0..D).filter(|axis| *axis != 1);

        let number = sums(counts, all()) + 1e-7;
        let mean = sums(x.clone().mask_fill(hidden.clone(), 0.0), all()) / number.clone();
        let centered = x - mean.clone();
        let variance = sums(centered.clone().mask_fill(hidden, 0.0).square(), all()) / number;
        let channels = [mean.dims()[1]];
        let x = centered / (variance.clone() + self.epsilon).sqrt();
        Ok(self.rescaled(Normalized { x, mean: mean.reshape(channels), variance: variance.reshape(channels) }))
    }

    /// Applies γ and β, and the corrections of batch renormalization.
    fn rescaled<const D: usize>(&self, batch: Normalized<D>) -> Tensor<D> {
        let (mean, variance) = (batch.mean.without_autodiff(), batch.variance.without_autodiff());
        let (ones, zeros) = unscaled(mean.dims(), &mean.device());
        let (mut gamma, mut beta) = (self.affine.gamma().unwrap_or(ones), self.affine.beta().unwrap_or(zeros));
        match &self.renorm {
            Some(renorm) => {
                let stddev = (variance + self.epsilon).sqrt();
                let correction = renorm.correction(mean.clone(), stddev.clone(), self.epsilon);
                beta = beta + correction.offset * gamma.clone();
                gamma = gamma * correction.factor;
                let moving_stddev = renorm.remember(mean.clone(), stddev, self.momentum);
                self.moving_mean.set(moved(self.moving_mean.get(), mean, self.momentum));
                self.moving_variance.set((moving_stddev.square() - self.epsilon).clamp_min(0.0));
            }
            None => self.remember(mean, variance),
        }
        scaled(batch.x, gamma, beta)
    }

    fn remember(&self, mean: Tensor<1>, variance: Tensor<1>) {
        self.moving_mean.set(moved(self.moving_mean.get(), mean, self.momentum));
        self.moving_variance.set(moved(self.moving_variance.get(), variance, self.momentum));
    }
}

/// The neutral γ and β.
fn unscaled(channels: [usize; 1], device: &Device) -> (Tensor<1>, Tensor<1>) {
    (Tensor::ones(channels, device), Tensor::zeros(channels, device))
}

/// `x · factor + offset` for each channel of axis 1.
fn scaled<const D: usize>(x: Tensor<D>, factor: Tensor<1>, offset: Tensor<1>) -> Tensor<D> {
    let sizes = x.dims();
    x * along(factor, &[1], sizes) + along(offset, &[1], sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;
    use crate::layers::check::{infer, run};

    #[test]
    fn a_batch_is_brought_to_mean_0_and_variance_1() {
        let layer = BatchNormalization().epsilon(0.0);
        let (_, y) = run(layer, &[1.0, 10.0, 3.0, 30.0], &[2, 2], Mode::Training).unwrap();
        assert_eq!(y, [-1.0, -1.0, 1.0, 1.0]);
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(BatchNormalization().axis(0), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(BatchNormalization().axis(2), &[1.0], &[1, 1]).unwrap_err().is_argument());
        assert!(infer(BatchNormalization().epsilon(-1.0), &[1.0], &[1, 1]).unwrap_err().is_argument());
        let clipping = RenormClipping { rmin: Some(2.0), rmax: Some(1.0), dmax: None };
        let layer = BatchNormalization().renorm(true).renorm_clipping(clipping);
        assert!(infer(layer, &[1.0], &[1, 1]).unwrap_err().is_argument());
    }
}
