//! What a Horn model learns from: [datasets] that are found, downloaded and checked, and [`from_dataset`], which makes
//! arrays of any dataset of Burn's.

pub mod datasets;
mod from_dataset;

pub use burn_dataset;
pub use from_dataset::from_dataset;
