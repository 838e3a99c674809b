//! `RandomGrayscale`: images without colours.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::colors::grey;
use crate::images::pixels::check_images;
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, for_each_image};
use crate::layers::augmentation::factor::Factor;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, takes the colours from images, each with the probability `factor`. They keep their three channels. Does
/// nothing otherwise.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandomGrayscale;
///
/// let layer = RandomGrayscale().factor(0.1).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomGrayscale {
    #[serde(flatten)]
    common: Common,
    factor: f64,
    /// Not a part of the configuration, as in Keras.
    #[serde(skip)]
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandomGrayscale()`. See [`RandomGrayscale`](struct@RandomGrayscale).
#[allow(non_snake_case)]
pub fn RandomGrayscale() -> RandomGrayscale {
    RandomGrayscale::new()
}

impl RandomGrayscale {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::default(), factor: 0.5, seed: None, data_format: DataFormat::default() }
    }
}

impl Default for RandomGrayscale {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandomGrayscale);

arguments!(RandomGrayscale {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The probability for an image, from 0 to 1; 0.5 by default.
    factor: f64,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandomGrayscale {
    described!("RandomGrayscale"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        Factor::Range([self.factor; 2]).check("factor", 0.0, 1.0)?;
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
    }
}

impl Augment for RandomGrayscale {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let sizes = images.dims();
        let is_chosen = for_each_image(drawn, &images, [0.0, 1.0]).lower_elem(self.factor as f32).expand(sizes);
        let grey = grey(images.clone(), self.data_format)?.expand(sizes);
        Ok(images.mask_where(is_chosen, grey))
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
        assert!(infer(RandomGrayscale().factor(1.5), &[1.0], &[1, 1, 1, 1]).unwrap_err().is_argument());
    }

    #[test]
    fn each_image_has_its_chance() {
        // keras.layers.RandomGrayscale(0.5, seed=3)(…, training=True), a call in inference, and another in training
        let x: Vec<f32> = (0..12).map(|x| 10.0 * x as f32).collect();
        let input = crate::layers::Input([1, 1, 3]);
        let model = crate::Sequential::new().add(input).add(RandomGrayscale().seed(3));
        let model = model.build(&burn::tensor::Device::default()).unwrap();
        let images = Tensor::<1>::from_floats(&x[..], &burn::tensor::Device::default()).reshape([4, 1, 1, 3]);
        let call = |mode| {
            let y = model.forward(images.clone().into(), mode).unwrap().float::<4>().unwrap();
            y.into_data().iter::<f32>().collect::<Vec<_>>()
        };
        let is_grey = |y: Vec<f32>| [0, 1, 2, 3].map(|at| y[3 * at] != x[3 * at]);
        assert_eq!(is_grey(call(crate::Mode::Training)), [false, true, false, false]);
        assert_eq!(call(crate::Mode::Inference), x);
        let last = call(crate::Mode::Training);
        assert!((last[0] - 8.15).abs() < 1e-5, "{}", last[0]);
        assert_eq!(is_grey(last), [true, false, false, false]);
    }

    #[test]
    fn there_must_be_colours() {
        let error =
            crate::layers::check::run(RandomGrayscale(), &[1.0; 2], &[1, 1, 1, 2], crate::Mode::Training).unwrap_err();
        assert!(error.to_string().contains("the images have no colours; received 2 channels: (1, 1, 1, 2)"), "{error}");
    }
}
