//! Keras's classes by name: how files represent objects of a class, and suggestions for an unknown name. Imports `error`.

pub(crate) mod arguments;
pub mod not_finite;
pub(crate) mod objects;
pub(crate) mod suggest;
