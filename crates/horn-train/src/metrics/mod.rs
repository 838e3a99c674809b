//! Keras's metrics: what is watched during training.
//!
//! A [`Metric`] is a description that makes an [`Accumulator`]. The accumulator takes batch after batch, stays on the
//! device, and is read only when its value is shown.

mod accumulator;
mod accuracy;
mod common;
mod errors;
mod from_config;
mod mean;
mod mean_of_rows;
mod metric;
mod table;
#[cfg(test)]
mod tests;

pub use accumulator::{Accumulator, same_state};
pub use accuracy::Accuracy;
pub use from_config::{class_names, from_config, register};
pub use mean::Mean;
pub use mean_of_rows::MeanOfRows;
pub use metric::Metric;
pub use table::*;
