//! Layers that change images at random while a model trains. What they share stands here; those that change colours, move
//! pixels, or mix images have folders.

pub(crate) mod augment;
pub(crate) mod colors;
pub(crate) mod factor;
pub(crate) mod geometry;
pub(crate) mod max_num_bounding_boxes;
pub(crate) mod mixing;
pub(crate) mod random_change;
pub(crate) mod random_erasing;
pub(crate) mod random_gaussian_blur;
pub(crate) mod random_sharpness;

pub use crate::images::affine::FillMode;
pub use colors::*;
pub use factor::Factor;
pub use geometry::*;
pub use mixing::*;
pub use random_erasing::FillValue;

crate::layers::family::family! { Augmentation;
    "MaxNumBoundingBoxes" => max_num_bounding_boxes::MaxNumBoundingBoxes::new(0), requires "max_number";
    "RandomErasing" => random_erasing::RandomErasing::new();
    "RandomGaussianBlur" => random_gaussian_blur::RandomGaussianBlur::new();
    "RandomSharpness" => random_sharpness::RandomSharpness::new(0.0), requires "factor";
}
