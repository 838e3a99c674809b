//! Layers that make data fit for a model.

mod affine;
mod category_encoding;
mod center_crop;
mod discretization;
mod encode;
mod factor;
mod hash;
mod hashing;
mod image;
mod integer_lookup;
mod lookup;
mod quantiles;
mod random_affine;
mod random_colors;
mod random_crop;
mod random_flip;
mod resampling;
mod rescaling;
mod resizing;
mod string_lookup;
mod text;
mod text_vectorization;
mod tokens;

pub use affine::FillMode;
pub use category_encoding::CategoryEncoding;
pub use center_crop::CenterCrop;
pub use discretization::Discretization;
pub use encode::{Number, OutputMode};
pub use factor::Factor;
pub use hash::Salt;
pub use hashing::{Hashing, MaskValue};
pub use integer_lookup::IntegerLookup;
pub use lookup::OovMethod;
pub use random_affine::{RandomRotation, RandomTranslation, RandomZoom};
pub use random_colors::{RandomBrightness, RandomContrast};
pub use random_crop::RandomCrop;
pub use random_flip::{FlipMode, RandomFlip};
pub use rescaling::Rescaling;
pub use resizing::Resizing;
pub use string_lookup::StringLookup;
pub use text_vectorization::{Ngrams, Split, Standardize, TextVectorization};
pub use tokens::{IntoBatch, IntoToken, Token};

super::registry::family! {
    "CategoryEncoding" => CategoryEncoding::new(1), requires "num_tokens";
    "CenterCrop" => CenterCrop::new(1, 1), requires "height", "width";
    "Discretization" => Discretization::new();
    "Hashing" => Hashing::new(1), requires "num_bins";
    "IntegerLookup" => IntegerLookup::new();
    "RandomBrightness" => RandomBrightness::new(0.0), requires "factor";
    "RandomContrast" => RandomContrast::new(0.0), requires "factor";
    "RandomCrop" => RandomCrop::new(1, 1), requires "height", "width";
    "RandomFlip" => RandomFlip::new();
    "RandomRotation" => RandomRotation::new(0.0), requires "factor";
    "RandomTranslation" => RandomTranslation::new(0.0, 0.0), requires "height_factor", "width_factor";
    "RandomZoom" => RandomZoom::new(0.0), requires "height_factor";
    "Rescaling" => Rescaling::new(1.0), requires "scale";
    "Resizing" => Resizing::new(1, 1), requires "height", "width";
    "StringLookup" => StringLookup::new();
    "TextVectorization" => TextVectorization::new();
}
