//! The metrics that Horn has. To add one, write its file, declare it in `mod.rs`, and add its line here.

use super::metric::Metric;
use crate::registry::table;

table! { dyn Metric, crate::keras_config::read;
    accuracy::BinaryAccuracy: "binary_accuracy";
    accuracy::CategoricalAccuracy: "categorical_accuracy";
    accuracy::SparseCategoricalAccuracy: "sparse_categorical_accuracy";
    errors::MeanSquaredError: "mean_squared_error", "mse", "MSE";
    errors::MeanAbsoluteError: "mean_absolute_error", "mae", "MAE";
}
