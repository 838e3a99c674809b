//! Layers that normalize values.

pub(crate) mod affine;
pub(crate) mod axes;
pub(crate) mod batch_normalization;
pub(crate) mod batch_renormalization;
mod epsilon;
pub(crate) mod group_normalization;
pub(crate) mod kernel_first;
pub(crate) mod layer_normalization;
pub(crate) mod layer_scale;
#[allow(clippy::module_inception)]
pub(crate) mod normalization;
pub(crate) mod rms_normalization;
pub(crate) mod spectral_normalization;
pub(crate) mod statistics;
pub(crate) mod unit_normalization;

use crate::layers::core_layers::dense::Dense;

pub use batch_renormalization::RenormClipping;

crate::layers::family::family! { Normalization;
    "BatchNormalization" => batch_normalization::BatchNormalization::new();
    "GroupNormalization" => group_normalization::GroupNormalization::new();
    "LayerNormalization" => layer_normalization::LayerNormalization::new();
    "LayerScale" => layer_scale::LayerScale::new(1.0, 1), requires "init_values", "projection_dim";
    "Normalization" => normalization::Normalization::new();
    "RMSNormalization" => rms_normalization::RMSNormalization::new();
    "SpectralNormalization" => spectral_normalization::SpectralNormalization::new(Dense::new(1)), requires "layer";
    "UnitNormalization" => unit_normalization::UnitNormalization::new();
}
