//! The names of the files in a `.keras` archive.

/// The version of Keras that wrote the file, and the date.
pub(super) const METADATA: &str = "metadata.json";
/// The architecture, and the arguments of `compile`.
pub(super) const CONFIG: &str = "config.json";
/// All weights and the optimizer's state.
pub(super) const WEIGHTS: &str = "model.weights.h5";
