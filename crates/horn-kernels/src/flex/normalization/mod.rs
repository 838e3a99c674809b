//! Normalizations: of a batch, of groups of channels, of the last axes.

pub(crate) mod batch_norm;
mod columns;
pub(crate) mod group_norm;
pub(crate) mod layer_norm;
