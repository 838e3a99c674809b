//! What all convolutions are told: the arguments that they share.

/// The arguments that all convolutions take.
macro_rules! convolution_arguments {
    ($class:ident, $n:literal) => {
        crate::layers::common::common_arguments!($class);
        crate::layers::common::arguments!($class {
            /// How far the kernel moves from one output to the next, along each axis; 1 by default.
            strides: impl Into<crate::arguments::sizes::Sizes<$n>>,
            /// How the edges are treated; [`Padding::Valid`](crate::layers::Padding::Valid) by default.
            padding: crate::arguments::options::Padding,
            /// Where the channels are; [`DataFormat::ChannelsLast`](crate::layers::DataFormat::ChannelsLast) by default.
            data_format: crate::arguments::options::DataFormat,
            /// How far apart the inputs are that neighbours in the kernel meet, along each axis; 1 by default.
            dilation_rate: impl Into<crate::arguments::sizes::Sizes<$n>>,
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
pub(crate) use convolution_arguments;
