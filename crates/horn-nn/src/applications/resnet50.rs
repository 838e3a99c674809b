//! ResNet50: residual blocks.

use ndarray::{Array, ArrayBase, Data, RemoveAxis};

use crate::activations;
use crate::applications::arguments::{Arguments, network_arguments};
use crate::applications::imagenet_utils;
use crate::applications::imagenet_utils::Mode;
use crate::arguments::options::{DataFormat, Padding};
use crate::data::elements::HostElement;
use crate::error::Result;
use crate::graph::apply::Apply;
use crate::graph::keras_tensor::KerasTensor;
use crate::layer::description::Layer;
use crate::layers::activation::activation_layer::Activation;
use crate::layers::convolution::conv::Conv2D;
use crate::layers::merging::elementwise::Add;
use crate::layers::normalization::batch_normalization::BatchNormalization;
use crate::layers::pooling::global::GlobalAveragePooling2D;
use crate::layers::pooling::windowed::MaxPooling2D;
use crate::layers::reshaping::zero_padding::ZeroPadding2D;
use crate::model::functional::Functional;

/// The stages: name, filters, number of blocks, and stride of the first block.
const STAGES: [(&str, usize, usize, usize); 4] =
    [("conv2", 64, 3, 1), ("conv3", 128, 4, 2), ("conv4", 256, 6, 2), ("conv5", 512, 3, 2)];

/// ResNet50, of 26 million weights. The weights are random, as with Keras's `weights=None`.
///
/// # Shapes
///
/// - input: `[batch, 224, 224, 3]`, prepared by [`preprocess_input`]
/// - output: `[batch, classes]`; without top `[batch, height / 32, width / 32, 2048]` (rounded up), and with pooling
///   `[batch, 2048]`
///
/// Source: He, Zhang, Ren and Sun, [Deep Residual Learning](https://arxiv.org/abs/1512.03385), 2015.
///
/// ```
/// use horn::applications::ResNet50;
///
/// let network = ResNet50().classes(10).model()?;
/// assert_eq!(network.layers().len(), 177);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ResNet50 {
    arguments: Arguments,
}

/// `keras.applications.ResNet50(weights=None)`. See [`ResNet50`](struct@ResNet50).
#[allow(non_snake_case)]
pub fn ResNet50() -> ResNet50 {
    ResNet50::new()
}

network_arguments!(ResNet50);

impl ResNet50 {
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
        let x = ZeroPadding2D(3).name("conv1_pad").apply(&images)?;
        let x = Conv2D(64, 7).strides(2).name("conv1_conv").apply(x)?;
        let x = relu("conv1_relu").apply(normalization("conv1_bn").apply(x)?)?;
        let x = ZeroPadding2D(1).name("pool1_pad").apply(x)?;
        let mut x = MaxPooling2D(3).strides(2).name("pool1_pool").apply(x)?;
        for (stage, filters, blocks, stride) in STAGES {
            x = block(&format!("{stage}_block1"), &x, filters, Some(stride))?;
            for at in 2..=blocks {
                x = block(&format!("{stage}_block{at}"), &x, filters, None)?;
            }
        }
        let output = if self.arguments.include_top {
            let features = GlobalAveragePooling2D().name("avg_pool").apply(x)?;
            self.arguments.predictions().apply(features)?
        } else {
            self.arguments.pooled(x, true)?
        };
        self.arguments.model("resnet50", &images, output)
    }
}

fn normalization(name: impl Into<String>) -> BatchNormalization {
    BatchNormalization().axis(3).epsilon(1.001e-5).name(name)
}

fn relu(name: impl Into<String>) -> impl Layer {
    Activation(activations::Activation::Relu).name(name)
}

/// A residual block: three convolutions and a shortcut. The first block of a stage changes the shape, so its shortcut has
/// a convolution, too, and both have the stride of the stage.
fn block(name: &str, x: &KerasTensor, filters: usize, stride: Option<usize>) -> Result<KerasTensor> {
    let named = |part: &str| format!("{name}_{part}");
    let strides = stride.unwrap_or(1);
    let shortcut = match stride {
        Some(_) => {
            let shortcut = Conv2D(4 * filters, 1).strides(strides).name(named("0_conv")).apply(x)?;
            normalization(named("0_bn")).apply(shortcut)?
        }
        None => x.clone(),
    };
    let y = Conv2D(filters, 1).strides(strides).name(named("1_conv")).apply(x)?;
    let y = relu(named("1_relu")).apply(normalization(named("1_bn")).apply(y)?)?;
    let y = Conv2D(filters, 3).padding(Padding::Same).name(named("2_conv")).apply(y)?;
    let y = relu(named("2_relu")).apply(normalization(named("2_bn")).apply(y)?)?;
    let y = Conv2D(4 * filters, 1).name(named("3_conv")).apply(y)?;
    let y = normalization(named("3_bn")).apply(y)?;
    let y = Add().name(named("add")).apply((shortcut, y))?;
    relu(named("out")).apply(y)
}

/// Orders channels as blue, green, red and subtracts their ImageNet means, for [`ResNet50`](struct@ResNet50):
/// [`imagenet_utils::preprocess_input`] in its mode, with the channels last.
///
/// ```
/// use horn::applications::resnet50::preprocess_input;
/// use ndarray::Array4;
///
/// let images = preprocess_input(&Array4::<u8>::from_elem((1, 32, 32, 3), 255))?;
/// assert_eq!(images[[0, 0, 0, 0]], 255.0 - 103.939);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If the array is not an image with three channels or a batch of them.
pub fn preprocess_input<E: HostElement, S: Data<Elem = E>, D: RemoveAxis>(
    images: &ArrayBase<S, D>,
) -> Result<Array<f32, D>> {
    imagenet_utils::preprocess_input(images, Mode::Caffe, DataFormat::ChannelsLast)
}
