//! Layers that keep a model from overfitting.

pub(crate) mod activity_regularization;
pub(crate) mod alpha_dropout;
pub(crate) mod dropout;
pub(crate) mod gaussian;
pub(crate) mod noise;
pub(crate) mod spatial_dropout;

crate::layers::family::family! { Regularization;
    "ActivityRegularization" => activity_regularization::ActivityRegularization::new();
    "AlphaDropout" => alpha_dropout::AlphaDropout::new(0.5), requires "rate";
    "Dropout" => dropout::Dropout::new(0.5), requires "rate";
    "GaussianDropout" => gaussian::GaussianDropout::new(0.5), requires "rate";
    "GaussianNoise" => gaussian::GaussianNoise::new(0.5), requires "stddev";
    "SpatialDropout1D" => spatial_dropout::SpatialDropout1D::new(0.5), requires "rate";
    "SpatialDropout2D" => spatial_dropout::SpatialDropout2D::new(0.5), requires "rate";
    "SpatialDropout3D" => spatial_dropout::SpatialDropout3D::new(0.5), requires "rate";
}
