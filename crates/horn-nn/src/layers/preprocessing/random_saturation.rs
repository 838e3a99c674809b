//! `RandomSaturation`: colours that are stronger or weaker.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::colors::{channels, joined, to_hsv, to_rgb};
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::augmentation::{Augment, Augmentation, for_each_image};
use crate::layers::preprocessing::factor::{Factor, Spread};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, multiplies the saturation of each image by `f / (1 − f)` for a random factor `f`: 0 makes it grey, 0.5
/// leaves it as it is. Does nothing otherwise.
///
/// A single number `f` stands for the range from −f to f, as in Keras.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomSaturation;
///
/// let layer = RandomSaturation((0.4, 0.6)).value_range([0.0, 1.0]).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomSaturation {
    #[serde(flatten)]
    common: Common,
    factor: Spread<-1>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomSaturation(factor)`. See [`RandomSaturation`](struct@RandomSaturation).
#[allow(non_snake_case)]
pub fn RandomSaturation(factor: impl Into<Factor>) -> RandomSaturation {
    RandomSaturation::new(factor)
}

impl RandomSaturation {
    /// The layer with Keras's defaults.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            common: Common::default(),
            factor: factor.into().into(),
            value_range: BYTES,
            seed: None,
            data_format: DataFormat::default(),
        }
    }
}

common_arguments!(RandomSaturation);

arguments!(RandomSaturation {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomSaturation {
    described!("RandomSaturation"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", -1.0, 1.0)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomSaturation {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let factor = for_each_image(drawn, &images, self.factor.range());
        let factor = factor.clone() / (factor.neg() + 1.0 + 1e-7);
        let [hue, saturation, value] = to_hsv(channels(images, self.data_format)?);
        let [least, most] = self.value_range;
        Ok(joined(to_rgb([hue, (saturation * factor).clamp(least, most), value]), self.data_format))
    }

    fn draws(&self) -> u32 {
        1
    }

    fn idle_draws(&self) -> u32 {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(RandomSaturation(1.5), &[1.0; 3], &[1, 1, 1, 3]).unwrap_err().is_argument());
    }
}
