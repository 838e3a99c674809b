//! `RandomColorDegeneration`: paler colours.

use burn::tensor::Tensor;

use crate::error::{Error, Result};
use crate::images::colors::{channel_axis, grey};
use crate::layers::augmentation::augment::{Augment, for_each_image};
use crate::layers::augmentation::random_change::random_change;
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

random_change! {
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
    RandomColorDegeneration(factor), "RandomColorDegeneration", -1 to 1
}

impl Augment for RandomColorDegeneration {
    fn check(&self, input: &Shape) -> Result<()> {
        if input.sizes()[channel_axis(self.data_format)].is_some_and(|channels| channels != 3) {
            return Err(Error::shape("the images have no colours")
                .received(input)
                .expected("3 channels: red, green and blue")
                .hint("give the layer coloured images, or look at data_format"));
        }
        Ok(())
    }

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
