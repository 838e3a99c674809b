//! What a Horn model learns from: [datasets] that are found and checked, and `from_dataset`, which makes arrays of any
//! dataset of Burn's.
//!
//! # Features
//!
//! - `burn-dataset` (the default): `from_dataset`, and the crate [`burn-dataset`](https://docs.rs/burn-dataset) itself
//! - `download`: datasets that are not on this machine are downloaded

pub mod datasets;
#[cfg(feature = "burn-dataset")]
mod from_dataset;

#[cfg(feature = "burn-dataset")]
pub use burn_dataset;
#[cfg(feature = "burn-dataset")]
pub use from_dataset::from_dataset;
