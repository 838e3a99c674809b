//! `DepthwiseConv1D` and `DepthwiseConv2D`: every channel has filters of its own.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::activations::activation::Activation;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::rounding::Rounding;
use crate::layers::common::{arguments, described};
use crate::layers::convolution::arguments::convolution;
use crate::layers::convolution::operate::{activated, forward_convolved, value};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::convolution::{at_least_one, depthwise, depthwise_channels_last};
use crate::windows::layout::{Axes, known_channels};
use crate::windows::window::Window;

/// Makes the depthwise convolution over `n` spatial axes, with kernels of `rank` axes.
macro_rules! depthwise_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $rank:literal) => {
        convolution! {
            $(#[$doc])+
            $class, $name, $n;
            /// A layer with one filter of this size for each channel, and Keras's defaults: no padding, no activation,
            /// a bias, `GlorotUniform` and `Zeros`.
            required: (),
            fields: { depth_multiplier: usize = 1, },
            kernels: {
                kernel, "kernel": depthwise_initializer, depthwise_regularizer, depthwise_constraint;
            }
        }

        arguments!($class {
            /// How many filters, and so outputs, each input channel has; 1 by default.
            depth_multiplier: usize,
        });

        impl Layer for $class {
            described!($name, activity; independent_samples: true, computes_in_half: true, ends_in_activation: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let window = self.window.to_window();
                let (axes, channels) = checked(&window, self.depth_multiplier, input)?;
                let outputs = Some(channels * self.depth_multiplier);
                activated(window.output_shape(&axes, outputs)?, self.output.activation)
            }

            fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                let window = self.window.to_window();
                let (_, channels) = checked(&window, self.depth_multiplier, input)?;
                let shape = self.window.kernel_shape([channels, self.depth_multiplier]);
                Ok(BuiltLayer::new(DepthwiseModule::<$rank> {
                    kernel: build.add_weight("kernel", shape, self.kernel())?,
                    bias: self.output.build_bias(channels * self.depth_multiplier, build)?,
                    window,
                    activation: self.output.activation,
                    rounding: build.rounding(),
                }))
            }
        }
    };
}

depthwise_layer! {
    /// Slides filters along each channel of a sequence by itself.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, channels]`; `steps` may be unknown
    /// - output: `[batch, new steps, channels · depth multiplier]`, the outputs of a channel beside each other
    /// - weights: kernel `[kernel size, channels, depth multiplier]`, bias `[channels · depth multiplier]`
    ///
    /// ```
    /// use horn::layers::DepthwiseConv1D;
    ///
    /// let layer = DepthwiseConv1D(3).depth_multiplier(2);
    /// ```
    DepthwiseConv1D, "DepthwiseConv1D", 1, 3
}

depthwise_layer! {
    /// Slides filters over each channel of an image by itself.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, new height, new width, channels · depth multiplier]`, the outputs of a channel beside each
    ///   other
    /// - weights: kernel `[kernel height, kernel width, channels, depth multiplier]`, bias
    ///   `[channels · depth multiplier]`
    ///
    /// ```
    /// use horn::layers::{DepthwiseConv2D, Padding};
    /// use horn::{Layer, Shape};
    ///
    /// let layer = DepthwiseConv2D(3).padding(Padding::Same).use_bias(false);
    /// assert_eq!(layer.output_shape(&Shape::batched([8, 8, 16]))?, Shape::batched([8, 8, 16]));
    /// # Ok::<(), horn::Error>(())
    /// ```
    DepthwiseConv2D, "DepthwiseConv2D", 2, 4
}

/// The axes of the input and its channels, where the layer can take it.
fn checked(window: &Window, multiplier: usize, input: &Shape) -> Result<(Axes, usize)> {
    window.check(false)?;
    at_least_one("depth_multiplier", multiplier)?;
    let axes = window.data_format.split(input, window.sizes.len())?;
    let channels = known_channels(&axes, input)?;
    Ok((axes, channels))
}

#[derive(Module, Debug)]
struct DepthwiseModule<const D: usize> {
    kernel: Param<Tensor<D>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    window: Window,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    rounding: Rounding,
}

impl<const D: usize> DepthwiseModule<D> {
    fn convolve_channels_last(&self, x: &AnyTensor, relu: bool) -> Result<Option<AnyTensor>> {
        let (kernel, bias) = (self.kernel.val(), value(&self.bias));
        depthwise_channels_last(x, &kernel, bias.as_ref(), &self.window, relu)
    }

    fn convolve(&self, x: AnyTensor) -> Result<AnyTensor> {
        depthwise(x, self.kernel.val(), value(&self.bias), &self.window)
    }
}

forward_convolved!(DepthwiseModule, output_axes: 2);
