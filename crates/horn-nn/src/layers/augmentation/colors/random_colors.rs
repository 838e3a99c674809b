//! `RandomContrast` and `RandomBrightness`: light and shade.

use burn::tensor::Tensor;

use crate::error::Result;
use crate::images::pixels::spatial_axes;
use crate::layers::augmentation::augment::{Augment, for_each_image};
use crate::layers::augmentation::random_change::random_change;
use crate::random::seed_generator::SeedGenerator;

random_change! {
    /// While training, brings the pixels of each image nearer to their mean or farther from it, by a random factor of
    /// `1 − low` to `1 + high`: `(x − mean) · factor + mean`, each channel on its own. Does nothing otherwise.
    ///
    /// A single number `f` stands for the range from 0 to `f`, as in Keras: the contrast then only grows.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::RandomContrast;
    ///
    /// let layer = RandomContrast((0.2, 0.4)).value_range([0.0, 1.0]).seed(1);
    /// ```
    RandomContrast(factor), "RandomContrast", 0 to 1
}

impl Augment for RandomContrast {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let [low, high] = self.factor.range();
        let factor = for_each_image(drawn, &images, [1.0 - low, 1.0 + high]);
        let axes = spatial_axes(self.data_format);
        let mean = axes.into_iter().fold(images.clone(), |mean, axis| mean.mean_dim(axis));
        let [least, most] = self.value_range;
        Ok(((images - mean.clone()) * factor + mean).clamp(least, most))
    }

    fn draws(&self) -> u32 {
        1
    }
}

random_change! {
    /// While training, adds to each image a random part of the range of values. Does nothing otherwise.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::RandomBrightness;
    ///
    /// let layer = RandomBrightness(0.2).value_range([0.0, 1.0]).seed(1);
    /// ```
    RandomBrightness(factor), "RandomBrightness", -1 to 1
}

impl Augment for RandomBrightness {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let [least, most] = self.value_range;
        let share = for_each_image(drawn, &images, self.factor.range());
        Ok((images + share * (most - least)).clamp(least, most))
    }

    fn draws(&self) -> u32 {
        1
    }
}
