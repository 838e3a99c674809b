//! Keras's metrics: what is watched during training.
//!
//! A [`Metric`] is a description that makes an [`Accumulator`]. The accumulator takes batch after batch, stays on the
//! device, and is read only when its value is shown.

mod accumulator;
mod accuracy;
mod at_constraint;
mod auc;
mod common;
mod confusion;
mod correlation;
mod direction;
mod errors;
mod exact_accuracy;
mod f_score;
mod from_config;
mod function;
mod functions;
mod iou;
mod mean;
mod mean_of_rows;
mod metric;
mod of_losses;
mod r2_score;
mod root_mean_squared_error;
mod sum;
mod sums;
mod table;
#[cfg(test)]
mod tests;
mod thresholds;
mod top_k_categorical_accuracy;

pub use accumulator::{Accumulator, same_state};
pub use accuracy::Accuracy;
pub use auc::{Curve, Summation};
pub use direction::Direction;
pub use f_score::Average;
pub use from_config::{class_names, from_config, register};
pub use function::MeanMetricWrapper;
pub use functions::{
    binary_accuracy, categorical_accuracy, concordance_correlation, pearson_correlation, sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy, top_k_categorical_accuracy,
};
pub use mean::Mean;
pub use mean_of_rows::MeanOfRows;
pub use metric::Metric;
pub use r2_score::ClassAggregation;
pub use sum::Sum;
pub use table::*;

// Keras has the functions of these losses among its metrics, too.
pub use crate::losses::{
    binary_crossentropy, binary_focal_crossentropy, categorical_crossentropy, categorical_focal_crossentropy,
    categorical_hinge, hinge, huber, kl_divergence, log_cosh, mean_absolute_error, mean_absolute_percentage_error,
    mean_squared_error, mean_squared_logarithmic_error, poisson, sparse_categorical_crossentropy, squared_hinge,
};
