//! `Solarization`: bright pixels turned into their negative.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{BYTES, between_ranges, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, for_each_image};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, adds a random number to each image, and then turns the pixels from a random threshold on into their
/// negative. Does nothing otherwise.
///
/// The factors are shares of the range of values; a single number `f` stands for the range from 0 to `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::Solarization;
///
/// let layer = Solarization().addition_factor(0.2).threshold_factor((0.5, 0.5)).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Solarization {
    #[serde(flatten)]
    common: Common,
    addition_factor: Spread<0>,
    threshold_factor: Spread<0>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.Solarization()`. See [`Solarization`](struct@Solarization).
#[allow(non_snake_case)]
pub fn Solarization() -> Solarization {
    Solarization::new()
}

impl Solarization {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            addition_factor: Spread::default(),
            threshold_factor: Spread::default(),
            value_range: BYTES,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// How much is added at most; nothing by default.
    #[must_use]
    pub fn addition_factor(mut self, addition_factor: impl Into<Factor>) -> Self {
        self.addition_factor = addition_factor.into().into();
        self
    }

    /// From where on pixels are turned; from 0 on by default, which turns all.
    #[must_use]
    pub fn threshold_factor(mut self, threshold_factor: impl Into<Factor>) -> Self {
        self.threshold_factor = threshold_factor.into().into();
        self
    }
}

impl Default for Solarization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(Solarization);

arguments!(Solarization {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for Solarization {
    described!("Solarization"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.addition_factor.check("addition_factor", 0.0, 1.0)?;
        self.threshold_factor.check("threshold_factor", 0.0, 1.0)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for Solarization {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        // As in Keras, the least factor is not multiplied.
        let bytes = |factor: Spread<0>| [factor.range()[0], factor.range()[1] * 255.0];
        let added = for_each_image(drawn, &images, bytes(self.addition_factor));
        let thresholds = for_each_image(drawn, &images, bytes(self.threshold_factor)).expand(images.dims());
        let lighter = (between_ranges(images, self.value_range, BYTES) + added).clamp(0.0, 255.0);
        let turned = lighter.clone().neg() + 255.0;
        let solarized = turned.mask_where(lighter.clone().lower(thresholds), lighter);
        Ok(between_ranges(solarized, BYTES, self.value_range))
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
        let fails = |layer: Solarization| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(Solarization().addition_factor(1.5)) && fails(Solarization().threshold_factor((-0.5, 0.5))));
        assert!(fails(Solarization().value_range([1.0, 0.0])));
    }
}
