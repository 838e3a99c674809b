//! The files inside of a `.keras` file.

/// The Keras that wrote the file, and when.
pub(super) const METADATA: &str = "metadata.json";
/// The architecture and how it is compiled.
pub(super) const CONFIG: &str = "config.json";
/// All weights and the optimizer's state.
pub(super) const WEIGHTS: &str = "model.weights.h5";
