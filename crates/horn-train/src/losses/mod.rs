//! Keras's losses: what training minimizes.
//!
//! Most losses compare the targets with the predictions row by row. A row holds the values along the last axis of the
//! predictions, or along the argument `axis`; all other axes are flattened. The losses of the rows are then weighted and
//! reduced. A loss that needs the whole batch, such as a loss of sequences, computes it in [`Loss::call_masked`].
//!
//! A custom training step takes the values before they are reduced, too: by [`Loss::values`], or by Keras's functions, such
//! as [`mean_squared_error()`].

mod axis;
mod binary_crossentropy;
mod binary_focal_crossentropy;
mod categorical_crossentropy;
mod categorical_focal_crossentropy;
mod categorical_generalized_cross_entropy;
mod categorical_hinge;
mod circle;
mod common;
mod cosine_similarity;
mod ctc;
mod dice;
mod from_config;
mod function;
mod functions;
mod hinge;
mod huber;
mod kl_divergence;
mod log_cosh;
mod loss;
mod mean_absolute_error;
mod mean_absolute_percentage_error;
mod mean_squared_error;
mod mean_squared_logarithmic_error;
mod overlap;
mod poisson;
mod reduction;
mod rows;
mod sparse_categorical_crossentropy;
mod squared_hinge;
mod table;
mod target;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tversky;

pub(crate) use axis::{Axis, features_to_end, of_rank};
pub use categorical_focal_crossentropy::Alpha;
pub(crate) use common::axis_argument;
pub(crate) use cosine_similarity::cosine;
pub use from_config::{class_names, from_config, register};
pub(crate) use function::{Function, check_values, on_any, serialize_function};
pub use function::{FunctionArgument, FunctionValues, LossFunctionWrapper};
pub use functions::*;
pub use loss::Loss;
pub(crate) use mean_absolute_error::mean_absolute_error_of_rows;
pub(crate) use mean_squared_error::mean_squared_error_of_rows;
pub use reduction::{Reduction, mask_weight, reduce};
pub(crate) use rows::{Rows, in_shape, masked_weight, row_weights};
pub use table::*;
pub use target::{Target, TargetKind};

/// Only the classes of losses, for a prelude.
#[doc(hidden)]
pub mod classes {
    pub use super::function::LossFunctionWrapper;
    pub use super::table::*;
}
