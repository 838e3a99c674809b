//! The changes that `AugMix` and `RandAugment` choose from.

use crate::arguments::options::{DataFormat, Interpolation};
use crate::layers::augmentation::augment::AugmentingLayer;
use crate::layers::augmentation::colors::auto_contrast::AutoContrast;
use crate::layers::augmentation::colors::equalization::Equalization;
use crate::layers::augmentation::colors::random_color_degeneration::RandomColorDegeneration;
use crate::layers::augmentation::colors::random_colors::{RandomBrightness, RandomContrast};
use crate::layers::augmentation::colors::random_posterization::RandomPosterization;
use crate::layers::augmentation::colors::solarization::Solarization;
use crate::layers::augmentation::geometry::random_affine::{RandomRotation, RandomShear, RandomTranslation};
use crate::layers::augmentation::random_sharpness::RandomSharpness;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Shear,
    Translation,
    Rotation,
    Posterization,
    Solarization,
    AutoContrast,
    Equalization,
    Brightness,
    ColorDegeneration,
    Contrast,
    Sharpness,
}

impl Change {
    /// Is it a random one? Then Keras's layer has a generator.
    pub fn draws(self) -> bool {
        !matches!(self, Self::AutoContrast | Self::Equalization)
    }
}

/// How they are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changes {
    pub factor: [f64; 2],
    pub value_range: [f64; 2],
    pub interpolation: Interpolation,
    pub data_format: DataFormat,
}

impl Changes {
    /// The layer for a change.
    pub fn part(self, change: Change) -> Box<dyn AugmentingLayer> {
        let Self { factor, value_range, interpolation, data_format } = self;
        macro_rules! moving {
            ($layer:expr) => {
                Box::new($layer.interpolation(interpolation).data_format(data_format))
            };
        }
        macro_rules! colouring {
            ($layer:expr) => {
                Box::new($layer.value_range(value_range).data_format(data_format))
            };
        }
        match change {
            Change::Shear => moving!(RandomShear::new().x_factor(factor).y_factor(factor)),
            Change::Translation => moving!(RandomTranslation::new(factor, factor)),
            Change::Rotation => moving!(RandomRotation::new(factor)),
            Change::Posterization => colouring!(RandomPosterization::new((8.0 * factor[1]).floor().max(1.0))),
            Change::Solarization => colouring!(Solarization::new().addition_factor(factor).threshold_factor(factor)),
            Change::AutoContrast => colouring!(AutoContrast::new()),
            Change::Equalization => colouring!(Equalization::new()),
            Change::Brightness => colouring!(RandomBrightness::new(factor)),
            Change::ColorDegeneration => colouring!(RandomColorDegeneration::new(factor)),
            Change::Contrast => colouring!(RandomContrast::new(factor)),
            Change::Sharpness => colouring!(RandomSharpness::new(factor)),
        }
    }
}
