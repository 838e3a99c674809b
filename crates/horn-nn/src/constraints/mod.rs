//! Constraints: limits for weights, which are applied after every step of the optimizer.

// Imports `arguments`, `tensor`, `registry` and `error`.

pub(crate) mod axes;
pub(crate) mod constraint;
pub(crate) mod non_neg;
pub(crate) mod norms;
#[cfg(test)]
mod tests;

pub use axes::Axes;
pub use constraint::Constraint;
pub use non_neg::NonNeg;
pub use norms::{MaxNorm, MinMaxNorm, UnitNorm};
