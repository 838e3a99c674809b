//! `AugMix`: several changes, mixed.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::{Error, Result};
use crate::images::pixels::{BYTES, check_images, check_value_range};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation, AugmentingLayer};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::augmentation::mixing::changes::{Change, Changes};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::memory;
use crate::random::next_choice;
use crate::random::seed_generator::SeedGenerator;
use crate::tensor::shape::Shape;

/// While training, makes several copies of the images of a batch, changes each by a chain of random changes, and mixes all
/// with the original (Hendrycks et al., 2020). Does nothing otherwise.
///
/// A single number `f` stands for the range from 0 to `f`.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
/// - output: as the input
///
/// ```
/// use horn::layers::AugMix;
///
/// let layer = AugMix().num_chains(2).factor(0.2).seed(1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AugMix {
    #[serde(flatten)]
    common: Common,
    value_range: [f64; 2],
    num_chains: usize,
    chain_depth: usize,
    factor: Spread<0>,
    alpha: f64,
    all_ops: bool,
    interpolation: Interpolation,
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.AugMix()`. See [`AugMix`](struct@AugMix).
#[allow(non_snake_case)]
pub fn AugMix() -> AugMix {
    AugMix::new()
}

impl AugMix {
    /// The layer with Keras's defaults.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            value_range: BYTES,
            num_chains: 3,
            chain_depth: 3,
            factor: Factor::from(0.3).into(),
            alpha: 1.0,
            all_ops: true,
            interpolation: Interpolation::Bilinear,
            seed: None,
            data_format: DataFormat::default(),
        }
    }

    /// How much is changed, from 0 to 1; from 0 to 0.3 by default.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }
}

impl Default for AugMix {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(AugMix);

arguments!(AugMix {
    /// Seeds the change; by default the seed is drawn when the model is built.
    seed: u64,
    /// The least and the largest value of a pixel; 0 and 255 by default.
    value_range: [f64; 2],
    /// How many copies are mixed; 3 by default.
    num_chains: usize,
    /// How many changes each copy gets, at most; 3 by default.
    chain_depth: usize,
    /// How evenly copies are mixed: the shape of the distributions that the shares are drawn from; 1 by default.
    alpha: f64,
    /// Are brightness, contrast, colours and sharpness changed, too? Yes by default.
    all_ops: bool,
    /// What lies between the pixels of images that are moved: `Bilinear`, which is the default, or `Nearest`.
    interpolation: Interpolation,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for AugMix {
    described!("AugMix"; recorded_mode: Some(Mode::Training));

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_images(input)?;
        check_value_range(self.value_range)?;
        self.factor.check("factor", 0.0, 1.0)?;
        if self.num_chains == 0
            || self.num_chains > MAX_CHAINS
            || self.chain_depth > MAX_CHAINS
            || !(self.alpha > 0.0 && self.alpha.is_finite())
        {
            return Err(Error::argument("num_chains, chain_depth or alpha is out of range")
                .received(format!(
                    "num_chains = {}, chain_depth = {}, alpha = {}",
                    self.num_chains, self.chain_depth, self.alpha
                ))
                .expected(format!("1 to {MAX_CHAINS} chains of up to {MAX_CHAINS} changes, and an alpha above 0"))
                .hint("leave them out for Keras's 3, 3 and 1"));
        }
        for part in self.parts() {
            part.output_shape(input)?;
        }
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let drawn = build.seed_generator(self.seed)?;
        for _ in changes(self.all_ops).iter().filter(|change| change.draws()) {
            // Keras's parts have generators of their own, which draw nothing.
            build.seed_generator(self.seed)?;
        }
        Ok(BuiltLayer::new(Augmentation::new(self.clone(), drawn)))
    }
}

impl Augment for AugMix {
    fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
        let parts = self.parts();
        let alpha = self.alpha as f32;
        let shares = drawn.gamma(self.num_chains, alpha);
        let sum: f32 = shares.iter().sum();
        let original = f64::from(drawn.beta(1, alpha, alpha)[0]);
        let mut mixed = images.zeros_like();
        for share in shares {
            let mut copy = images.clone();
            for _ in 0..self.chain_depth {
                // The last choice changes nothing.
                if let Some(part) = parts.get(next_choice(parts.len() + 1)) {
                    copy = part.augment(copy, drawn)?;
                }
            }
            mixed = mixed + copy * (share / sum);
        }
        let [least, most] = self.value_range;
        Ok((images * original + mixed * (1.0 - original)).clamp(least, most))
    }

    fn workspace(&self, images: &[usize]) -> u64 {
        let largest = self.parts().iter().map(|part| part.workspace(images)).max().unwrap_or(0);
        // What is mixed so far, and the chain before its next change.
        largest.saturating_add(memory::values(images).saturating_mul(3))
    }

    fn draws(&self) -> u32 {
        2
    }
}

/// The largest number of chains, and of changes in one.
const MAX_CHAINS: usize = 100;

/// Keras's order.
fn changes(all: bool) -> &'static [Change] {
    const ALL: [Change; 11] = [
        Change::Shear,
        Change::Translation,
        Change::Rotation,
        Change::Posterization,
        Change::Solarization,
        Change::AutoContrast,
        Change::Equalization,
        Change::Brightness,
        Change::ColorDegeneration,
        Change::Contrast,
        Change::Sharpness,
    ];
    if all { &ALL } else { &ALL[..7] }
}

impl AugMix {
    fn parts(&self) -> Vec<Box<dyn AugmentingLayer>> {
        let made = Changes {
            factor: self.factor.range(),
            value_range: self.value_range,
            interpolation: self.interpolation,
            data_format: self.data_format,
        };
        changes(self.all_ops).iter().map(|change| made.part(*change)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn impossible_arguments_are_errors() {
        let fails = |layer: AugMix| infer(layer, &[1.0; 3], &[1, 1, 1, 3]).unwrap_err().is_argument();
        assert!(fails(AugMix().factor(1.5)) && fails(AugMix().num_chains(0)) && fails(AugMix().alpha(0.0)));
    }
}
