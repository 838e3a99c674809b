//! `RandomElasticTransform`: images as if seen through water.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::Result;
use crate::images::affine::{FillMode, Lookup, check_interpolation};
use crate::images::elastic::Waves;
use crate::images::pixels::{BYTES, check_images, check_value_range, spatial_axes};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, chosen};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// While training, moves the pixels of images a little, neighbours alike. Does nothing otherwise.
///
/// Each image is changed with a probability that is drawn from `factor`. How much is drawn from `scale`, for all images of a
/// batch. A single number `f` stands for the range from 0 to `f`. As in Keras, pixels move as far down as they move to the
/// right.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomElasticTransform;
///
/// let layer = RandomElasticTransform().factor(0.5).scale((0.2, 0.4)).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomElasticTransform {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    scale: Spread<0>,
    interpolation: Interpolation,
    fill_mode: FillMode,
    fill_value: f64,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomElasticTransform()`. See [`RandomElasticTransform`](struct@RandomElasticTransform).
#[allow(non_snake_case)]
pub fn RandomElasticTransform() -> RandomElasticTransform {
    RandomElasticTransform::new()
}

impl RandomElasticTransform {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            factor: Factor::from(1.0).into(),
            scale: Factor::from(1.0).into(),
            interpolation: Interpolation::Bilinear,
            fill_mode: FillMode::Reflect,
            fill_value: 0.0,
            value_range: BYTES,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// The probability of a change, from 0 to 1; from 0 to 1 by default.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }

    /// How much is moved, from 0 to 1; from 0 to 1 by default.
    #[must_use]
    pub fn scale(mut self, scale: impl Into<Factor>) -> Self {
        self.scale = scale.into().into();
        self
    }
}

impl Default for RandomElasticTransform {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandomElasticTransform);

arguments!(RandomElasticTransform {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// What lies between the pixels: `Bilinear`, which is the default, or `Nearest`.
    interpolation: Interpolation,
    /// What lies beyond the edges of an image; its mirror image by default.
    fill_mode: FillMode,
    /// The value beyond the edges with `FillMode::Constant`; 0 by default.
    fill_value: f64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomElasticTransform {
    described!("RandomElasticTransform"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        check_interpolation(self.interpolation)?;
        self.factor.check("factor", 0.0, 1.0)?;
        self.scale.check("scale", 0.0, 1.0)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomElasticTransform {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        if self.draws() == 0 {
            return Ok(images);
        }
        let is_chosen = chosen(drawn, &images, self.factor.range());
        let [low, high] = self.scale.range().map(|end| end as f32);
        let scale = threefry::uniform(drawn.next_key(), 1, low, high)[0];
        let [height, width] = spatial_axes(self.data_format).map(|axis| images.dims()[axis]);
        let waves = Waves {
            strength: height.max(width) as f32 * (0.1 * scale),
            sigma: height.min(width) as f32 * (0.05 * scale),
        };
        let lookup = Lookup {
            data_format: self.data_format,
            interpolation: self.interpolation,
            fill_mode: self.fill_mode,
            fill_value: self.fill_value,
        };
        let moved = waves.run(images.clone(), drawn.next_key(), &lookup);
        let [least, most] = self.value_range;
        Ok(images.mask_where(is_chosen, moved).clamp(least, most))
    }

    fn workspace(&self, images: &[usize]) -> u64 {
        // The waves are fewer than the places that they move.
        Lookup::workspace(self.data_format, images)
    }

    fn draws(&self) -> u32 {
        if self.scale.range()[1] == 0.0 || self.factor.range()[1] == 0.0 { 0 } else { 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandomElasticTransform| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(RandomElasticTransform().factor(1.5)) && fails(RandomElasticTransform().scale(1.5)));
        assert!(fails(RandomElasticTransform().interpolation(Interpolation::Bicubic)));
    }
}
