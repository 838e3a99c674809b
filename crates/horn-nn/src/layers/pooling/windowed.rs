//! `MaxPooling` and `AveragePooling` in one, two and three dimensions: one value for each position of a window.

use burn::module::Module;
use horn_kernels::Pool;
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Padding};
use crate::arguments::or_default::OrDefault;
use crate::arguments::sizes::Sizes;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, plain_call};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::pooling::pool;
use crate::windows::window::Window;

/// Defines the pooling over `n` spatial axes. As in Keras, the size of the window has a default for max pooling, but not for
/// average pooling.
macro_rules! pooling_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, Max) => {
        pooling_layer!(@all $(#[$doc])+ $class, $name, $n, Max);

        #[doc = concat!("`keras.layers.", $name, "(pool_size)`; `()` for a window of 2. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(pool_size: impl Into<OrDefault<Sizes<$n>>>) -> $class {
            $class::new(pool_size)
        }

        impl $class {
            /// A layer with a window of this size along each axis, 2 by default, that moves by its own size, and no
            /// padding.
            pub fn new(pool_size: impl Into<OrDefault<Sizes<$n>>>) -> Self {
                Self::of(pool_size.into().unwrap_or(2))
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new(())
            }
        }

        arguments!($class {
            /// Sets the size of the window along each axis; 2 by default.
            pool_size: impl Into<Sizes<$n>>,
        });
    };
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, Average) => {
        pooling_layer!(@all $(#[$doc])+ $class, $name, $n, Average);

        #[doc = concat!("`keras.layers.", $name, "(pool_size)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(pool_size: impl Into<Sizes<$n>>) -> $class {
            $class::new(pool_size)
        }

        impl $class {
            /// A layer with a window of this size along each axis that moves by its own size, and no padding.
            pub fn new(pool_size: impl Into<Sizes<$n>>) -> Self {
                Self::of(pool_size.into())
            }
        }
    };
    (@all $(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $pool:ident) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            pool_size: Sizes<$n>,
            strides: Option<Sizes<$n>>,
            padding: Padding,
            data_format: DataFormat,
        }

        impl $class {
            fn of(pool_size: Sizes<$n>) -> Self {
                Self {
                    common: Common::default(),
                    pool_size,
                    strides: None,
                    padding: Padding::Valid,
                    data_format: DataFormat::ChannelsLast,
                }
            }

            /// Sets the stride of the window along each axis; the size of the window by default.
            #[must_use]
            pub fn strides(mut self, strides: impl Into<Sizes<$n>>) -> Self {
                self.strides = Some(strides.into());
                self
            }

            fn window(&self) -> Result<Window> {
                let strides = self.strides.unwrap_or(self.pool_size);
                let window = Window::new(self.pool_size, strides, 1.into(), self.padding, self.data_format);
                window.check(false)?;
                Ok(window)
            }
        }

        common_arguments!($class);
        arguments!($class {
            /// Sets the padding; [`Padding::Valid`] by default.
            padding: Padding,
            /// Sets the position of the channels; [`DataFormat::ChannelsLast`] by default.
            data_format: DataFormat,
        });

        impl $class {
            /// In Keras's configuration, the strides default to the size of the window.
            fn complete(&self, config: &mut serde_json::Value) {
                if config["strides"].is_null() {
                    config["strides"] = config["pool_size"].clone();
                }
            }
        }

        impl Layer for $class {
            described!($name, completed; built_for: BuiltFor::Nothing, independent_samples: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let window = self.window()?;
                let axes = self.data_format.split(input, $n)?;
                window.output_shape(&axes, axes.channels)
            }

            fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(PoolingModule { pool: Pool::$pool, window: self.window()? }))
            }
        }
    };
}

pooling_layer! {
    /// The largest value of each window along a sequence, channel by channel.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, channels]`; `timesteps` may be unknown
    /// - output: `[batch, new timesteps, channels]`
    ///
    /// ```
    /// use horn::layers::MaxPooling1D;
    ///
    /// let layer = MaxPooling1D(3).strides(2);
    /// ```
    MaxPooling1D, "MaxPooling1D", 1, Max
}

pooling_layer! {
    /// The largest value of each window over an image, channel by channel.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, new height, new width, channels]`
    ///
    /// ```
    /// use horn::layers::MaxPooling2D;
    /// use horn::{Layer, Shape};
    ///
    /// let layer = MaxPooling2D((2, 2));
    /// assert_eq!(layer.output_shape(&Shape::batched([28, 28, 32]))?, Shape::batched([14, 14, 32]));
    /// # Ok::<(), horn::Error>(())
    /// ```
    MaxPooling2D, "MaxPooling2D", 2, Max
}

pooling_layer! {
    /// The largest value of each window through a volume, channel by channel.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, new depth, new height, new width, channels]`
    MaxPooling3D, "MaxPooling3D", 3, Max
}

pooling_layer! {
    /// The mean of each window along a sequence, channel by channel. Values of [`Padding::Same`] do not count.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, channels]`; `timesteps` may be unknown
    /// - output: `[batch, new timesteps, channels]`
    AveragePooling1D, "AveragePooling1D", 1, Average
}

pooling_layer! {
    /// The mean of each window over an image, channel by channel. Values of [`Padding::Same`] do not count.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, new height, new width, channels]`
    ///
    /// ```
    /// use horn::layers::{AveragePooling2D, Padding};
    ///
    /// let layer = AveragePooling2D(3).strides(1).padding(Padding::Same);
    /// ```
    AveragePooling2D, "AveragePooling2D", 2, Average
}

pooling_layer! {
    /// The mean of each window through a volume, channel by channel. Values of [`Padding::Same`] do not count.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, new depth, new height, new width, channels]`
    AveragePooling3D, "AveragePooling3D", 3, Average
}

#[derive(Module, Debug)]
struct PoolingModule {
    #[module(skip)]
    pool: Pool,
    #[module(skip)]
    window: Window,
}

impl Forward for PoolingModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        // Without the kernels, the input is turned and padded on the way.
        inputs.iter().map(Signal::count).fold(0, u64::saturating_add).saturating_mul(5)
    }

    fn call(&self, mut inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        if let [input] = inputs.as_mut_slice()
            && !call.is_training()
            && self.window.data_format == DataFormat::ChannelsLast
            && let Some(operation) = input.deferred_mut()
            && operation.pool(self.pool, &self.window)
        {
            return Ok(inputs);
        }
        plain_call(self, inputs, call)
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        pool(input, self.pool, &self.window)
    }
}
