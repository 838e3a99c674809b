//! VGG16: blocks of 3 × 3 convolutions.

use ndarray::{Array, ArrayBase, Data, RemoveAxis};

use crate::activations::activation::Activation;
use crate::applications::arguments::{Arguments, network_arguments};
use crate::applications::imagenet_utils;
use crate::applications::imagenet_utils::Mode;
use crate::arguments::options::{DataFormat, Padding};
use crate::data::elements::HostElement;
use crate::error::Result;
use crate::graph::apply::Apply;
use crate::layers::convolution::conv::Conv2D;
use crate::layers::core_layers::dense::Dense;
use crate::layers::pooling::windowed::MaxPooling2D;
use crate::layers::reshaping::flatten::Flatten;
use crate::model::functional::Functional;

/// The filters and the number of convolutions of each block.
const BLOCKS: [(usize, usize); 5] = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];

/// VGG16, of 138 million weights. The weights are random, as with Keras's `weights=None`.
///
/// # Shapes
///
/// - input: `[batch, 224, 224, 3]`, prepared by [`preprocess_input`]
/// - output: `[batch, classes]`; without top `[batch, height / 32, width / 32, 512]`, and with pooling `[batch, 512]`
///
/// Source: Simonyan and Zisserman, [Very Deep Convolutional Networks](https://arxiv.org/abs/1409.1556), 2014.
///
/// ```
/// use horn::applications::VGG16;
///
/// let network = VGG16().input_shape([64, 64, 3]).classes(10).model()?;
/// assert_eq!(network.layers().len(), 23);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct VGG16 {
    arguments: Arguments,
}

/// `keras.applications.VGG16(weights=None)`. See [`VGG16`](struct@VGG16).
#[allow(non_snake_case)]
pub fn VGG16() -> VGG16 {
    VGG16::new()
}

network_arguments!(VGG16);

impl VGG16 {
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
        let mut x = images.clone();
        for (block, (filters, convolutions)) in (1..).zip(BLOCKS) {
            for at in 1..=convolutions {
                let convolution = Conv2D(filters, 3).activation(Activation::Relu).padding(Padding::Same);
                x = convolution.name(format!("block{block}_conv{at}")).apply(x)?;
            }
            x = MaxPooling2D(2).strides(2).name(format!("block{block}_pool")).apply(x)?;
        }
        let output = if self.arguments.include_top {
            x = Flatten().name("flatten").apply(x)?;
            for name in ["fc1", "fc2"] {
                x = Dense(4096).activation(Activation::Relu).name(name).apply(x)?;
            }
            self.arguments.predictions().apply(x)?
        } else {
            self.arguments.pooled(x, false)?
        };
        self.arguments.model("vgg16", &images, output)
    }
}

/// Orders channels as blue, green, red and subtracts their ImageNet means, for [`VGG16`](struct@VGG16):
/// [`imagenet_utils::preprocess_input`] in its mode, with the channels last.
///
/// ```
/// use horn::applications::vgg16::preprocess_input;
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
