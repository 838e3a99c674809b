//! `RandomColorDegeneration`: paler colours.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::images::colors::{channel_axis, grey};
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::augmentation::{Augment, Augmentation, for_each_image};
use crate::layers::preprocessing::factor::{Factor, Spread};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, moves the colours of each image towards grey by a random share, or away from it. Does nothing
/// otherwise.
///
/// A single number `f` stands for the range from −f to f.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomColorDegeneration;
///
/// let layer = RandomColorDegeneration(0.3).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomColorDegeneration {
    #[serde(flatten)]
    common: Common,
    factor: Spread<-1>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomColorDegeneration(factor)`. See [`RandomColorDegeneration`](struct@RandomColorDegeneration).
#[allow(non_snake_case)]
pub fn RandomColorDegeneration(factor: impl Into<Factor>) -> RandomColorDegeneration {
    RandomColorDegeneration::new(factor)
}

impl RandomColorDegeneration {
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

common_arguments!(RandomColorDegeneration);

arguments!(RandomColorDegeneration {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomColorDegeneration {
    described!("RandomColorDegeneration"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", -1.0, 1.0)?;
        if input.sizes()[channel_axis(self.data_format)].is_some_and(|channels| channels != 3) {
            return Err(Error::shape("the images have no colours")
                .received(input)
                .expected("3 channels: red, green and blue")
                .hint("give the layer coloured images, or look at data_format"));
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomColorDegeneration {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let factor = for_each_image(drawn, &images, self.factor.range());
        let grey = grey(images.clone(), self.data_format)?;
        let [least, most] = self.value_range;
        Ok((images.clone() + (grey - images) * factor).clamp(least, most))
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
        assert!(infer(RandomColorDegeneration(1.5), &[1.0; 3], &[1, 1, 1, 3]).unwrap_err().is_argument());
        assert!(infer(RandomColorDegeneration(0.5), &[1.0; 2], &[1, 1, 1, 2]).unwrap_err().is_shape());
    }
}
