//! `RandomSharpness`: images that are sharper or softer.

use burn::tensor::Tensor;

use crate::error::Result;
use crate::images::blur::filtered;
use crate::layers::augmentation::augment::{Augment, for_each_image};
use crate::layers::augmentation::random_change::random_change;
use crate::random::seed_generator::SeedGenerator;

random_change! {
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
    RandomSharpness(factor), "RandomSharpness", 0 to 1
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
