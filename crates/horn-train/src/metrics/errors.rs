//! Metrics of the errors that also exist as losses.

use serde::{Deserialize, Serialize};

use super::accumulator::Accumulator;
use super::common::{metric_methods, named_metric};
use super::mean_of_rows::MeanOfRows;
use super::metric::Metric;
use crate::keras_config::Float32;
use crate::losses::{mean_absolute_error_of_rows, mean_squared_error_of_rows};

/// The mean of `(y_true - y_pred)²`, as a metric.
///
/// ```
/// use horn::metrics::{MeanSquaredError, Metric};
///
/// assert_eq!(Metric::name(&MeanSquaredError::new().name("mse")), "mse");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanSquaredError {
    name: String,
    dtype: Float32,
}

named_metric!(MeanSquaredError, "mean_squared_error");

impl Metric for MeanSquaredError {
    metric_methods!(MeanSquaredError, Down);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        MeanOfRows::boxed(|y_true, y_pred| Ok(mean_squared_error_of_rows(y_true.into_dense(&y_pred)?, y_pred)))
    }
}

/// The mean of `|y_true - y_pred|`, as a metric.
///
/// ```
/// use horn::metrics::{MeanAbsoluteError, Metric};
///
/// assert_eq!(Metric::name(&MeanAbsoluteError::new()), "mean_absolute_error");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanAbsoluteError {
    name: String,
    dtype: Float32,
}

named_metric!(MeanAbsoluteError, "mean_absolute_error");

impl Metric for MeanAbsoluteError {
    metric_methods!(MeanAbsoluteError, Down);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        MeanOfRows::boxed(|y_true, y_pred| Ok(mean_absolute_error_of_rows(y_true.into_dense(&y_pred)?, y_pred)))
    }
}
