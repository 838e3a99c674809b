//! Layers that normalize values.

pub(crate) mod affine;
pub(crate) mod axes;
pub(crate) mod batch_normalization;
pub(crate) mod batch_renormalization;
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

pub use batch_normalization::BatchNormalization;
pub use batch_renormalization::RenormClipping;
pub use group_normalization::GroupNormalization;
pub use layer_normalization::LayerNormalization;
pub use layer_scale::LayerScale;
pub use normalization::Normalization;
pub use rms_normalization::RMSNormalization;
pub use spectral_normalization::SpectralNormalization;
pub use unit_normalization::UnitNormalization;

crate::layers::family::family! {
    "BatchNormalization" => BatchNormalization::new();
    "GroupNormalization" => GroupNormalization::new();
    "LayerNormalization" => LayerNormalization::new();
    "Normalization" => Normalization::new();
    "RMSNormalization" => RMSNormalization::new();
    "SpectralNormalization" => SpectralNormalization::new(Dense::new(1)), requires "layer";
    "UnitNormalization" => UnitNormalization::new();
}
