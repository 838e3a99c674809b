//! `RandomHue`: other hues.

use burn::tensor::Tensor;

use crate::error::Result;
use crate::images::colors::{channels, joined, to_hsv, to_rgb};
use crate::images::pixels::between_ranges;
use crate::layers::augmentation::augment::{Augment, for_each_image};
use crate::layers::augmentation::random_change::random_change;
use crate::random::seed_generator::SeedGenerator;

random_change! {
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
    RandomHue(factor), "RandomHue", 0 to 1
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
