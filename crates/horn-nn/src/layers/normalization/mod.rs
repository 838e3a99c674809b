//! Layers that bring values to a common scale.

mod affine;
mod axes;
mod batch_normalization;
mod batch_renormalization;
mod group_normalization;
mod layer_normalization;
mod rms_normalization;
mod unit_normalization;

pub use batch_normalization::BatchNormalization;
pub use batch_renormalization::RenormClipping;
pub use group_normalization::GroupNormalization;
pub use layer_normalization::LayerNormalization;
pub use rms_normalization::RMSNormalization;
pub use unit_normalization::UnitNormalization;

super::registry::family! {
    "BatchNormalization" => BatchNormalization::new();
    "GroupNormalization" => GroupNormalization::new();
    "LayerNormalization" => LayerNormalization::new();
    "RMSNormalization" => RMSNormalization::new();
    "UnitNormalization" => UnitNormalization::new();
}
