//! `GroupNormalization`: normalizes groups of channels of each sample.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::normalization::affine::{Affine, AffineModule, affine_arguments};
use crate::layers::normalization::axes::{place, size};
use crate::layers::normalization::epsilon::check_epsilon;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `γ · (x − mean) / √(variance + ε) + β`, with mean and variance over each group of adjacent channels of a sample, at all
/// positions.
///
/// One group is layer normalization over all axes; as many groups as channels (`groups(-1)`) are instance
/// normalization.
///
/// # Shapes
///
/// - input: `[batch, …, channels]`, or the channels at `axis`
/// - output: as the input
/// - weights: gamma and beta, each `[channels]`
///
/// Source: Wu and He, [Group Normalization](https://arxiv.org/abs/1803.08494), 2018.
///
/// ```
/// use horn::layers::GroupNormalization;
///
/// let layer = GroupNormalization().groups(8);
/// let instance = GroupNormalization().groups(-1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupNormalization {
    #[serde(flatten)]
    common: Common,
    groups: isize,
    axis: isize,
    epsilon: f64,
    #[serde(flatten)]
    affine: Affine,
}

/// `keras.layers.GroupNormalization()`. See [`GroupNormalization`](struct@GroupNormalization).
#[allow(non_snake_case)]
pub fn GroupNormalization() -> GroupNormalization {
    GroupNormalization::new()
}

impl GroupNormalization {
    /// A layer over 32 groups of the last axis, with Keras's default ε = 0.001.
    pub fn new() -> Self {
        Self { common: Common::default(), groups: 32, axis: -1, epsilon: 1e-3, affine: Affine::default() }
    }

    /// The axis of the channels, the number of channels, and that of groups.
    fn checked(&self, input: &Shape) -> Result<(usize, usize, usize)> {
        let axis = place(self.axis, input)?;
        if axis == 0 {
            return Err(Error::argument("the batch axis has no channels")
                .received(format!("axis = {} for {input}", self.axis))
                .expected("another axis")
                .hint("use -1 for the last axis"));
        }
        let channels = size(axis, input)?;
        let groups = if self.groups == -1 { channels } else { usize::try_from(self.groups).unwrap_or(0) };
        if groups == 0 || channels % groups != 0 {
            return Err(Error::argument("the channels can't be split into equal groups")
                .received(format!("groups = {} for {channels} channels", self.groups))
                .expected("a divisor of the number of channels, or -1")
                .hint("choose another number of groups"));
        }
        check_epsilon(self.epsilon)?;
        Ok((axis, channels, groups))
    }
}

impl Default for GroupNormalization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(GroupNormalization);

affine_arguments!(GroupNormalization);

arguments!(GroupNormalization {
    /// Sets the number of groups; -1 for one group for each channel. 32 by default.
    groups: isize,
    /// Sets the axis of the channels, where the batch axis is 0; the last axis by default.
    axis: isize,
    /// Sets ε, which is added to the variance to avoid a division by 0; 0.001 by default.
    epsilon: f64,
});

impl Layer for GroupNormalization {
    described!("GroupNormalization", masking; independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.checked(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (axis, channels, groups) = self.checked(input)?;
        let affine = self.affine.build([channels], build)?;
        Ok(BuiltLayer::new(GroupNormalizationModule { affine, axis, groups, epsilon: self.epsilon }))
    }
}

#[derive(Module, Debug)]
struct GroupNormalizationModule {
    affine: AffineModule<1>,
    axis: usize,
    groups: usize,
    epsilon: f64,
}

impl Forward for GroupNormalizationModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| {
            if let Some(y) = self.normalize_fast(&x) {
                return y.into();
            }
            // With the channels before the spatial axes, the values of a group are adjacent.
            let last = x.dims().len() - 1;
            let x = if last > 1 { x.movedim(self.axis, 1) } else { x };
            let y = self.normalize(x);
            if last > 1 { y.movedim(1, self.axis).into() } else { y.into() }
        })
    }
}

impl GroupNormalizationModule {
    /// Normalizes groups of the last axis in one operation, where there is one.
    fn normalize_fast<const D: usize>(&self, x: &Tensor<D>) -> Option<Tensor<D>> {
        if self.axis != D - 1 {
            return None;
        }
        let channels = [x.dims()[self.axis]];
        let gamma = self.affine.gamma().unwrap_or_else(|| Tensor::ones(channels, &x.device()));
        let beta = self.affine.beta().unwrap_or_else(|| Tensor::zeros(channels, &x.device()));
        horn_kernels::group_norm(x, &gamma, &beta, self.groups, self.epsilon)
    }

    fn normalize<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let sizes = x.dims();
        let (samples, channels) = (sizes[0], sizes[1]);
        let places = sizes[2..].iter().product::<usize>();
        let x = x.reshape([samples, self.groups, channels / self.groups * places]);
        let (variance, mean) = x.clone().var_mean_bias(2);
        // With one factor and one offset for each sample and channel, each value needs one product and one sum.
        let inverse = (variance + self.epsilon).sqrt().recip();
        let split = [1, self.groups, channels / self.groups];
        let (factor, offset) = match self.affine.gamma() {
            Some(gamma) => {
                let factor = inverse * gamma.reshape(split);
                (factor.clone(), mean.neg() * factor)
            }
            None => {
                let factor = inverse.expand([samples, self.groups, channels / self.groups]);
                (factor.clone(), mean.neg() * factor)
            }
        };
        let offset = match self.affine.beta() {
            Some(beta) => offset + beta.reshape(split),
            None => offset,
        };
        let (factor, offset) = (factor.reshape([samples, channels, 1]), offset.reshape([samples, channels, 1]));
        let x = x.reshape([samples, channels, places]);
        (x * factor + offset).reshape(sizes)
    }
}
