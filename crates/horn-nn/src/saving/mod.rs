//! From Keras's configurations back to models. Imports `model` and below; layers are read by a context that it is given.

pub(crate) mod json;
pub(crate) mod limits;
pub(crate) mod operations;
pub(crate) mod read;
