//! The root of the mean squared error.

use burn::Tensor;
use serde::{Deserialize, Serialize};

use super::accumulator::Accumulator;
use super::common::{metric_methods, named_metric};
use super::metric::Metric;
use super::sums::{Sums, ratio, weights};
use crate::keras_config::Float32;
use crate::losses::mean_squared_error;

/// The square root of the mean of `(y_true - y_pred)²`, in the units of the targets.
///
/// ```
/// use horn::metrics::{Metric, RootMeanSquaredError};
///
/// assert_eq!(Metric::name(&RootMeanSquaredError::new().name("rmse")), "rmse");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootMeanSquaredError {
    name: String,
    dtype: Float32,
}

named_metric!(RootMeanSquaredError, "root_mean_squared_error");

impl Metric for RootMeanSquaredError {
    metric_methods!(RootMeanSquaredError);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Sums::boxed(
            |rows| {
                let weights = weights(&rows);
                let errors = mean_squared_error(rows.y_true.into_dense(&rows.y_pred)?, rows.y_pred);
                Ok(Tensor::cat(vec![(errors * weights.clone()).sum(), weights.sum()], 0))
            },
            |sums| vec![ratio(sums[0], sums[1]).sqrt()],
        )
    }
}
