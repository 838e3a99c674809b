//! Values without a rank in the type: a tensor of any rank, and its shape. Imports nothing but errors.

pub(crate) mod any_tensor;
pub(crate) mod shape;
