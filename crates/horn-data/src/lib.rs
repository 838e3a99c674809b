//! Data for training: [datasets] by name, which are found locally and verified, and `from_dataset`, which makes arrays
//! from any Burn dataset, and `DatasetSource`, which trains on one that is larger than the memory.
//!
//! The files of folders are datasets, too: see [`directory`] and, with the feature `images`, `images`.
//!
//! # Features
//!
//! - `burn-dataset` (the default): `from_dataset`, `DatasetSource`, and the crate [`burn-dataset`](https://docs.rs/burn-dataset) itself
//! - `images`: PNG and JPEG files, and folders of them
//! - `download`: datasets that are not found locally are downloaded

#[cfg(feature = "burn-dataset")]
mod dataset_source;
pub mod datasets;
pub mod directory;
#[cfg(feature = "burn-dataset")]
mod from_dataset;
#[cfg(feature = "images")]
pub mod images;
mod numbered;
mod shuffle_buffer;
pub mod utils;

#[cfg(feature = "burn-dataset")]
pub use burn_dataset;
#[cfg(feature = "burn-dataset")]
pub use dataset_source::DatasetSource;
#[cfg(feature = "burn-dataset")]
pub use from_dataset::from_dataset;
