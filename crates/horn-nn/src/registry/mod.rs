//! Keras's classes by name: how objects with a class stand in its files, and the nearest names to one that is unknown.
//! Imports nothing but errors.

pub(crate) mod objects;
pub(crate) mod suggest;
