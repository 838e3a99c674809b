//! `UpSampling1D` and `UpSampling3D`: repeat each value along the spatial axes.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::arguments::or_default::OrDefault;
use crate::arguments::sizes::Sizes;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::reshaping::repeat::{enlarged, repeat};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::layout::along_space;

/// Defines the layer for a number of spatial axes, with the type of its size and that of the argument for it.
macro_rules! up_sampling {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $size:ty, $given:ty $(, $data_format:ident)?) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            size: $size,
            $($data_format: DataFormat,)?
        }

        #[doc = concat!("`keras.layers.", $name, "(size)`; `()` for a size of 2. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(size: impl Into<OrDefault<$size>>) -> $class {
            $class::new(size)
        }

        impl $class {
            /// A layer that repeats each value `size` times, twice by default.
            pub fn new(size: impl Into<OrDefault<$size>>) -> Self {
                Self { common: Common::default(), size: size.into().unwrap_or(2usize), $($data_format: DataFormat::default(),)? }
            }

            fn format(&self) -> DataFormat {
                #[allow(unused_variables)]
                let data_format = DataFormat::ChannelsLast;
                $(let data_format = self.$data_format;)?
                data_format
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new(())
            }
        }

        common_arguments!($class);
        arguments!($class {
            /// Sets how many times each value is repeated; 2 by default.
            size: $given,
            $(
                /// Sets the position of the channels; the last axis by default.
                $data_format: DataFormat,
            )?
        });

        impl Layer for $class {
            described!($name; independent_samples: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                enlarged(&Sizes::<$n>::from(self.size).to_array(), input, self.format())
            }

            fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
                let first_axis = self.format().first_spatial_axis();
                Ok(BuiltLayer::new(RepeatModule { factors: Sizes::<$n>::from(self.size).to_array().to_vec(), first_axis }))
            }
        }
    };
}

up_sampling! {
    /// Repeats each timestep of a sequence.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, features]`
    /// - output: `[batch, timesteps · size, features]`
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::UpSampling1D};
    ///
    /// let layer = UpSampling1D(3);
    /// assert_eq!(layer.output_shape(&Shape::batched([4, 2]))?.to_string(), "(None, 12, 2)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    UpSampling1D, "UpSampling1D", 1, usize, usize
}

up_sampling! {
    /// Repeats each value of a volume along three axes.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`
    /// - output: each of the three axes multiplied by its factor
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::UpSampling3D};
    ///
    /// let layer = UpSampling3D((1, 2, 2));
    /// assert_eq!(layer.output_shape(&Shape::batched([4, 4, 4, 1]))?.to_string(), "(None, 4, 8, 8, 1)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    UpSampling3D, "UpSampling3D", 3, Sizes<3>, impl Into<Sizes<3>>, data_format
}

#[derive(Module, Debug)]
struct RepeatModule {
    #[module(skip)]
    factors: Vec<usize>,
    first_axis: usize,
}

impl Forward for RepeatModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        along_space(input, self.first_axis, |x, first_axis| {
            (first_axis..).zip(&self.factors).try_fold(x, |x, (axis, &factor)| repeat(x, axis, factor))
        })
    }

    fn takes_integers(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn repeats_each_step() {
        let (sizes, y) = infer(UpSampling1D(2), &[1.0, 2.0, 3.0, 4.0], &[1, 2, 2]).unwrap();
        assert_eq!((sizes, y), (vec![1, 4, 2], vec![1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]));
    }

    #[test]
    fn no_times_is_an_error() {
        assert!(infer(UpSampling1D(0), &[1.0], &[1, 1, 1]).unwrap_err().is_argument());
        assert!(infer(UpSampling3D(2), &[1.0], &[1, 1, 1]).unwrap_err().is_shape());
    }
}
