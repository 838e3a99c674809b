//! `AdaptiveMaxPooling` and `AdaptiveAveragePooling` in one, two and three dimensions: outputs of a fixed size.

use burn::module::Module;
use horn_kernels::Pool;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::arguments::sizes::Sizes;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::layout::Axes;
use crate::windows::pooling::pool_to;

/// Defines the adaptive pooling over `n` spatial axes.
macro_rules! adaptive_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $pool:ident) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            output_size: Sizes<$n>,
            data_format: DataFormat,
        }

        #[doc = concat!("`keras.layers.", $name, "(output_size)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(output_size: impl Into<Sizes<$n>>) -> $class {
            $class::new(output_size)
        }

        impl $class {
            /// A layer with this output size.
            pub fn new(output_size: impl Into<Sizes<$n>>) -> Self {
                Self {
                    common: Common::default(),
                    output_size: output_size.into(),
                    data_format: DataFormat::ChannelsLast,
                }
            }
        }

        common_arguments!($class);
        arguments!($class {
            /// Sets the position of the channels; [`DataFormat::ChannelsLast`] by default.
            data_format: DataFormat,
        });

        impl Layer for $class {
            described!($name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let Axes { batch, channels, spatial } = self.data_format.split(input, $n)?;
                let output = self.output_size.to_array();
                if output.contains(&0) {
                    return Err(Error::argument("output_size can't be 0")
                        .received(format!("output_size = {}", self.output_size))
                        .expected("at least 1 along each axis")
                        .hint("take 1 for one value of each channel"));
                }
                if spatial.contains(&Some(0)) {
                    return Err(Error::shape("there is nothing to pool")
                        .received(input)
                        .expected("sizes of at least 1")
                        .hint("give the layer more timesteps, or a larger image"));
                }
                Ok(self.data_format.join(Axes { batch, channels, spatial: output.map(Some).to_vec() }))
            }

            fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(AdaptiveModule {
                    pool: Pool::$pool,
                    output_size: self.output_size.to_array().to_vec(),
                    data_format: self.data_format,
                }))
            }
        }
    };
}

adaptive_layer! {
    /// The largest values of a fixed number of windows along a sequence: window `i` of `n` goes from `⌊i · timesteps / n⌋`
    /// to `⌈(i + 1) · timesteps / n⌉`.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, channels]`; `timesteps` may be unknown
    /// - output: `[batch, output size, channels]`
    ///
    /// ```
    /// use horn::layers::AdaptiveMaxPooling1D;
    ///
    /// let layer = AdaptiveMaxPooling1D(4);
    /// ```
    AdaptiveMaxPooling1D, "AdaptiveMaxPooling1D", 1, Max
}

adaptive_layer! {
    /// The largest values of a fixed number of windows over an image, laid along each axis as those of
    /// [`AdaptiveMaxPooling1D`](struct@AdaptiveMaxPooling1D).
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, output height, output width, channels]`
    AdaptiveMaxPooling2D, "AdaptiveMaxPooling2D", 2, Max
}

adaptive_layer! {
    /// The largest values of a fixed number of windows through a volume, laid along each axis as those of
    /// [`AdaptiveMaxPooling1D`](struct@AdaptiveMaxPooling1D).
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, output depth, output height, output width, channels]`
    AdaptiveMaxPooling3D, "AdaptiveMaxPooling3D", 3, Max
}

adaptive_layer! {
    /// The means of a fixed number of windows along a sequence: window `i` of `n` goes from `⌊i · timesteps / n⌋` to
    /// `⌈(i + 1) · timesteps / n⌉`.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, channels]`; `timesteps` may be unknown
    /// - output: `[batch, output size, channels]`
    AdaptiveAveragePooling1D, "AdaptiveAveragePooling1D", 1, Average
}

adaptive_layer! {
    /// The means of a fixed number of windows over an image, laid along each axis as those of
    /// [`AdaptiveAveragePooling1D`](struct@AdaptiveAveragePooling1D).
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, output height, output width, channels]`
    ///
    /// ```
    /// use horn::layers::AdaptiveAveragePooling2D;
    /// use horn::{Layer, Shape};
    ///
    /// let shape = AdaptiveAveragePooling2D((4, 2)).output_shape(&Shape::new([None, None, None, Some(8)]))?;
    /// assert_eq!(shape, Shape::batched([4, 2, 8]));
    /// # Ok::<(), horn::Error>(())
    /// ```
    AdaptiveAveragePooling2D, "AdaptiveAveragePooling2D", 2, Average
}

adaptive_layer! {
    /// The means of a fixed number of windows through a volume, laid along each axis as those of
    /// [`AdaptiveAveragePooling1D`](struct@AdaptiveAveragePooling1D).
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, output depth, output height, output width, channels]`
    AdaptiveAveragePooling3D, "AdaptiveAveragePooling3D", 3, Average
}

#[derive(Module, Debug)]
struct AdaptiveModule {
    #[module(skip)]
    pool: Pool,
    #[module(skip)]
    output_size: Vec<usize>,
    #[module(skip)]
    data_format: DataFormat,
}

impl Forward for AdaptiveModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        let mut sizes = inputs.first().map(Signal::sizes).unwrap_or_default();
        let first = self.data_format.first_spatial_axis();
        let mut most = 0;
        // Axis by axis, as they are pooled: the values of all windows lie side by side, and the longest is as long as this.
        for (axis, &outputs) in (first..).zip(&self.output_size) {
            let Some(size) = sizes.get_mut(axis) else { return 0 };
            let longest = size.div_ceil(outputs).saturating_add(1);
            *size = outputs;
            let places = memory::values(&[outputs, longest, 6]);
            let rows = memory::values(&sizes).saturating_mul(longest as u64).saturating_mul(3);
            most = most.max(rows.saturating_add(places));
        }
        most
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        pool_to(input, &self.output_size, self.pool, self.data_format)
    }
}
