//! The root of the mean squared error.

use burn::Tensor;
use serde::{Deserialize, Serialize};

use super::accumulator::Accumulator;
use super::common::{metric_methods, named_metric};
use super::metric::Metric;
use super::sums::{Sums, ratio};
use crate::keras_config::Float32;

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
    metric_methods!(RootMeanSquaredError, Down);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Sums::boxed(
            |rows| {
                let errors = (rows.y_true.into_dense(&rows.y_pred)? - rows.y_pred).square();
                let weights = rows.weights.expand(errors.dims());
                let sum = |values: Tensor<2>| values.mean_dim(1).sum();
                Ok(Tensor::cat(vec![sum(errors * weights.clone()), sum(weights)], 0))
            },
            |sums| vec![ratio(sums[0], sums[1]).sqrt()],
        )
    }
}
