//! Layers that change the colours of images.

pub(crate) mod auto_contrast;
pub(crate) mod clahe;
pub(crate) mod equalization;
pub(crate) mod random_color_degeneration;
pub(crate) mod random_color_jitter;
pub(crate) mod random_colors;
pub(crate) mod random_grayscale;
pub(crate) mod random_hue;
pub(crate) mod random_invert;
pub(crate) mod random_posterization;
pub(crate) mod random_saturation;
pub(crate) mod solarization;

crate::layers::family::family! { Augmentation;
    "AutoContrast" => auto_contrast::AutoContrast::new();
    "ContrastLimitedAdaptiveHistogramEqualization" => clahe::ContrastLimitedAdaptiveHistogramEqualization::new();
    "Equalization" => equalization::Equalization::new();
    "RandomBrightness" => random_colors::RandomBrightness::new(0.0), requires "factor";
    "RandomColorDegeneration" => random_color_degeneration::RandomColorDegeneration::new(0.0), requires "factor";
    "RandomColorJitter" => random_color_jitter::RandomColorJitter::new();
    "RandomContrast" => random_colors::RandomContrast::new(0.0), requires "factor";
    "RandomGrayscale" => random_grayscale::RandomGrayscale::new();
    "RandomHue" => random_hue::RandomHue::new(0.0), requires "factor";
    "RandomInvert" => random_invert::RandomInvert::new();
    "RandomPosterization" => random_posterization::RandomPosterization::new(1.0), requires "factor";
    "RandomSaturation" => random_saturation::RandomSaturation::new(0.0), requires "factor";
    "Solarization" => solarization::Solarization::new();
}
