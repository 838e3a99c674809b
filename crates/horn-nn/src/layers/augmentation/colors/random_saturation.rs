//! `RandomSaturation`: colours that are stronger or weaker.

use burn::tensor::Tensor;

use crate::error::Result;
use crate::images::colors::{channels, joined, to_hsv, to_rgb};
use crate::layers::augmentation::augment::{Augment, for_each_image};
use crate::layers::augmentation::random_change::random_change;
use crate::random::seed_generator::SeedGenerator;

random_change! {
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
    RandomSaturation(factor), "RandomSaturation", -1 to 1
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
