//! Layers that keep a model from overfitting.

pub(crate) mod activity_regularization;
pub(crate) mod alpha_dropout;
pub(crate) mod dropout;
pub(crate) mod gaussian;
pub(crate) mod noise;
pub(crate) mod spatial_dropout;

pub use activity_regularization::ActivityRegularization;
pub use alpha_dropout::AlphaDropout;
pub use dropout::Dropout;
pub use gaussian::{GaussianDropout, GaussianNoise};
pub use spatial_dropout::{SpatialDropout1D, SpatialDropout2D, SpatialDropout3D};

crate::layers::family::family! {
    "ActivityRegularization" => ActivityRegularization::new();
    "AlphaDropout" => AlphaDropout::new(0.5), requires "rate";
    "Dropout" => Dropout::new(0.5), requires "rate";
    "GaussianDropout" => GaussianDropout::new(0.5), requires "rate";
    "GaussianNoise" => GaussianNoise::new(0.5), requires "stddev";
    "SpatialDropout1D" => SpatialDropout1D::new(0.5), requires "rate";
    "SpatialDropout2D" => SpatialDropout2D::new(0.5), requires "rate";
    "SpatialDropout3D" => SpatialDropout3D::new(0.5), requires "rate";
}
