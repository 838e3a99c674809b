//! Keras's classes by name: how files represent objects of a class, and suggestions for an unknown name. Imports
//! `error` and below.

pub(crate) mod arguments;
pub(crate) mod objects;
pub(crate) mod suggest;
