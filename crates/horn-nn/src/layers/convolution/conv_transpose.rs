//! `Conv1DTranspose`, `Conv2DTranspose` and `Conv3DTranspose`: convolutions the other way round.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::activations::activation::Activation;
use crate::arguments::sizes::Sizes;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::rounding::Rounding;
use crate::layers::common::described;
use crate::layers::convolution::arguments::convolution;
use crate::layers::convolution::operate::{activated, forward_convolved, value};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::convolution::swapped_first;
use crate::windows::layout::known_channels;
use crate::windows::transposed::{Crop, Crops, convolve_transposed, convolve_transposed_channels_last};
use crate::windows::window::Window;

/// Makes the transposed convolution over `n` spatial axes, with kernels of `rank` axes.
macro_rules! transposed_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $rank:literal) => {
        convolution! {
            $(#[$doc])+
            $class, $name, $n;
            /// A layer with `filters` filters of size `kernel_size` and Keras's defaults: no padding, no activation, a
            /// bias, `GlorotUniform` and `Zeros`.
            required: (filters: usize),
            fields: { output_padding: Option<Sizes<$n>> = None, },
            kernels: {
                kernel, "kernel": kernel_initializer, kernel_regularizer, kernel_constraint;
            }
        }

        impl $class {
            /// How many values the output is longer than the shortest that such an input can come from, along each axis:
            /// less than the strides. By default, with [`Padding::Same`], the output is as long as the input times the
            /// strides.
            #[must_use]
            pub fn output_padding(mut self, output_padding: impl Into<Sizes<$n>>) -> Self {
                self.output_padding = Some(output_padding.into());
                self
            }

            fn crops(&self) -> Result<Crops> {
                let output_padding = self.output_padding.map(|sizes| sizes.to_array().to_vec());
                Crops::new(self.window.to_window(), self.filters, output_padding)
            }
        }

        impl Layer for $class {
            described!($name, activity; independent_samples: true, computes_in_half: true, ends_in_activation: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                activated(self.crops()?.output_shape(input, self.filters)?, self.output.activation)
            }

            fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                let Crops { window, crops } = self.crops()?;
                let channels = known_channels(&window.data_format.split(input, $n)?, input)?;
                let shape = self.window.kernel_shape([self.filters, channels]);
                Ok(BuiltLayer::new(TransposedModule::<$rank> {
                    kernel: build.add_weight("kernel", shape, self.kernel())?,
                    bias: self.output.build_bias(self.filters, build)?,
                    window,
                    crops,
                    activation: self.output.activation,
                    rounding: build.rounding(),
                }))
            }
        }
    };
}

transposed_layer! {
    /// The gradient of a [`Conv1D`](struct@crate::layers::Conv1D) as a layer: sequences become longer by the strides.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, channels]`; `steps` may be unknown
    /// - output: `[batch, new steps, filters]`
    /// - weights: kernel `[kernel size, filters, channels]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::Conv1DTranspose;
    ///
    /// let layer = Conv1DTranspose(16, 3).strides(2);
    /// ```
    Conv1DTranspose, "Conv1DTranspose", 1, 3
}

transposed_layer! {
    /// The gradient of a [`Conv2D`](struct@crate::layers::Conv2D) as a layer: images become larger by the strides.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, new height, new width, filters]`
    /// - weights: kernel `[kernel height, kernel width, filters, channels]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::{Conv2DTranspose, Padding};
    /// use horn::{Layer, Shape};
    ///
    /// let layer = Conv2DTranspose(8, 3).strides(2).padding(Padding::Same);
    /// assert_eq!(layer.output_shape(&Shape::batched([7, 7, 32]))?, Shape::batched([14, 14, 8]));
    /// # Ok::<(), horn::Error>(())
    /// ```
    Conv2DTranspose, "Conv2DTranspose", 2, 4
}

transposed_layer! {
    /// The gradient of a [`Conv3D`](struct@crate::layers::Conv3D) as a layer: volumes become larger by the strides.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, new depth, new height, new width, filters]`
    /// - weights: kernel `[kernel depth, kernel height, kernel width, filters, channels]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::Conv3DTranspose;
    ///
    /// let layer = Conv3DTranspose(4, 2).strides(2);
    /// ```
    Conv3DTranspose, "Conv3DTranspose", 3, 5
}

#[derive(Module, Debug)]
struct TransposedModule<const D: usize> {
    kernel: Param<Tensor<D>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    window: Window,
    #[module(skip)]
    crops: Vec<Crop>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    rounding: Rounding,
}

impl<const D: usize> TransposedModule<D> {
    fn convolve_channels_last(&self, x: &AnyTensor, relu: bool) -> Result<Option<AnyTensor>> {
        let (kernel, bias) = (self.kernel.val(), value(&self.bias));
        convolve_transposed_channels_last(x, &kernel, bias.as_ref(), &self.window, &self.crops, relu)
    }

    fn convolve(&self, x: AnyTensor) -> Result<AnyTensor> {
        let kernel = self.kernel.val().permute(swapped_first());
        convolve_transposed(x, kernel.into(), value(&self.bias), &self.window, &self.crops)
    }
}

forward_convolved!(TransposedModule);
