//! `Conv1D`, `Conv2D` and `Conv3D`: convolutions.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::arguments::sizes::Sizes;
use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::initializer::Initializer;
use crate::initializers::scaled::GlorotUniform;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, described, weight_arguments};
use crate::layers::convolution::arguments::{OutputArguments, WindowArguments, convolution_arguments};
use crate::layers::convolution::operate::{activated, at_least_one, convolve, forward_convolved, swapped_first, value};
use crate::layers::layout::{Axes, known_channels};
use crate::layers::window::Window;
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Makes the convolution over `n` spatial axes, with kernels of `rank` axes.
macro_rules! conv_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $rank:literal) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            filters: usize,
            #[serde(flatten)]
            window: WindowArguments<$n>,
            groups: usize,
            #[serde(flatten)]
            output: OutputArguments,
            kernel_initializer: Initializer,
            kernel_regularizer: Option<Regularizer>,
            kernel_constraint: Option<Constraint>,
        }

        #[doc = concat!("`keras.layers.", $name, "(filters, kernel_size)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(filters: usize, kernel_size: impl Into<Sizes<$n>>) -> $class {
            $class::new(filters, kernel_size)
        }

        impl $class {
            /// A layer of so many filters of this size, with Keras's defaults: no padding, no activation, a bias,
            /// `GlorotUniform` and `Zeros`.
            pub fn new(filters: usize, kernel_size: impl Into<Sizes<$n>>) -> Self {
                Self {
                    common: Common::default(),
                    filters,
                    window: WindowArguments::new(kernel_size),
                    groups: 1,
                    output: OutputArguments::default(),
                    kernel_initializer: GlorotUniform::new().into(),
                    kernel_regularizer: None,
                    kernel_constraint: None,
                }
            }
        }

        convolution_arguments!($class, $n);
        arguments!($class {
            /// Into how many groups the channels are split, each with filters of its own; 1 by default.
            groups: usize,
        });
        weight_arguments!(
            $class, "kernel", kernel: kernel_initializer = "GlorotUniform", kernel_regularizer, kernel_constraint);

        impl Layer for $class {
            described!($name, activity; independent_samples: true);

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
    /// use horn_nn::layers::{Conv1D, Padding};
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
    /// use horn_nn::layers::{Conv2D, Padding};
    /// use horn_nn::{Activation, Layer, Shape};
    ///
    /// let layer = Conv2D(32, (3, 3)).activation(Activation::Relu).strides(2).padding(Padding::Same);
    /// assert_eq!(layer.output_shape(&Shape::batched([28, 28, 1]))?, Shape::batched([14, 14, 32]));
    /// # Ok::<(), horn_nn::Error>(())
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
    /// use horn_nn::layers::Conv3D;
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
}

impl<const D: usize> ConvModule<D> {
    fn convolve(&self, x: AnyTensor) -> Result<AnyTensor> {
        let kernel = self.kernel.val().permute(swapped_first());
        convolve(x, kernel.into(), value(&self.bias), &self.window, self.groups)
    }
}

forward_convolved!(ConvModule);
