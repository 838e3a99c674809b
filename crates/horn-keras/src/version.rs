//! The version of Keras whose files Horn writes.

/// The version of Keras whose files these are.
pub(crate) const KERAS_VERSION: &str = "3.15.1";
