//! Layers that make data fit for a model.

mod affine;
mod center_crop;
mod factor;
mod image;
mod random_affine;
mod random_colors;
mod random_crop;
mod random_flip;
mod resampling;
mod rescaling;
mod resizing;

pub use affine::FillMode;
pub use center_crop::CenterCrop;
pub use factor::Factor;
pub use random_affine::{RandomRotation, RandomTranslation, RandomZoom};
pub use random_colors::{RandomBrightness, RandomContrast};
pub use random_crop::RandomCrop;
pub use random_flip::{FlipMode, RandomFlip};
pub use rescaling::Rescaling;
pub use resizing::Resizing;

super::registry::family! {
    "CenterCrop" => CenterCrop::new(1, 1), requires "height", "width";
    "RandomBrightness" => RandomBrightness::new(0.0), requires "factor";
    "RandomContrast" => RandomContrast::new(0.0), requires "factor";
    "RandomCrop" => RandomCrop::new(1, 1), requires "height", "width";
    "RandomFlip" => RandomFlip::new();
    "RandomRotation" => RandomRotation::new(0.0), requires "factor";
    "RandomTranslation" => RandomTranslation::new(0.0, 0.0), requires "height_factor", "width_factor";
    "RandomZoom" => RandomZoom::new(0.0), requires "height_factor";
    "Rescaling" => Rescaling::new(1.0), requires "scale";
    "Resizing" => Resizing::new(1, 1), requires "height", "width";
}
