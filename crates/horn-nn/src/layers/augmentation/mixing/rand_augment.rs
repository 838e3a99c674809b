//! `RandAugment`: a few of many changes.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::Result;
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, AugmentingLayer};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::augmentation::mixing::changes::{Change, Changes};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// While training, does some of these to all images of a batch: shear, move, turn, brighten, take colours, change the
/// contrast, sharpen, posterize, solarize, stretch the contrast, and equalize. Which ones is drawn for each batch, and how
/// much for each image (Cubuk et al., 2020). Does nothing otherwise.
///
/// A single number `f` stands for the range from 0 to `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::RandAugment;
///
/// let layer = RandAugment().num_ops(3).factor(0.3).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandAugment {
    #[serde(flatten)]
    common: Common,
    value_range: [f64; 2],
    num_ops: usize,
    factor: Spread<0>,
    interpolation: Interpolation,
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.RandAugment()`. See [`RandAugment`](struct@RandAugment).
#[allow(non_snake_case)]
pub fn RandAugment() -> RandAugment {
    RandAugment::new()
}

impl RandAugment {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            value_range: BYTES,
            num_ops: 2,
            factor: Factor::from(0.5).into(),
            interpolation: Interpolation::Bilinear,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// How much is changed, from 0 to 1; from 0 to 0.5 by default.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }
}

impl Default for RandAugment {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(RandAugment);

arguments!(RandAugment {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// How many changes are made; 2 by default.
    num_ops: usize,
    /// What lies between the pixels of images that are moved: `Bilinear`, which is the default, or `Nearest`.
    interpolation: Interpolation,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for RandAugment {
    described!("RandAugment"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", 0.0, 1.0)?;
        for part in self.parts() {
            part.output_shape(input)?;
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let drawn = build.seed_generator(self.seed)?;
        for change in CHANGES.into_iter().filter(|change| change.draws()) {
            // Keras's parts have generators of their own, which draw nothing.
            build.seed_generator(self.seed).map_err(|error| error.at(format!("{change:?}")))?;
        }
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), drawn)))
    }
}

impl Augment for RandAugment {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let parts = self.parts();
        let which = threefry::randint(drawn.next_key(), self.num_ops, 0, parts.len() as u32);
        let generators: Vec<SeedGenerator> = parts
            .iter()
            .map(|part| {
                let own = drawn.clone();
                drawn.skip(part.draws());
                own
            })
            .collect();
        which.into_iter().map(|at| at as usize).try_fold(images, |images, at| {
            // A change that is made twice is the same both times.
            parts[at].augment(images, &generators[at].clone())
        })
    }

    fn workspace(&self, images: &[usize]) -> u64 {
        self.parts().iter().map(|part| part.workspace(images)).max().unwrap_or(0)
    }

    fn draws(&self) -> u32 {
        1 + self.parts().iter().map(|part| part.draws()).sum::<u32>()
    }
}

/// Keras's order.
const CHANGES: [Change; 11] = [
    Change::Shear,
    Change::Translation,
    Change::Rotation,
    Change::Brightness,
    Change::ColorDegeneration,
    Change::Contrast,
    Change::Sharpness,
    Change::Posterization,
    Change::Solarization,
    Change::AutoContrast,
    Change::Equalization,
];

impl RandAugment {
    fn parts(&self) -> Vec<Box<dyn AugmentingLayer>> {
        let changes = Changes {
            factor: self.factor.range(),
            value_range: self.value_range,
            interpolation: self.interpolation,
            data_format: self.data_format,
        };
        CHANGES.into_iter().map(|change| changes.part(change)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: RandAugment| infer(layer, &[1.0; 3], &[1, 1, 1, 3]).unwrap_err().is_argument();
        assert!(fails(RandAugment().factor(1.5)) && fails(RandAugment().interpolation(Interpolation::Bicubic)));
    }
}
