//! MobileNetV2: a small and fast network of depthwise convolutions.

use ndarray::{Array, ArrayBase, Data, RemoveAxis};

use crate::applications::arguments::{Arguments, network_arguments};
use crate::applications::imagenet_utils;
use crate::applications::imagenet_utils::{Mode, halving_padding};
use crate::arguments::options::{DataFormat, Padding};
use crate::data::elements::HostElement;
use crate::error::{Error, Result};
use crate::graph::apply::Apply;
use crate::graph::keras_tensor::KerasTensor;
use crate::layers::activation::relu::ReLU;
use crate::layers::convolution::conv::Conv2D;
use crate::layers::convolution::depthwise_conv::DepthwiseConv2D;
use crate::layers::merging::elementwise::Add;
use crate::layers::normalization::batch_normalization::BatchNormalization;
use crate::layers::pooling::global::GlobalAveragePooling2D;
use crate::layers::reshaping::zero_padding::ZeroPadding2D;
use crate::model::functional::Functional;

/// The filters, the number of blocks, and the stride of the first block of each stage.
const STAGES: [(usize, usize, usize); 7] =
    [(16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)];

/// The factor by which a block expands its channels.
const EXPANSION: usize = 6;

/// MobileNetV2, of 3.5 million weights. The weights are random, as with Keras's `weights=None`.
///
/// # Shapes
///
/// - input: `[batch, 224, 224, 3]`, prepared by [`preprocess_input`]
/// - output: `[batch, classes]`; without top `[batch, height / 32, width / 32, 1280]` (rounded up), and with pooling
///   `[batch, 1280]`; with an `alpha` above 1, `alpha` times 1280
///
/// Source: Sandler, Howard, Zhu, Zhmoginov and Chen, [MobileNetV2](https://arxiv.org/abs/1801.04381), 2018.
///
/// ```
/// use horn::applications::MobileNetV2;
///
/// let network = MobileNetV2().alpha(0.5).classes(10).model()?;
/// assert_eq!(network.layers().len(), 156);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MobileNetV2 {
    arguments: Arguments,
    alpha: f64,
}

/// `keras.applications.MobileNetV2(weights=None)`. See [`MobileNetV2`](struct@MobileNetV2).
#[allow(non_snake_case)]
pub fn MobileNetV2() -> MobileNetV2 {
    MobileNetV2::new()
}

network_arguments!(MobileNetV2);

impl MobileNetV2 {
    /// The network with Keras's defaults.
    pub fn new() -> Self {
        Self { arguments: Arguments::default(), alpha: 1.0 }
    }

    /// Sets the width multiplier: the factor for the number of filters, rounded to multiples of 8. 1 by default.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// The graph of the network.
    ///
    /// # Errors
    ///
    /// If an argument is invalid.
    pub fn model(&self) -> Result<Functional> {
        if !(self.alpha > 0.0 && self.alpha <= 100.0) {
            return Err(Error::argument("alpha is out of range")
                .at("alpha")
                .received(self.alpha)
                .expected("a number above 0 and up to 100")
                .hint("leave alpha out, or give a number such as 0.35, 0.5, 0.75, 1.3 or 1.4"));
        }
        let images = self.arguments.images()?;
        let x = Conv2D(eights(32.0 * self.alpha), 3).strides(2).padding(Padding::Same).use_bias(false).name("Conv1");
        let mut x = relu6("Conv1_relu").apply(normalization("bn_Conv1").apply(x.apply(&images)?)?)?;
        let mut at = 0;
        for (filters, blocks, stride) in STAGES {
            let filters = eights((filters as f64 * self.alpha).floor());
            for block_in_stage in 0..blocks {
                let stride = if block_in_stage == 0 { stride } else { 1 };
                x = block(at, x, filters, stride)?;
                at += 1;
            }
        }
        let x = Conv2D(eights(1280.0 * self.alpha.max(1.0)), 1).use_bias(false).name("Conv_1").apply(x)?;
        let x = relu6("out_relu").apply(normalization("Conv_1_bn").apply(x)?)?;
        let output = if self.arguments.include_top {
            self.arguments.predictions().apply(GlobalAveragePooling2D().apply(x)?)?
        } else {
            self.arguments.pooled(x, false)?
        };
        let height = images.shape().sizes()[1].map_or("None".to_owned(), |height| height.to_string());
        self.arguments.model(&format!("mobilenetv2_{:.2}_{height}", self.alpha), &images, output)
    }
}

/// The nearest multiple of 8, but at least 0.9 times the number.
fn eights(filters: f64) -> usize {
    let rounded = (((filters + 4.0) / 8.0).floor() * 8.0).max(8.0);
    let rounded = if rounded < 0.9 * filters { rounded + 8.0 } else { rounded };
    rounded as usize
}

fn normalization(name: impl Into<String>) -> BatchNormalization {
    BatchNormalization().axis(-1).epsilon(1e-3).momentum(0.999).name(name)
}

fn relu6(name: impl Into<String>) -> ReLU {
    ReLU().max_value(6.0).name(name)
}

/// An inverted residual block: expansion, depthwise convolution and projection, with a shortcut if the shape is the same.
/// The first block of the network has no expansion.
fn block(at: usize, input: KerasTensor, filters: usize, stride: usize) -> Result<KerasTensor> {
    let prefix = if at == 0 { "expanded_conv_".to_owned() } else { format!("block_{at}_") };
    let named = |part: &str| format!("{prefix}{part}");
    let pointwise = |filters| Conv2D(filters, 1).padding(Padding::Same).use_bias(false);
    let channels = input.shape().last().unwrap_or_default();

    let mut x = input.clone();
    if at > 0 {
        x = pointwise(EXPANSION * channels).name(named("expand")).apply(x)?;
        x = relu6(named("expand_relu")).apply(normalization(named("expand_BN")).apply(x)?)?;
    }
    let padding = if stride == 2 {
        x = ZeroPadding2D(halving_padding(&x, 3)).name(named("pad")).apply(x)?;
        Padding::Valid
    } else {
        Padding::Same
    };
    x = DepthwiseConv2D(3).strides(stride).use_bias(false).padding(padding).name(named("depthwise")).apply(x)?;
    x = relu6(named("depthwise_relu")).apply(normalization(named("depthwise_BN")).apply(x)?)?;
    x = pointwise(filters).name(named("project")).apply(x)?;
    x = normalization(named("project_BN")).apply(x)?;
    if channels == filters && stride == 1 { Add().name(named("add")).apply((input, x)) } else { Ok(x) }
}

/// Scales pixels to the range from -1 to 1 for [`MobileNetV2`](struct@MobileNetV2):
/// [`imagenet_utils::preprocess_input`] in its mode, with the channels last.
///
/// ```
/// use horn::applications::mobilenet_v2::preprocess_input;
/// use ndarray::Array4;
///
/// let images = preprocess_input(&Array4::<u8>::from_elem((1, 32, 32, 3), 255))?;
/// assert_eq!(images[[0, 0, 0, 0]], 1.0);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the array is not an image or a batch of images.
pub fn preprocess_input<E: HostElement, S: Data<Elem = E>, D: RemoveAxis>(
    images: &ArrayBase<S, D>,
) -> Result<Array<f32, D>> {
    imagenet_utils::preprocess_input(images, Mode::Tf, DataFormat::ChannelsLast)
}
