//! Datasets by name, as arrays ready to learn from.

mod idx;
pub mod mnist;
