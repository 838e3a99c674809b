//! EfficientNetB0: inverted residual blocks with squeeze-and-excitation.

use ndarray::{Array, ArrayBase, Data, Dimension};

use crate::activations;
use crate::applications::arguments::{Arguments, network_arguments};
use crate::applications::imagenet_utils::{floats, halving_padding};
use crate::arguments::options::Padding;
use crate::data::elements::HostElement;
use crate::error::Result;
use crate::graph::apply::Apply;
use crate::graph::keras_tensor::KerasTensor;
use crate::initializers::variance_scaling::{Distribution, Mode, VarianceScaling};
use crate::layer::description::Layer;
use crate::layers::activation::activation_layer::Activation;
use crate::layers::convolution::conv::Conv2D;
use crate::layers::convolution::depthwise_conv::DepthwiseConv2D;
use crate::layers::merging::elementwise::{Add, Multiply};
use crate::layers::normalization::batch_normalization::BatchNormalization;
use crate::layers::normalization::normalization::Normalization;
use crate::layers::pooling::global::GlobalAveragePooling2D;
use crate::layers::preprocessing::rescaling::Rescaling;
use crate::layers::regularization::dropout::Dropout;
use crate::layers::reshaping::reshape::Reshape;
use crate::layers::reshaping::zero_padding::ZeroPadding2D;
use crate::model::functional::Functional;

/// A stage: the number of its blocks, and their options.
struct Stage {
    kernel_size: usize,
    repeats: usize,
    filters: usize,
    expand_ratio: usize,
    strides: usize,
}

const STAGES: [Stage; 7] = [
    Stage { kernel_size: 3, repeats: 1, filters: 16, expand_ratio: 1, strides: 1 },
    Stage { kernel_size: 3, repeats: 2, filters: 24, expand_ratio: 6, strides: 2 },
    Stage { kernel_size: 5, repeats: 2, filters: 40, expand_ratio: 6, strides: 2 },
    Stage { kernel_size: 3, repeats: 3, filters: 80, expand_ratio: 6, strides: 2 },
    Stage { kernel_size: 5, repeats: 3, filters: 112, expand_ratio: 6, strides: 1 },
    Stage { kernel_size: 5, repeats: 4, filters: 192, expand_ratio: 6, strides: 2 },
    Stage { kernel_size: 3, repeats: 1, filters: 320, expand_ratio: 6, strides: 1 },
];

/// The number of blocks of all stages.
const BLOCKS: f64 = 16.0;

/// The dropout rate of the last block and of the classifier.
const DROP: f64 = 0.2;

/// EfficientNetB0, of 5.3 million weights. The weights are random, as with Keras's `weights=None`.
///
/// # Shapes
///
/// - input: `[batch, 224, 224, 3]`, pixels from 0 to 255
/// - output: `[batch, classes]`; without top `[batch, height / 32, width / 32, 1280]` (rounded up), and with pooling
///   `[batch, 1280]`
///
/// Source: Tan and Le, [EfficientNet](https://arxiv.org/abs/1905.11946), 2019.
///
/// ```
/// use horn::applications::EfficientNetB0;
///
/// let network = EfficientNetB0().classes(10).model()?;
/// assert_eq!(network.layers().len(), 240);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct EfficientNetB0 {
    arguments: Arguments,
}

/// `keras.applications.EfficientNetB0(weights=None)`. See [`EfficientNetB0`](struct@EfficientNetB0).
#[allow(non_snake_case)]
pub fn EfficientNetB0() -> EfficientNetB0 {
    EfficientNetB0::new()
}

network_arguments!(EfficientNetB0);

impl EfficientNetB0 {
    /// The network with Keras's defaults.
    pub fn new() -> Self {
        Self { arguments: Arguments::default() }
    }

    /// The graph of the network.
    ///
    /// # Errors
    ///
    /// If an argument is invalid.
    pub fn model(&self) -> Result<Functional> {
        let images = self.arguments.images()?;
        let x = Normalization().axis(3).apply(Rescaling(1.0 / 255.0).apply(&images)?)?;
        let x = ZeroPadding2D(halving_padding(&x, 3)).name("stem_conv_pad").apply(x)?;
        let stem = Conv2D(32, 3).strides(2).use_bias(false).kernel_initializer(kernels()).name("stem_conv");
        let mut x = swish("stem_activation").apply(normalization("stem_bn").apply(stem.apply(x)?)?)?;
        let mut before = 0;
        for (number, stage) in (1..).zip(STAGES) {
            for (letter, at) in ('a'..).zip(0..stage.repeats) {
                let strides = if at == 0 { stage.strides } else { 1 };
                let dropped = DROP * f64::from(before) / BLOCKS;
                x = block(&format!("block{number}{letter}_"), x, &stage, strides, dropped)?;
                before += 1;
            }
        }
        let x = pointwise(1280).use_bias(false).name("top_conv").apply(x)?;
        let x = swish("top_activation").apply(normalization("top_bn").apply(x)?)?;
        let output = if self.arguments.include_top {
            let x = GlobalAveragePooling2D().name("avg_pool").apply(x)?;
            let x = Dropout(DROP).name("top_dropout").apply(x)?;
            let spread = VarianceScaling::new().scale(1.0 / 3.0).mode(Mode::FanOut).distribution(Distribution::Uniform);
            self.arguments.predictions().kernel_initializer(spread).apply(x)?
        } else {
            self.arguments.pooled(x, true)?
        };
        self.arguments.model("efficientnetb0", &images, output)
    }
}

fn kernels() -> VarianceScaling {
    VarianceScaling::new().scale(2.0).mode(Mode::FanOut).distribution(Distribution::TruncatedNormal)
}

fn pointwise(filters: usize) -> Conv2D {
    Conv2D(filters, 1).padding(Padding::Same).kernel_initializer(kernels())
}

fn normalization(name: impl Into<String>) -> BatchNormalization {
    BatchNormalization().axis(3).name(name)
}

fn swish(name: impl Into<String>) -> impl Layer {
    Activation(activations::Activation::Silu).name(name)
}

/// An inverted residual block: expansion, depthwise convolution, squeeze-and-excitation and projection, with a shortcut if
/// the shape is the same.
fn block(prefix: &str, input: KerasTensor, stage: &Stage, strides: usize, dropped: f64) -> Result<KerasTensor> {
    let named = |part: &str| format!("{prefix}{part}");
    let channels = input.shape().last().unwrap_or_default();
    let wide = channels * stage.expand_ratio;

    let mut x = input.clone();
    if stage.expand_ratio != 1 {
        x = pointwise(wide).use_bias(false).name(named("expand_conv")).apply(x)?;
        x = swish(named("expand_activation")).apply(normalization(named("expand_bn")).apply(x)?)?;
    }
    let padding = if strides == 2 {
        x = ZeroPadding2D(halving_padding(&x, stage.kernel_size)).name(named("dwconv_pad")).apply(x)?;
        Padding::Valid
    } else {
        Padding::Same
    };
    let depthwise = DepthwiseConv2D(stage.kernel_size).strides(strides).padding(padding).use_bias(false);
    x = depthwise.depthwise_initializer(kernels()).name(named("dwconv")).apply(x)?;
    x = swish(named("activation")).apply(normalization(named("bn")).apply(x)?)?;

    x = weighed(&named, x, (channels / 4).max(1), wide)?;

    x = pointwise(stage.filters).use_bias(false).name(named("project_conv")).apply(x)?;
    x = normalization(named("project_bn")).apply(x)?;
    if strides != 1 || channels != stage.filters {
        return Ok(x);
    }
    if dropped > 0.0 {
        x = Dropout(dropped).noise_shape([None, Some(1), Some(1), Some(1)]).name(named("drop")).apply(x)?;
    }
    Add().name(named("add")).apply((x, input))
}

/// Squeeze-and-excitation: scales each channel by a factor from 0 to 1 that is computed from the means of all channels.
///
/// Source: Hu, Shen, Albanie, Sun and Wu, [Squeeze-and-Excitation Networks](https://arxiv.org/abs/1709.01507), 2017.
fn weighed(named: &impl Fn(&str) -> String, x: KerasTensor, narrow: usize, wide: usize) -> Result<KerasTensor> {
    let means = GlobalAveragePooling2D().name(named("se_squeeze")).apply(&x)?;
    let means = Reshape([1, 1, wide as isize]).name(named("se_reshape")).apply(means)?;
    let reduce = pointwise(narrow).activation(activations::Activation::Silu).name(named("se_reduce"));
    let expand = pointwise(wide).activation(activations::Activation::Sigmoid).name(named("se_expand"));
    let weights = expand.apply(reduce.apply(means)?)?;
    Multiply().name(named("se_excite")).apply((x, weights))
}

/// Converts images to floats, without scaling: the network scales them itself.
///
/// ```
/// use horn::applications::efficientnet::preprocess_input;
/// use ndarray::Array4;
///
/// let images = preprocess_input(&Array4::<u8>::from_elem((1, 32, 32, 3), 255))?;
/// assert_eq!(images[[0, 0, 0, 0]], 255.0);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the images are strings.
pub fn preprocess_input<E: HostElement, S: Data<Elem = E>, D: Dimension>(
    images: &ArrayBase<S, D>,
) -> Result<Array<f32, D>> {
    floats(images)
}
