//! `RandomPosterization`: fewer shades.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::{BYTES, between_ranges, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::augmentation::{Augment, Augmentation, of_images};
use crate::layers::preprocessing::factor::{Factor, Spread};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// While training, cuts the bytes of images down to fewer bits, a random number of them for each image. Does nothing
/// otherwise.
///
/// The number of bits is drawn from the range `factor`, its end excluded; a single number `n` stands for the range from 1
/// to `n`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomPosterization;
///
/// let layer = RandomPosterization((2.0, 6.0)).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomPosterization {
    #[serde(flatten)]
    common: Common,
    #[serde(serialize_with = "whole")]
    factor: Spread<1>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomPosterization(factor)`. See [`RandomPosterization`](struct@RandomPosterization).
#[allow(non_snake_case)]
pub fn RandomPosterization(factor: impl Into<Factor>) -> RandomPosterization {
    RandomPosterization::new(factor)
}

impl RandomPosterization {
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

common_arguments!(RandomPosterization);

arguments!(RandomPosterization {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomPosterization {
    described!("RandomPosterization"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", 1.0, 8.0)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomPosterization {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let [low, high] = self.bits();
        let batch = images.dims()[0];
        let bits = match low == high {
            true => vec![low; batch],
            false => threefry::randint(drawn.next_key(), batch, low, high),
        };
        let steps = of_images(bits.into_iter().map(|bits| (1_u32 << (8 - bits)) as f32).collect(), &images);
        let bytes = between_ranges(images, self.value_range, BYTES).clamp(0.0, 255.0).floor();
        Ok(between_ranges((bytes / steps.clone()).floor() * steps, BYTES, self.value_range))
    }

    fn draws(&self) -> u32 {
        self.bits_are_drawn().into()
    }

    fn idle_draws(&self) -> u32 {
        self.bits_are_drawn().into()
    }
}

/// Writes whole numbers without a fraction: Keras on TensorFlow draws no integers between floats.
fn whole<S: Serializer>(factor: &Spread<1>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    factor.range().map(|end| if end.fract() == 0.0 { json!(end as i64) } else { json!(end) }).serialize(serializer)
}

impl RandomPosterization {
    /// How many bits are left, from and to.
    fn bits(&self) -> [u32; 2] {
        self.factor.range().map(|bits| bits.clamp(1.0, 8.0) as u32)
    }

    fn bits_are_drawn(&self) -> bool {
        let [low, high] = self.bits();
        low != high
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandomPosterization| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(RandomPosterization(9.0)) && fails(RandomPosterization((0.0, 4.0))));
    }

    #[test]
    fn whole_bits_are_written_as_integers() {
        let factor = |layer: RandomPosterization| layer.config()["factor"].clone();
        assert_eq!(factor(RandomPosterization(4.0)), json!([1, 4]));
        assert_eq!(factor(RandomPosterization((2.0, 6.5))), json!([2, 6.5]));
    }
}
