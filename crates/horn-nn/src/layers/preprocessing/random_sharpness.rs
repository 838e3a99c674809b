//! `RandomSharpness`: images that are sharper or softer.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::blur::filtered;
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::augmentation::{Augment, Augmentation, for_each_image};
use crate::layers::preprocessing::factor::{Factor, Spread};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, mixes each image with a softened one: a random factor of 0 softens it, 0.5 leaves it, 1 sharpens it. Does
/// nothing otherwise.
///
/// A single number `f` stands for the range from 0 to `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomSharpness;
///
/// let layer = RandomSharpness((0.3, 0.7)).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomSharpness {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomSharpness(factor)`. See [`RandomSharpness`](struct@RandomSharpness).
#[allow(non_snake_case)]
pub fn RandomSharpness(factor: impl Into<Factor>) -> RandomSharpness {
    RandomSharpness::new(factor)
}

impl RandomSharpness {
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

common_arguments!(RandomSharpness);

arguments!(RandomSharpness {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomSharpness {
    described!("RandomSharpness"; recorded_mode: Some(Mode::Training));

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

impl Augment for RandomSharpness {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let mut kernel = [1.0 / 13.0; 9];
        kernel[4] = 5.0 / 13.0;
        let soft = filtered(images.clone(), &kernel, [3, 3], self.data_format);
        let share = (for_each_image(drawn, &images, self.factor.range()) * 2.0).neg() + 1.0;
        let [least, most] = self.value_range;
        Ok((images.clone() + share * (soft - images)).clamp(least, most))
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
        assert!(infer(RandomSharpness(1.5), &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument());
    }
}
