//! `RandomHue`: other hues.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::colors::{channels, joined, to_hsv, to_rgb};
use crate::images::pixels::{BYTES, between_ranges, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::augmentation::{Augment, Augmentation, for_each_image};
use crate::layers::preprocessing::factor::{Factor, Spread};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, turns the hue of each image by a random part of the circle of colours: half of the factor, either way.
/// Does nothing otherwise.
///
/// A single number `f` stands for the range from 0 to `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomHue;
///
/// let layer = RandomHue(0.2).value_range([0.0, 1.0]).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomHue {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomHue(factor)`. See [`RandomHue`](struct@RandomHue).
#[allow(non_snake_case)]
pub fn RandomHue(factor: impl Into<Factor>) -> RandomHue {
    RandomHue::new(factor)
}

impl RandomHue {
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

common_arguments!(RandomHue);

arguments!(RandomHue {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomHue {
    described!("RandomHue"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", 0.0, 1.0)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomHue {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let ways = for_each_image(drawn, &images, [0.0, 1.0]).greater_elem(0.5).float() * -2.0 + 1.0;
        let turn = ways * for_each_image(drawn, &images, self.factor.range()) * 0.5;
        let shares = between_ranges(images, self.value_range, [0.0, 1.0]);
        let [hue, saturation, value] = to_hsv(channels(shares, self.data_format)?);
        let turned = hue + turn;
        let turned = turned.clone() - turned.clone().greater_elem(1.0).float() + turned.lower_elem(0.0).float();
        let images = joined(to_rgb([turned, saturation, value]), self.data_format).clamp(0.0, 1.0);
        Ok(between_ranges(images, [0.0, 1.0], self.value_range))
    }

    fn draws(&self) -> u32 {
        2
    }

    fn idle_draws(&self) -> u32 {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(RandomHue(1.5), &[1.0; 3], &[1, 1, 1, 3]).unwrap_err().is_argument());
    }
}
