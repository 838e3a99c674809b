//! Correlations of targets and predictions.

use burn::Tensor;
use horn_nn::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name};
use super::mean_of_rows::MeanOfRows;
use super::metric::Metric;
use crate::keras_config::Float32;
use crate::losses::{Axis, Target, TargetKind, axis_argument};

/// A mean of a function of the rows along an axis.
macro_rules! correlation {
    ($(#[$doc:meta])* $metric:ident, $name:literal, $function:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $metric {
            name: String,
            dtype: Float32,
            axis: Axis,
        }

        impl $metric {
            /// The metric with Keras's defaults: along the last axis.
            pub fn new() -> Self {
                Self { name: $name.to_owned(), dtype: Float32::default(), axis: Axis::LAST }
            }
        }

        axis_argument!($metric);
        metric_name!($metric);

        impl Metric for $metric {
            metric_methods!($metric, Up);

            fn accumulator(&self) -> Box<dyn Accumulator> {
                Box::new(MeanOfRows::new($function).along(self.axis.into(), TargetKind::Dense))
            }

            fn config(&self) -> Value {
                json!(self)
            }
        }
    };
}

correlation! {
    /// Pearson's correlation coefficient of the targets and the predictions of a row: 1 where one rises in a line with the
    /// other, and -1 where it falls. It is NaN where all values of a row are the same, as in Keras.
    ///
    /// ```
    /// let metric = horn::metrics::PearsonCorrelation::new();
    /// ```
    PearsonCorrelation, "pearson_correlation", pearson
}
correlation! {
    /// The concordance correlation coefficient of the targets and the predictions of a row: 1 where they are the same
    /// ([Lin, 1989](https://doi.org/10.2307/2532051)).
    ///
    /// ```
    /// let metric = horn::metrics::ConcordanceCorrelation::new();
    /// ```
    ConcordanceCorrelation, "concordance_correlation", concordance
}

pub(super) fn pearson(y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
    let standard = |x: Tensor<2>| {
        let x = x.clone() - x.mean_dim(1);
        let deviation = variance(x.clone()).sqrt();
        x / deviation
    };
    Ok((standard(y_true.into_dense(&y_pred)?) * standard(y_pred)).mean_dim(1).squeeze_dim(1))
}

pub(super) fn concordance(y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
    /// Keras's epsilon.
    const EPSILON: f64 = 1e-7;
    let y_true = y_true.into_dense(&y_pred)?;
    let (mean_true, mean_pred) = (y_true.clone().mean_dim(1), y_pred.clone().mean_dim(1));
    let covariance = (y_true.clone() - mean_pred.clone()) * (y_pred.clone() - mean_pred.clone());
    let spread =
        variance(y_true - mean_true.clone()) + variance(y_pred - mean_pred.clone()) + (mean_true - mean_pred).square();
    Ok((covariance.mul_scalar(2.0) / spread.add_scalar(EPSILON)).mean_dim(1).squeeze_dim(1))
}

/// The variance of each row.
fn variance(x: Tensor<2>) -> Tensor<2> {
    let mean = x.clone().mean_dim(1);
    (x - mean).square().mean_dim(1)
}
