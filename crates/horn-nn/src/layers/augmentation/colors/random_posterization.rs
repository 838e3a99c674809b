//! `RandomPosterization`: fewer shades.

use burn::tensor::Tensor;
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::error::Result;
use crate::images::pixels::{BYTES, between_ranges};
use crate::layers::augmentation::augment::{Augment, of_images};
use crate::layers::augmentation::factor::Spread;
use crate::layers::augmentation::random_change::random_change;
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;

random_change! {
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
    RandomPosterization(factor), "RandomPosterization", 1 to 8, written by "whole"
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
    use crate::layer::description::Layer;
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
