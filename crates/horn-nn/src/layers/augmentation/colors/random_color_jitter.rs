//! `RandomColorJitter`: other light and other colours.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, AugmentingLayer};
use crate::layers::augmentation::colors::random_colors::{RandomBrightness, RandomContrast};
use crate::layers::augmentation::colors::random_hue::RandomHue;
use crate::layers::augmentation::colors::random_saturation::RandomSaturation;
use crate::layers::augmentation::factor::Factor;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, changes the brightness, the contrast, the saturation and the hue of each image, in this order: each as
/// [`RandomBrightness`](struct@crate::layers::RandomBrightness), [`RandomContrast`](struct@crate::layers::RandomContrast),
/// [`RandomSaturation`](struct@crate::layers::RandomSaturation) and [`RandomHue`](struct@crate::layers::RandomHue) do, and
/// only where it has a factor. Does nothing otherwise.
///
/// As in Keras, the channels are taken to be last, also with another `data_format`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomColorJitter;
///
/// let layer = RandomColorJitter().brightness_factor(0.2).hue_factor(0.1).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomColorJitter {
    #[serde(flatten)]
    common: Common,
    value_range: [f64; 2],
    brightness_factor: Option<Factor>,
    contrast_factor: Option<Factor>,
    saturation_factor: Option<Factor>,
    hue_factor: Option<Factor>,
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomColorJitter()`. See [`RandomColorJitter`](struct@RandomColorJitter).
#[allow(non_snake_case)]
pub fn RandomColorJitter() -> RandomColorJitter {
    RandomColorJitter::new()
}

impl RandomColorJitter {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            value_range: BYTES,
            brightness_factor: None,
            contrast_factor: None,
            saturation_factor: None,
            hue_factor: None,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// How much the brightness changes; not at all by default.
    #[must_use]
    pub fn brightness_factor(mut self, brightness_factor: impl Into<Factor>) -> Self {
        self.brightness_factor = Some(brightness_factor.into());
        self
    }

    /// How much the contrast changes; not at all by default.
    #[must_use]
    pub fn contrast_factor(mut self, contrast_factor: impl Into<Factor>) -> Self {
        self.contrast_factor = Some(contrast_factor.into());
        self
    }

    /// How much the saturation changes; not at all by default.
    #[must_use]
    pub fn saturation_factor(mut self, saturation_factor: impl Into<Factor>) -> Self {
        self.saturation_factor = Some(saturation_factor.into());
        self
    }

    /// How much the hue changes; not at all by default.
    #[must_use]
    pub fn hue_factor(mut self, hue_factor: impl Into<Factor>) -> Self {
        self.hue_factor = Some(hue_factor.into());
        self
    }
}

impl Default for RandomColorJitter {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandomColorJitter);

arguments!(RandomColorJitter {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomColorJitter {
    described!("RandomColorJitter"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        for part in self.parts() {
            part.output_shape(input)?;
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let drawn = build.seed_generator(self.seed)?;
        for _ in self.parts() {
            // Keras's parts have generators of their own, which draw nothing.
            build.seed_generator(self.seed)?;
        }
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), drawn)))
    }
}

impl Augment for RandomColorJitter {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        self.parts().iter().try_fold(images, |images, part| part.augment(images, drawn))
    }

    fn draws(&self) -> u32 {
        self.parts().iter().map(|part| part.draws()).sum()
    }
}

impl RandomColorJitter {
    /// What is done, one after the other.
    fn parts(&self) -> Vec<Box<dyn AugmentingLayer>> {
        let range = self.value_range;
        let brightness = self.brightness_factor.map(|factor| boxed(RandomBrightness::new(factor).value_range(range)));
        let contrast = self.contrast_factor.map(|factor| boxed(RandomContrast::new(factor).value_range(range)));
        let saturation = self.saturation_factor.map(|factor| boxed(RandomSaturation::new(factor).value_range(range)));
        let hue = self.hue_factor.map(|factor| boxed(RandomHue::new(factor).value_range(range)));
        [brightness, contrast, saturation, hue].into_iter().flatten().collect()
    }
}

fn boxed(part: impl AugmentingLayer + 'static) -> Box<dyn AugmentingLayer> {
    Box::new(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandomColorJitter| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(
            fails(RandomColorJitter().hue_factor(1.5))
                && fails(RandomColorJitter().contrast_factor(-0.5).value_range([1.0, 0.0]))
        );
    }
}
