//! The arguments that convolutions share: those of the window, and those of what comes after it.

use burn::module::Param;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::arguments::options::{DataFormat, Padding};
use crate::arguments::sizes::Sizes;
use crate::constraints::constraint::Constraint;
use crate::error::Result;
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::layer::builder::LayerBuilder;
use crate::layer::weight::WeightSpec;
use crate::regularizers::regularizer::Regularizer;
use crate::windows::window::Window;

/// How a kernel moves over an input with `N` spatial axes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowArguments<const N: usize> {
    pub kernel_size: Sizes<N>,
    pub strides: Sizes<N>,
    pub padding: Padding,
    pub data_format: DataFormat,
    pub dilation_rate: Sizes<N>,
}

impl<const N: usize> WindowArguments<N> {
    /// A kernel of this size, with Keras's defaults.
    pub fn new(kernel_size: impl Into<Sizes<N>>) -> Self {
        Self {
            kernel_size: kernel_size.into(),
            strides: 1.into(),
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: 1.into(),
        }
    }

    pub fn to_window(self) -> Window {
        Window::new(self.kernel_size, self.strides, self.dilation_rate, self.padding, self.data_format)
    }

    /// The shape of a kernel: its spatial axes, then the last two, which depend on the layer. `D` is `N + 2`.
    pub fn kernel_shape<const D: usize>(self, last: [usize; 2]) -> [usize; D] {
        let mut shape = [0; D];
        shape[..N].copy_from_slice(&self.kernel_size.to_array());
        shape[N..].copy_from_slice(&last);
        shape
    }
}

/// What a convolution adds to its sums, and applies to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutputArguments {
    pub activation: Activation,
    pub use_bias: bool,
    pub bias_initializer: Initializer,
    pub bias_regularizer: Option<Regularizer>,
    pub bias_constraint: Option<Constraint>,
}

impl Default for OutputArguments {
    fn default() -> Self {
        Self {
            activation: Activation::Linear,
            use_bias: true,
            bias_initializer: Zeros::new().into(),
            bias_regularizer: None,
            bias_constraint: None,
        }
    }
}

impl OutputArguments {
    /// The bias for `channels` output channels, if the layer has a bias.
    pub fn build_bias(&self, channels: usize, build: &mut LayerBuilder) -> Result<Option<Param<Tensor<1>>>> {
        if !self.use_bias {
            return Ok(None);
        }
        let spec = WeightSpec {
            initializer: &self.bias_initializer,
            regularizer: self.bias_regularizer.as_ref(),
            constraint: self.bias_constraint.as_ref(),
        };
        build.add_weight("bias", [channels], spec).map(Some)
    }
}

/// The arguments of a window as methods, of a description that has them in its field `window`.
macro_rules! window_arguments {
    ($class:ident, $n:literal) => {
        impl $class {
            /// How far the kernel moves from one output to the next, along each axis; 1 by default.
            #[must_use]
            pub fn strides(mut self, strides: impl Into<$crate::arguments::sizes::Sizes<$n>>) -> Self {
                self.window.strides = strides.into();
                self
            }

            /// How the edges of the input are treated; [`Padding::Valid`](crate::layers::Padding::Valid) by default.
            #[must_use]
            pub fn padding(mut self, padding: $crate::arguments::options::Padding) -> Self {
                self.window.padding = padding;
                self
            }

            /// Where the channels are; [`DataFormat::ChannelsLast`](crate::layers::DataFormat::ChannelsLast) by default.
            #[must_use]
            pub fn data_format(mut self, data_format: $crate::arguments::options::DataFormat) -> Self {
                self.window.data_format = data_format;
                self
            }

            /// How far apart the inputs are that neighbours in the kernel meet, along each axis; 1 by default.
            #[must_use]
            pub fn dilation_rate(mut self, dilation_rate: impl Into<$crate::arguments::sizes::Sizes<$n>>) -> Self {
                self.window.dilation_rate = dilation_rate.into();
                self
            }
        }
    };
}
pub(crate) use window_arguments;

/// Makes the description of a convolution over `n` spatial axes: the struct, its function, and as methods the arguments
/// that all convolutions take, with those of its kernels. `required` are the arguments before the size of the kernel;
/// `fields` are further ones with their defaults, whose methods the layer writes itself.
macro_rules! convolution {
    (
        $(#[$doc:meta])+
        $class:ident, $name:literal, $n:literal;
        $(#[$new_doc:meta])+
        required: ($($required:ident: $required_type:ty)?),
        fields: { $($field:ident: $type:ty = $default:expr,)? },
        kernels: { $($kernel:ident, $what:literal: $initializer:ident, $regularizer:ident, $constraint:ident;)+ }
    ) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: $crate::layers::common::Common,
            $($required: $required_type,)?
            #[serde(flatten)]
            window: $crate::layers::convolution::arguments::WindowArguments<$n>,
            $($field: $type,)?
            #[serde(flatten)]
            output: $crate::layers::convolution::arguments::OutputArguments,
            $(
                $initializer: $crate::initializers::initializer::Initializer,
                $regularizer: Option<$crate::regularizers::regularizer::Regularizer>,
                $constraint: Option<$crate::constraints::constraint::Constraint>,
            )+
        }

        #[doc = concat!(
            "`keras.layers.", $name, "(", $(stringify!($required), ", ",)? "kernel_size)`. See [`", $name, "`](struct@",
            $name, ").",
        )]
        #[allow(non_snake_case)]
        pub fn $class(
            $($required: $required_type,)?
            kernel_size: impl Into<$crate::arguments::sizes::Sizes<$n>>,
        ) -> $class {
            $class::new($($required,)? kernel_size)
        }

        impl $class {
            $(#[$new_doc])+
            pub fn new(
                $($required: $required_type,)?
                kernel_size: impl Into<$crate::arguments::sizes::Sizes<$n>>,
            ) -> Self {
                Self {
                    common: $crate::layers::common::Common::default(),
                    $($required,)?
                    window: $crate::layers::convolution::arguments::WindowArguments::new(kernel_size),
                    $($field: $default,)?
                    output: $crate::layers::convolution::arguments::OutputArguments::default(),
                    $(
                        $initializer: $crate::initializers::scaled::GlorotUniform::new().into(),
                        $regularizer: None,
                        $constraint: None,
                    )+
                }
            }
        }

        $crate::layers::common::common_arguments!($class);
        $crate::layers::convolution::arguments::window_arguments!($class, $n);
        $($crate::layers::common::weight_arguments!(
            $class, $what, $kernel: $initializer = "GlorotUniform", $regularizer, $constraint);)+

        impl $class {
            /// What is applied to the sum; nothing by default.
            #[must_use]
            pub fn activation(mut self, activation: $crate::activations::activation::Activation) -> Self {
                self.output.activation = activation;
                self
            }

            /// Is a bias added to each output channel? Yes by default.
            #[must_use]
            pub fn use_bias(mut self, use_bias: bool) -> Self {
                self.output.use_bias = use_bias;
                self
            }

            /// Where the bias starts; `Zeros` by default.
            #[must_use]
            pub fn bias_initializer(
                mut self,
                initializer: impl Into<$crate::initializers::initializer::Initializer>,
            ) -> Self {
                self.output.bias_initializer = initializer.into();
                self
            }

            /// What is added to the loss for the bias; nothing by default.
            #[must_use]
            pub fn bias_regularizer(
                mut self,
                regularizer: impl Into<$crate::regularizers::regularizer::Regularizer>,
            ) -> Self {
                self.output.bias_regularizer = Some(regularizer.into());
                self
            }

            /// What the bias is constrained to after each step; nothing by default.
            #[must_use]
            pub fn bias_constraint(
                mut self,
                constraint: impl Into<$crate::constraints::constraint::Constraint>,
            ) -> Self {
                self.output.bias_constraint = Some(constraint.into());
                self
            }
        }
    };
}
pub(super) use convolution;
