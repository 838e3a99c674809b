//! Tensors of any rank, shapes, and functions of programs on tensors. Imports `error`.

pub(crate) mod any_tensor;
pub(crate) mod custom_function;
pub(crate) mod powers;
pub(crate) mod shape;
