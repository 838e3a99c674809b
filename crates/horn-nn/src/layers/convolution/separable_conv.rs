//! `SeparableConv1D` and `SeparableConv2D`: a depthwise convolution, and one that mixes the channels.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::activations::activation::Activation;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::rounding::Rounding;
use crate::layer::signal::Signal;
use crate::layers::common::{arguments, described};
use crate::layers::convolution::arguments::{WindowArguments, convolution};
use crate::layers::convolution::operate::{activated, forward_convolved, value};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::convolution::{
    at_least_one, convolve, convolve_channels_last, depthwise, depthwise_channels_last, swapped_first,
};
use crate::windows::layout::{Axes, known_channels};
use crate::windows::window::Window;

/// Makes the separable convolution over `n` spatial axes, with kernels of `rank` axes.
macro_rules! separable_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $rank:literal) => {
        convolution! {
            $(#[$doc])+
            $class, $name, $n;
            /// A layer with a depthwise kernel of size `kernel_size`, `filters` pointwise filters and Keras's defaults:
            /// no padding, no activation, a bias, `GlorotUniform` and `Zeros`.
            required: (filters: usize),
            fields: { depth_multiplier: usize = 1, },
            kernels: {
                depthwise, "depthwise kernel": depthwise_initializer, depthwise_regularizer, depthwise_constraint;
                pointwise, "pointwise kernel": pointwise_initializer, pointwise_regularizer, pointwise_constraint;
            }
        }

        arguments!($class {
            /// How many filters each input channel has before they are mixed; 1 by default.
            depth_multiplier: usize,
        });

        impl Layer for $class {
            described!($name, activity; independent_samples: true, computes_in_half: true, ends_in_activation: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let window = self.window.to_window();
                let (axes, _) = checked(&window, self.filters, self.depth_multiplier, input)?;
                activated(window.output_shape(&axes, Some(self.filters))?, self.output.activation)
            }

            fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                let window = self.window.to_window();
                let (_, channels) = checked(&window, self.filters, self.depth_multiplier, input)?;
                let depthwise = self.window.kernel_shape([channels, self.depth_multiplier]);
                let mixing =
                    WindowArguments { data_format: self.window.data_format, ..WindowArguments::<$n>::new(1) };
                let pointwise = mixing.kernel_shape([channels * self.depth_multiplier, self.filters]);
                Ok(BuiltLayer::new(SeparableModule::<$rank> {
                    depthwise_kernel: build.add_weight("depthwise_kernel", depthwise, self.depthwise())?,
                    pointwise_kernel: build.add_weight("pointwise_kernel", pointwise, self.pointwise())?,
                    bias: self.output.build_bias(self.filters, build)?,
                    window,
                    mixing: mixing.to_window(),
                    activation: self.output.activation,
                    rounding: build.rounding(),
                }))
            }
        }
    };
}

separable_layer! {
    /// Slides filters along each channel of a sequence by itself, and mixes the channels of every step.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, channels]`; `steps` may be unknown
    /// - output: `[batch, new steps, filters]`
    /// - weights: depthwise kernel `[kernel size, channels, depth multiplier]`, pointwise kernel
    ///   `[1, channels · depth multiplier, filters]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::SeparableConv1D;
    ///
    /// let layer = SeparableConv1D(16, 3).strides(2);
    /// ```
    SeparableConv1D, "SeparableConv1D", 1, 3
}

separable_layer! {
    /// Slides filters over each channel of an image by itself, and mixes the channels of every point: almost what
    /// [`Conv2D`](struct@crate::layers::Conv2D) does, with far fewer weights.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, new height, new width, filters]`
    /// - weights: depthwise kernel `[kernel height, kernel width, channels, depth multiplier]`, pointwise kernel
    ///   `[1, 1, channels · depth multiplier, filters]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::{Padding, SeparableConv2D};
    ///
    /// let layer = SeparableConv2D(64, 3).padding(Padding::Same);
    /// ```
    SeparableConv2D, "SeparableConv2D", 2, 4
}

/// The axes of the input and its channels, where the layer can take it.
fn checked(window: &Window, filters: usize, multiplier: usize, input: &Shape) -> Result<(Axes, usize)> {
    window.check(false)?;
    at_least_one("filters", filters)?;
    at_least_one("depth_multiplier", multiplier)?;
    let axes = window.data_format.split(input, window.sizes.len())?;
    let channels = known_channels(&axes, input)?;
    Ok((axes, channels))
}

#[derive(Module, Debug)]
struct SeparableModule<const D: usize> {
    depthwise_kernel: Param<Tensor<D>>,
    pointwise_kernel: Param<Tensor<D>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    window: Window,
    #[module(skip)]
    mixing: Window,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    rounding: Rounding,
}

impl<const D: usize> SeparableModule<D> {
    fn convolve_channels_last(&self, x: &AnyTensor, relu: bool) -> Result<Option<AnyTensor>> {
        let Some(y) = depthwise_channels_last(x, &self.depthwise_kernel.val(), None, &self.window, false)? else {
            return Ok(None);
        };
        let y = self.rounding.apply_any(y)?;
        let (kernel, bias) = (self.pointwise_kernel.val(), value(&self.bias));
        convolve_channels_last(&y, &kernel, bias.as_ref(), &self.mixing, 1, relu, None)
    }

    fn convolve(&self, x: AnyTensor) -> Result<AnyTensor> {
        let y = self.rounding.apply_any(depthwise(x, self.depthwise_kernel.val(), None, &self.window)?)?;
        let kernel = self.pointwise_kernel.val().permute(swapped_first());
        convolve(y, kernel.into(), value(&self.bias), &self.mixing, 1)
    }
}

forward_convolved!(SeparableModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        // What the depthwise convolution gives and works in, and its copy in the order of the other one.
        let channels = self.pointwise_kernel.dims()[D - 2];
        inputs.iter().map(|input| self.window.count(&input.sizes(), channels)).sum::<u64>().saturating_mul(3)
    }
});
