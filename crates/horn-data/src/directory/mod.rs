//! Datasets of the files in folders: Keras's `text_dataset_from_directory`, `image_dataset_from_directory` and
//! `audio_dataset_from_directory`.
//!
//! What all three do is in `from_directory.rs`. A kind of files says how they end and how some of them become an array.

mod audio;
mod dataset;
mod files;
mod from_directory;
#[cfg(feature = "images")]
mod image;
mod kind;
mod labels;
#[cfg(test)]
mod tests;
mod text;

pub use audio::{AudioFiles, audio_dataset_from_directory};
pub use dataset::DirectoryDataset;
pub use from_directory::{FromDirectory, Subset};
#[cfg(feature = "images")]
pub use image::{ImageFiles, image_dataset_from_directory};
pub use kind::FileKind;
pub use labels::LabelMode;
pub use text::{TextFiles, text_dataset_from_directory};
