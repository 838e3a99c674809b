//! Datasets by name, as arrays that are ready for training.

mod idx;
pub mod mnist;
