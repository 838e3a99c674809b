//! Layers that bring values to a common scale.

mod affine;
mod axes;
mod batch_normalization;
mod batch_renormalization;
mod group_normalization;
mod kernel_first;
mod layer_normalization;
#[allow(clippy::module_inception)]
mod normalization;
mod rms_normalization;
mod spectral_normalization;
mod statistics;
mod unit_normalization;

pub use batch_normalization::BatchNormalization;
pub use batch_renormalization::RenormClipping;
pub use group_normalization::GroupNormalization;
pub use layer_normalization::LayerNormalization;
pub use normalization::Normalization;
pub use rms_normalization::RMSNormalization;
pub use spectral_normalization::SpectralNormalization;
pub use unit_normalization::UnitNormalization;

use super::Dense;

super::registry::family! {
    "BatchNormalization" => BatchNormalization::new();
    "GroupNormalization" => GroupNormalization::new();
    "LayerNormalization" => LayerNormalization::new();
    "Normalization" => Normalization::new();
    "RMSNormalization" => RMSNormalization::new();
    "SpectralNormalization" => SpectralNormalization::new(Dense::new(1)), requires "layer";
    "UnitNormalization" => UnitNormalization::new();
}
