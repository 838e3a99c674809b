//! The version of Keras whose files Horn writes.

/// The version that saved files declare.
pub(crate) const KERAS_VERSION: &str = "3.15.1";
