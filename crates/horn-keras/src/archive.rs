//! `.keras` files: zip archives of `metadata.json`, `config.json`, `model.weights.h5` and `assets/`.

mod date;
pub(crate) mod members;
mod names;
mod read;
pub(crate) mod steady;
mod write;

pub use read::Archive;
pub use write::ArchiveWriter;

#[cfg(test)]
mod tests;
