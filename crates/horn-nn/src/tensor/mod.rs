//! Tensors of any rank, shapes, and functions of programs on tensors. Imports nothing but errors.

pub(crate) mod any_tensor;
pub(crate) mod own_function;
pub(crate) mod powers;
pub(crate) mod shape;
