//! Convolutions over one, two or three spatial axes.

mod conv;
mod conv_transpose;
mod depthwise_conv;
mod operate;
mod separable_conv;

#[cfg(test)]
mod tests;

pub(super) use operate::{convolve, swapped_first};

pub use conv::{Conv1D, Conv2D, Conv3D};
pub use conv::{Conv1D as Convolution1D, Conv2D as Convolution2D, Conv3D as Convolution3D};
pub use conv_transpose::{Conv1DTranspose, Conv2DTranspose, Conv3DTranspose};
pub use conv_transpose::{
    Conv1DTranspose as Convolution1DTranspose, Conv2DTranspose as Convolution2DTranspose,
    Conv3DTranspose as Convolution3DTranspose,
};
pub use depthwise_conv::{DepthwiseConv1D, DepthwiseConv2D};
pub use separable_conv::{SeparableConv1D, SeparableConv2D};
pub use separable_conv::{SeparableConv1D as SeparableConvolution1D, SeparableConv2D as SeparableConvolution2D};

super::registry::family! {
    "Conv1D" => Conv1D::new(1, 1), requires "filters", "kernel_size";
    "Conv2D" => Conv2D::new(1, 1), requires "filters", "kernel_size";
    "Conv3D" => Conv3D::new(1, 1), requires "filters", "kernel_size";
    "Conv1DTranspose" => Conv1DTranspose::new(1, 1), requires "filters", "kernel_size";
    "Conv2DTranspose" => Conv2DTranspose::new(1, 1), requires "filters", "kernel_size";
    "Conv3DTranspose" => Conv3DTranspose::new(1, 1), requires "filters", "kernel_size";
    "DepthwiseConv1D" => DepthwiseConv1D::new(1), requires "kernel_size";
    "DepthwiseConv2D" => DepthwiseConv2D::new(1), requires "kernel_size";
    "SeparableConv1D" => SeparableConv1D::new(1, 1), requires "filters", "kernel_size";
    "SeparableConv2D" => SeparableConv2D::new(1, 1), requires "filters", "kernel_size";
}

/// The arguments that all convolutions take.
macro_rules! convolution_arguments {
    ($class:ident, $n:literal) => {
        crate::layers::common::common_arguments!($class);
        crate::layers::common::arguments!($class {
            /// How far the kernel moves from one output to the next, along each axis; 1 by default.
            strides: impl Into<crate::layers::Sizes<$n>>,
            /// How the edges are treated; [`Padding::Valid`](crate::layers::Padding::Valid) by default.
            padding: crate::layers::Padding,
            /// Where the channels are; [`DataFormat::ChannelsLast`](crate::layers::DataFormat::ChannelsLast) by default.
            data_format: crate::layers::DataFormat,
            /// How far apart the inputs are that neighbours in the kernel meet, along each axis; 1 by default.
            dilation_rate: impl Into<crate::layers::Sizes<$n>>,
            /// What is applied to the sum; nothing by default.
            activation: crate::activations::Activation,
            /// Is a bias added to each output channel? Yes by default.
            use_bias: bool,
        });

        impl $class {
            fn window(&self) -> crate::layers::window::Window {
                crate::layers::window::Window::new(
                    self.kernel_size,
                    self.strides,
                    self.dilation_rate,
                    self.padding,
                    self.data_format,
                )
            }
        }
    };
}
use convolution_arguments;
