//! Layers that move the pixels of images.

pub(crate) mod random_affine;
pub(crate) mod random_crop;
pub(crate) mod random_elastic_transform;
pub(crate) mod random_flip;
pub(crate) mod random_perspective;

pub use random_flip::FlipMode;

crate::layers::family::family! { Augmentation;
    "RandomCrop" => random_crop::RandomCrop::new(1, 1), requires "height", "width";
    "RandomElasticTransform" => random_elastic_transform::RandomElasticTransform::new();
    "RandomFlip" => random_flip::RandomFlip::new(());
    "RandomPerspective" => random_perspective::RandomPerspective::new();
    "RandomRotation" => random_affine::RandomRotation::new(0.0), requires "factor";
    "RandomShear" => random_affine::RandomShear::new();
    "RandomTranslation" => random_affine::RandomTranslation::new(0.0, 0.0), requires "height_factor", "width_factor";
    "RandomZoom" => random_affine::RandomZoom::new(0.0), requires "height_factor";
}
