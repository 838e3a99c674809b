//! `RandomInvert`: negatives.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::augmentation::{Augment, Augmentation, chosen};
use crate::layers::preprocessing::factor::{Factor, Spread};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, turns images into their negative: `value_range[1] − x`. Does nothing otherwise.
///
/// Each image is inverted with a probability that is drawn from `factor`; a single number `f` stands for the range from 0
/// to `f`, as in Keras.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomInvert;
///
/// let layer = RandomInvert().factor((0.5, 0.5)).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomInvert {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomInvert()`. See [`RandomInvert`](struct@RandomInvert).
#[allow(non_snake_case)]
pub fn RandomInvert() -> RandomInvert {
    RandomInvert::new()
}

impl RandomInvert {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            factor: Factor::from(1.0).into(),
            value_range: BYTES,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// The probability of a negative, from 0 to 1; from 0 to 1 by default.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }
}

impl Default for RandomInvert {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandomInvert);

arguments!(RandomInvert {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomInvert {
    described!("RandomInvert"; recorded_mode: Some(Mode::Training));

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

impl Augment for RandomInvert {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let inverted = images.clone().neg() + self.value_range[1];
        Ok(images.clone().mask_where(chosen(drawn, &images, self.factor.range()), inverted))
    }

    fn draws(&self) -> u32 {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandomInvert| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(RandomInvert().factor(1.5)) && fails(RandomInvert().value_range([1.0, 0.0])));
    }
}
