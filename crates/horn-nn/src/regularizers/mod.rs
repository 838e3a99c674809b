//! Regularizers: penalties for weights or outputs, which are added to the loss.

// Imports `arguments`, `tensor`, `registry` and `error`.

pub(crate) mod norms;
pub(crate) mod orthogonal;
pub(crate) mod regularizer;
#[cfg(test)]
mod tests;

pub use crate::tensor::custom_function::CustomFunction;
pub use norms::{L1, L1L2, L2};
pub use orthogonal::{OrthogonalMode, OrthogonalRegularizer};
pub use regularizer::Regularizer;
