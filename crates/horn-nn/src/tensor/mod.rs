//! Tensors of any rank, and shapes. Imports nothing but errors.

pub(crate) mod any_tensor;
pub(crate) mod shape;
