//! `.keras` files: zips of `metadata.json`, `config.json`, `model.weights.h5` and `assets/`.

mod date;
mod read;
mod write;

pub use read::Archive;
pub use write::ArchiveWriter;

/// The Keras that wrote the file, and when.
const METADATA: &str = "metadata.json";
/// The architecture and how it is compiled.
const CONFIG: &str = "config.json";
/// All weights and the optimizer's state.
const WEIGHTS: &str = "model.weights.h5";

#[cfg(test)]
mod tests;
