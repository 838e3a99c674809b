//! Reading models from Keras's configurations. Imports `model` and below. The caller passes a context that reads layers.

pub(crate) mod json;
pub(crate) mod operations;
pub(crate) mod read;
