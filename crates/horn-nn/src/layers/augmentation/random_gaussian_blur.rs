//! `RandomGaussianBlur`: images out of focus.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::arguments::sizes::Sizes;
use crate::error::{Error, Result};
use crate::images::blur::blurred;
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, chosen};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// While training, blurs images by a normal distribution. Its two deviations are drawn from `sigma`, for all images of a
/// batch. Does nothing otherwise.
///
/// Each image is blurred with a probability that is drawn from `factor`. A single number `f` stands for the range from 0 to
/// `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomGaussianBlur;
///
/// let layer = RandomGaussianBlur().kernel_size([3, 5]).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomGaussianBlur {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    kernel_size: Sizes<2>,
    sigma: Spread<0>,
    value_range: [f64; 2],
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomGaussianBlur()`. See [`RandomGaussianBlur`](struct@RandomGaussianBlur).
#[allow(non_snake_case)]
pub fn RandomGaussianBlur() -> RandomGaussianBlur {
    RandomGaussianBlur::new()
}

impl RandomGaussianBlur {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            factor: Factor::from(1.0).into(),
            kernel_size: 3.into(),
            sigma: Factor::from(1.0).into(),
            value_range: BYTES,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// The probability of the blur, from 0 to 1; from 0 to 1 by default.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }

    /// The deviations in pixels, from 0 to 1; from 0 to 1 by default.
    #[must_use]
    pub fn sigma(mut self, sigma: impl Into<Factor>) -> Self {
        self.sigma = sigma.into().into();
        self
    }
}

impl Default for RandomGaussianBlur {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandomGaussianBlur);

arguments!(RandomGaussianBlur {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// How many pixels are mixed along the width and the height: odd numbers, 3 by default.
    kernel_size: impl Into<Sizes<2>>,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomGaussianBlur {
    described!("RandomGaussianBlur"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", 0.0, 1.0)?;
        self.sigma.check("sigma", 0.0, 1.0)?;
        if self.kernel_size.to_array().iter().any(|size| size % 2 == 0 || *size > MAX_SIZE) {
            return Err(Error::argument("kernel_size must be odd and not too large")
                .received(format!("kernel_size = {:?}", self.kernel_size.to_array()))
                .expected(format!("odd numbers up to {MAX_SIZE}"))
                .hint("take 3, 5 or 7"));
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomGaussianBlur {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let is_chosen = chosen(drawn, &images, self.factor.range());
        let [low, high] = self.sigma.range().map(|end| end as f32);
        let sigmas = threefry::uniform(drawn.next_key(), 2, low, high);
        let sigmas = [sigmas[0] + 1e-6, sigmas[1] + 1e-6];
        let blurred = blurred(images.clone(), self.kernel_size.to_array(), sigmas, self.data_format);
        let [least, most] = self.value_range;
        Ok(images.mask_where(is_chosen, blurred).clamp(least, most))
    }

    fn draws(&self) -> u32 {
        3
    }
}

/// The largest kernel that is made.
const MAX_SIZE: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandomGaussianBlur| infer(layer, &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument();
        assert!(fails(RandomGaussianBlur().factor(1.5)) && fails(RandomGaussianBlur().sigma(1.5)));
        assert!(fails(RandomGaussianBlur().kernel_size(2)) && fails(RandomGaussianBlur().kernel_size(MAX_SIZE + 2)));
    }
}
