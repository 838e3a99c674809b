//! `Conv1D`, `Conv2D` and `Conv3D`: convolutions.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use horn_kernels::Pool;

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::rounding::Rounding;
use crate::layers::common::{arguments, described};
use crate::layers::convolution::arguments::convolution;
use crate::layers::convolution::operate::{activated, forward_convolved, value};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::convolution::{at_least_one, convolve, convolve_channels_last, swapped_first};
use crate::windows::layout::{Axes, known_channels};
use crate::windows::window::Window;

/// Makes the convolution over `n` spatial axes, with kernels of `rank` axes.
macro_rules! conv_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $rank:literal) => {
        convolution! {
            $(#[$doc])+
            $class, $name, $n;
            /// A layer with `filters` filters of size `kernel_size` and Keras's defaults: no padding, no activation, a
            /// bias, `GlorotUniform` and `Zeros`.
            required: (filters: usize),
            fields: { groups: usize = 1, },
            kernels: {
                kernel, "kernel": kernel_initializer, kernel_regularizer, kernel_constraint;
            }
        }

        arguments!($class {
            /// Into how many groups the channels are split, each with filters of its own; 1 by default.
            groups: usize,
        });

        impl Layer for $class {
            described!($name, activity; independent_samples: true, computes_in_half: true, ends_in_activation: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let window = self.window.to_window();
                let (axes, _) = checked(&window, self.filters, self.groups, input)?;
                activated(window.output_shape(&axes, Some(self.filters))?, self.output.activation)
            }

            fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                let window = self.window.to_window();
                let (_, channels) = checked(&window, self.filters, self.groups, input)?;
                let shape = self.window.kernel_shape([channels / self.groups, self.filters]);
                Ok(BuiltLayer::new(ConvModule::<$rank> {
                    kernel: build.add_weight("kernel", shape, self.kernel())?,
                    bias: self.output.build_bias(self.filters, build)?,
                    window,
                    groups: self.groups,
                    activation: self.output.activation,
                    rounding: build.rounding(),
                }))
            }
        }
    };
}

conv_layer! {
    /// Filters that slide along a sequence: `output = activation(input ∗ kernel + bias)`.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, channels]`; `steps` may be unknown
    /// - output: `[batch, new steps, filters]`
    /// - weights: kernel `[kernel size, channels / groups, filters]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::{Conv1D, Padding};
    ///
    /// let layer = Conv1D(32, 3).padding(Padding::Causal).dilation_rate(2);
    /// ```
    Conv1D, "Conv1D", 1, 3
}

conv_layer! {
    /// Filters that slide over an image: `output = activation(input ∗ kernel + bias)`.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, new height, new width, filters]`
    /// - weights: kernel `[kernel height, kernel width, channels / groups, filters]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::{Conv2D, Padding};
    /// use horn::{Activation, Layer, Shape};
    ///
    /// let layer = Conv2D(32, (3, 3)).activation(Activation::Relu).strides(2).padding(Padding::Same);
    /// assert_eq!(layer.output_shape(&Shape::batched([28, 28, 1]))?, Shape::batched([14, 14, 32]));
    /// # Ok::<(), horn::Error>(())
    /// ```
    Conv2D, "Conv2D", 2, 4
}

conv_layer! {
    /// Filters that slide through a volume: `output = activation(input ∗ kernel + bias)`.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, new depth, new height, new width, filters]`
    /// - weights: kernel `[kernel depth, kernel height, kernel width, channels / groups, filters]`, bias `[filters]`
    ///
    /// ```
    /// use horn::layers::Conv3D;
    ///
    /// let layer = Conv3D(8, 3).strides((1, 2, 2));
    /// ```
    Conv3D, "Conv3D", 3, 5
}

/// The axes of the input and its channels, where the layer can take it.
fn checked(window: &Window, filters: usize, groups: usize, input: &Shape) -> Result<(Axes, usize)> {
    window.check(window.sizes.len() == 1)?;
    window.check_strides_or_dilation()?;
    at_least_one("filters", filters)?;
    at_least_one("groups", groups)?;
    let axes = window.data_format.split(input, window.sizes.len())?;
    let channels = known_channels(&axes, input)?;
    let uneven = |what: &str, count: usize| {
        Error::argument(format!("the groups do not divide the {what}"))
            .received(format!("{count} {what}, groups = {groups}"))
            .expected(format!("a number of {what} that groups divides"))
            .hint("choose another number of groups or filters")
    };
    if !filters.is_multiple_of(groups) {
        return Err(uneven("filters", filters));
    }
    if !channels.is_multiple_of(groups) {
        return Err(uneven("input channels", channels));
    }
    Ok((axes, channels))
}

#[derive(Module, Debug)]
struct ConvModule<const D: usize> {
    kernel: Param<Tensor<D>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    window: Window,
    groups: usize,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    rounding: Rounding,
}

impl<const D: usize> ConvModule<D> {
    fn convolve_channels_last(&self, x: &AnyTensor, relu: bool) -> Result<Option<AnyTensor>> {
        let (kernel, bias) = (self.kernel.val(), value(&self.bias));
        convolve_channels_last(x, &kernel, bias.as_ref(), &self.window, self.groups, relu, None)
    }

    /// The pooled result with relu, if that is the activation, where the backend has a fast way.
    fn convolve_pooled(&self, x: &AnyTensor, kind: Pool, pool: &Window) -> Result<Option<AnyTensor>> {
        let (kernel, bias) = (self.kernel.val(), value(&self.bias));
        let relu = match self.activation {
            Activation::Linear => false,
            Activation::Relu => true,
            _ => return Ok(None),
        };
        let pooling = Some((kind, pool));
        convolve_channels_last(x, &kernel, bias.as_ref(), &self.window, self.groups, relu, pooling)
    }

    fn convolve(&self, x: AnyTensor) -> Result<AnyTensor> {
        let kernel = self.kernel.val().permute(swapped_first());
        convolve(x, kernel.into(), value(&self.bias), &self.window, self.groups)
    }
}

forward_convolved!(ConvModule, output_axes: 1, pooled by convolve_pooled);
