//! `.keras` files: zip archives of `metadata.json`, `config.json`, `model.weights.h5` and `assets/`.

mod date;
mod names;
mod read;
mod write;

pub use read::Archive;
pub use write::ArchiveWriter;

#[cfg(test)]
mod tests;
