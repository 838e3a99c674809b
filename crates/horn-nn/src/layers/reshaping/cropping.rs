//! `Cropping1D`, `Cropping2D` and `Cropping3D`: remove the edges.

use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::arguments::or_default::OrDefault;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::reshaping::margins::{Change, Margins, MarginsModule};
use crate::tensor::shape::Shape;

/// Defines the layer for a number of spatial axes, with its default.
macro_rules! cropping {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $default:literal $(, $data_format:ident)?) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            cropping: Margins<$n>,
            $($data_format: DataFormat,)?
        }

        #[doc = concat!("`keras.layers.", $name, "(cropping)`; `()` for ", $default, ". See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(cropping: impl Into<OrDefault<Margins<$n>>>) -> $class {
            $class::new(cropping)
        }

        impl $class {
            #[doc = concat!("A layer that removes so much on each side, ", $default, " by default.")]
            pub fn new(cropping: impl Into<OrDefault<Margins<$n>>>) -> Self {
                Self {
                    common: Common::default(),
                    cropping: cropping.into().unwrap_or($default),
                    $($data_format: DataFormat::default(),)?
                }
            }

            fn module(&self) -> MarginsModule {
                #[allow(unused_variables)]
                let data_format = DataFormat::ChannelsLast;
                $(let data_format = self.$data_format;)?
                MarginsModule::new(Change::Crop, self.cropping, data_format)
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new(())
            }
        }

        common_arguments!($class);
        arguments!($class {
            #[doc = concat!("Sets how much is removed at the start and the end of each axis; ", $default, " by default.")]
            cropping: impl Into<Margins<$n>>,
            $(
                /// Sets the position of the channels; the last axis by default.
                $data_format: DataFormat,
            )?
        });

        impl Layer for $class {
            described!($name; independent_samples: true);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                self.module().output_shape(input)
            }

            fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(self.module()))
            }
        }
    };
}

cropping! {
    /// Removes timesteps at the start and the end of a sequence.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, features]`
    /// - output: `[batch, timesteps − before − after, features]`
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::Cropping1D};
    ///
    /// let layer = Cropping1D((2, 1));
    /// assert_eq!(layer.output_shape(&Shape::batched([8, 3]))?.to_string(), "(None, 5, 3)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    Cropping1D, "Cropping1D", 1, 1
}

cropping! {
    /// Removes the edges of images.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`
    /// - output: `[batch, height − top − bottom, width − left − right, channels]`
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::Cropping2D};
    ///
    /// let layer = Cropping2D([(2, 2), (4, 0)]);
    /// assert_eq!(layer.output_shape(&Shape::batched([28, 28, 3]))?.to_string(), "(None, 24, 24, 3)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    Cropping2D, "Cropping2D", 2, 0, data_format
}

cropping! {
    /// Removes the edges of volumes.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`
    /// - output: each of the three axes is smaller by what is removed
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::Cropping3D};
    ///
    /// let layer = Cropping3D((1, 2, 0));
    /// assert_eq!(layer.output_shape(&Shape::batched([8, 8, 8, 1]))?.to_string(), "(None, 6, 4, 8, 1)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    Cropping3D, "Cropping3D", 3, 1, data_format
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn nothing_left_is_an_error() {
        let error = infer(Cropping1D((2, 1)), &[0.0; 3], &[1, 3, 1]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer \"cropping1d\" (Cropping1D): nothing is left of an axis; received cropping of 2 and 1 for a size \
             of 3, expected a size above 3. Hint: crop less, or give larger inputs."
        );
        assert!(Cropping2D(()).output_shape(&Shape::batched([4, 4])).unwrap_err().is_shape());
    }

    #[test]
    fn unknown_sizes_stay_unknown() {
        let shape = Shape::new([None, None, Some(5), Some(3)]);
        assert_eq!(Cropping2D(1).output_shape(&shape).unwrap().to_string(), "(None, None, 3, 3)");
    }
}
