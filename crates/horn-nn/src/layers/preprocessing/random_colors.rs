//! `RandomContrast` and `RandomBrightness`: light and shade.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{BYTES, check_images, check_value_range, spatial_axes};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::augmentation::{Augment, Augmentation, for_each_image};
use crate::layers::preprocessing::factor::{Factor, Spread};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// Makes a layer of what it draws from its factor, and what it does with it.
macro_rules! random_colors {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $least:literal, $drawn:expr, $change:expr) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            factor: Spread<$least>,
            value_range: [f64; 2],
            seed: Option<u64>,
            data_format: DataFormat,
        }

        #[doc = concat!("`keras.layers.", $name, "(factor)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(factor: impl Into<Factor>) -> $class {
            $class::new(factor)
        }

        impl $class {
            /// A layer that changes images by so much at most.
            pub fn new(factor: impl Into<Factor>) -> Self {
                Self {
                    common: Common::default(),
                    factor: factor.into().into(),
                    value_range: BYTES,
                    seed: None,
                    data_format: DataFormat::default(),
                }
            }

            /// Seeds the change; by default the seed is drawn when the model is built.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Some(seed);
                self
            }
        }

        common_arguments!($class);
        arguments!($class {
            /// The least and the largest value of a pixel, to which the images are held; 0 and 255 by default.
            value_range: [f64; 2],
            /// Where the channels are; the last axis by default.
            data_format: DataFormat,
        });

        impl Layer for $class {
            described!($name; recorded_mode: Some(Mode::Training));

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                check_images(input)?;
                self.factor.check("factor", $least.into(), 1.0)?;
                check_value_range(self.value_range)?;
                Ok(input.clone())
            }

            fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
            }
        }

        impl Augment for $class {
            fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
                let range: fn([f64; 2]) -> [f64; 2] = $drawn;
                let drawn = for_each_image(drawn, &images, range(self.factor.range()));
                let [least, most] = self.value_range;
                let changed = match $change {
                    Change::Contrast => {
                        let axes = spatial_axes(self.data_format);
                        let mean = axes.into_iter().fold(images.clone(), |mean, axis| mean.mean_dim(axis));
                        (images - mean.clone()) * drawn + mean
                    }
                    Change::Brightness => images + drawn * (most - least),
                };
                Ok(changed.clamp(least, most))
            }

            fn draws(&self) -> u32 {
                1
            }
        }
    };
}

random_colors! {
    /// While training, brings the pixels of each image nearer to their mean or farther from it, by a random factor of
    /// `1 − low` to `1 + high`: `(x − mean) · factor + mean`, each channel on its own. Does nothing otherwise.
    ///
    /// A single number `f` stands for the range from 0 to `f`, as in Keras: the contrast then only grows.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::RandomContrast;
    ///
    /// let layer = RandomContrast((0.2, 0.4)).value_range([0.0, 1.0]).seed(1);
    /// ```
    RandomContrast, "RandomContrast", 0, |[low, high]| [1.0 - low, 1.0 + high], Change::Contrast
}

random_colors! {
    /// While training, adds to each image a random part of the range of values. Does nothing otherwise.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::RandomBrightness;
    ///
    /// let layer = RandomBrightness(0.2).value_range([0.0, 1.0]).seed(1);
    /// ```
    RandomBrightness, "RandomBrightness", -1, |range| range, Change::Brightness
}

/// What is done to an image.
#[derive(Debug, Clone, Copy)]
enum Change {
    Contrast,
    Brightness,
}
