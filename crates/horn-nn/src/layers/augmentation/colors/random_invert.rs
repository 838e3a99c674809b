//! `RandomInvert`: negatives.

use burn::tensor::Tensor;

use crate::error::Result;
use crate::layers::augmentation::augment::{Augment, chosen};
use crate::layers::augmentation::random_change::random_change;
use crate::random::seed_generator::SeedGenerator;

random_change! {
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
    RandomInvert(factor = 1.0), "RandomInvert", 0 to 1
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
