//! The losses that Horn has. To add one, write its file, declare it in `mod.rs`, and add its line here.

use super::loss::Loss;
use crate::registry::table;

table! { dyn Loss, crate::keras_config::read;
    mean_squared_error::MeanSquaredError: "mean_squared_error", "mse", "MSE";
    mean_absolute_error::MeanAbsoluteError: "mean_absolute_error", "mae", "MAE";
    huber::Huber: "huber";
    binary_crossentropy::BinaryCrossentropy: "binary_crossentropy", "bce", "BCE";
    categorical_crossentropy::CategoricalCrossentropy: "categorical_crossentropy";
    sparse_categorical_crossentropy::SparseCategoricalCrossentropy: "sparse_categorical_crossentropy";
}
