//! `ZeroPadding1D`, `ZeroPadding2D` and `ZeroPadding3D`: add zeros around the data.

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

/// Defines the layer for a number of spatial axes.
macro_rules! zero_padding {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            padding: Margins<$n>,
            data_format: DataFormat,
        }

        #[doc = concat!("`keras.layers.", $name, "(padding)`; `()` for a padding of 1. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(padding: impl Into<OrDefault<Margins<$n>>>) -> $class {
            $class::new(padding)
        }

        impl $class {
            /// A layer that adds `padding` zeros on each side, one by default.
            pub fn new(padding: impl Into<OrDefault<Margins<$n>>>) -> Self {
                Self { common: Common::default(), padding: padding.into().unwrap_or(1), data_format: DataFormat::default() }
            }

            fn module(&self) -> MarginsModule {
                MarginsModule::new(Change::Pad, self.padding, self.data_format)
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new(())
            }
        }

        common_arguments!($class);
        arguments!($class {
            /// Sets how many zeros are added before and after each axis; 1 by default.
            padding: impl Into<Margins<$n>>,
            /// Sets the position of the channels; the last axis by default.
            data_format: DataFormat,
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

zero_padding! {
    /// Adds timesteps of zeros at the start and the end of a sequence.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, features]`
    /// - output: `[batch, before + timesteps + after, features]`
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::ZeroPadding1D};
    ///
    /// let layer = ZeroPadding1D((2, 1));
    /// assert_eq!(layer.output_shape(&Shape::batched([5, 3]))?.to_string(), "(None, 8, 3)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    ZeroPadding1D, "ZeroPadding1D", 1
}

zero_padding! {
    /// Adds zeros around images.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`
    /// - output: `[batch, top + height + bottom, left + width + right, channels]`
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::ZeroPadding2D};
    ///
    /// let layer = ZeroPadding2D([(0, 1), (0, 1)]);
    /// assert_eq!(layer.output_shape(&Shape::batched([28, 28, 3]))?.to_string(), "(None, 29, 29, 3)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    ZeroPadding2D, "ZeroPadding2D", 2
}

zero_padding! {
    /// Adds zeros around volumes.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`
    /// - output: each of the three axes is larger by what is added
    ///
    /// ```
    /// use horn::{Layer, Shape, layers::ZeroPadding3D};
    ///
    /// let layer = ZeroPadding3D((1, 2, 0));
    /// assert_eq!(layer.output_shape(&Shape::batched([8, 8, 8, 1]))?.to_string(), "(None, 10, 12, 8, 1)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    ZeroPadding3D, "ZeroPadding3D", 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn adds_where_it_is_asked_to() {
        let (sizes, y) = infer(ZeroPadding2D([(1, 0), (0, 2)]), &[1.0, 2.0], &[1, 1, 2, 1]).unwrap();
        assert_eq!((sizes, y), (vec![1, 2, 4, 1], vec![0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0]));
    }

    #[test]
    fn another_rank_is_an_error() {
        assert!(ZeroPadding2D(1).output_shape(&Shape::batched([4, 4])).unwrap_err().is_shape());
    }
}
