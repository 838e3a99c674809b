//! What people watch while a model learns: Keras's metrics.
//!
//! A metric gives each row of predictions a value; the values of all batches are averaged on the device and read only
//! when they are shown.

use std::fmt::Debug;
use std::sync::Arc;

use burn::Tensor;
use horn_nn::{Result, Shape};
use serde_json::{Value, json};

use crate::losses::{Target, TargetKind};

mod accuracy;
mod errors;
mod from_config;
mod mean;

pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use errors::{MeanAbsoluteError, MeanSquaredError};
pub use from_config::{class_names, from_config, register};
pub use mean::Mean;

/// A measure of how well the predictions do.
///
/// ```
/// use burn::Tensor;
/// use burn::tensor::{Device, Int};
/// use horn_train::losses::Target;
/// use horn_train::metrics::{Mean, Metric, SparseCategoricalAccuracy};
///
/// let device = Device::default();
/// let labels = Target::Classes(Tensor::<1, Int>::from_data([1, 0], &device));
/// let predictions = Tensor::<2>::from_data([[0.2, 0.8], [0.4, 0.6]], &device);
/// let mut mean = Mean::default();
/// mean.update(SparseCategoricalAccuracy::new().per_sample(labels, predictions)?);
/// assert_eq!(mean.result(), 0.5);
/// # Ok::<(), horn_nn::Error>(())
/// ```
pub trait Metric: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The key in the history, such as `accuracy`.
    fn name(&self) -> &str;

    /// Which targets it wants.
    fn targets(&self) -> TargetKind;

    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// An argument is out of range.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// The metric that stands for this one with targets and outputs of these shapes; itself, if none.
    fn resolve(&self, _y_true: &[usize], _y_pred: &Shape) -> Option<Arc<dyn Metric>> {
        None
    }

    /// Does it only ask which prediction of a row is the largest? That a softmax does not change, so where a model ends in
    /// one, none is computed for the metric.
    fn asks_for_largest(&self) -> bool {
        false
    }

    /// The value of each row of predictions.
    ///
    /// # Shapes
    ///
    /// `y_pred` is `[rows, features]`, the result `[rows]`.
    ///
    /// # Errors
    ///
    /// The targets do not fit the predictions.
    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>>;

    /// The arguments, by Keras's keys.
    fn config(&self) -> Value {
        json!({"name": self.name(), "dtype": "float32"})
    }

    /// Keras's registered name of a class of one's own, `package>Class`; its class name, if none.
    fn registered_name(&self) -> Option<&str> {
        None
    }

    /// The metric as Keras writes it, with its class and arguments.
    fn serialize(&self) -> Value {
        from_config::METRICS.object(self.class_name(), self.registered_name(), self.config())
    }
}

/// The constructor and the name of a metric that has no arguments but that.
macro_rules! named_metric {
    ($metric:ident, $name:literal) => {
        impl $metric {
            /// The metric with Keras's defaults.
            pub fn new() -> Self {
                Self { name: $name.to_owned(), dtype: Default::default() }
            }
        }
        $crate::metrics::metric_name!($metric);
    };
}

/// The builder method for the name.
macro_rules! metric_name {
    ($metric:ident) => {
        impl $metric {
            /// The key in the history.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.name = name.into();
                self
            }
        }

        impl Default for $metric {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

pub(crate) use {metric_name, named_metric};

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    const SCORES: [[f32; 3]; 4] = [[0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0.3, 0.6, 0.6], [0.0, 0.0, 0.0]];
    const ONE_HOT: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    const SOFT: [[f32; 3]; 4] = [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.2, 0.8], [1.0, 0.0, 0.0]];
    const LABELS: [i64; 4] = [0, 0, 1, 2];
    const WEIGHTS: [f32; 4] = [1.0, 2.0, 0.0, 0.5];

    fn dense<const R: usize, const K: usize>(values: [[f32; K]; R]) -> Target {
        Target::Dense(Tensor::from_data(values, &Device::default()))
    }

    fn classes() -> Target {
        Target::Classes(Tensor::from_data(LABELS, &Device::default()))
    }

    /// The mean of a batch with and without weights is that of Keras, and does not depend on how it is divided.
    #[track_caller]
    fn check<const K: usize>(
        metric: &dyn Metric,
        y_true: Target,
        y_pred: [[f32; K]; 4],
        plain: f64,
        weighted: impl Into<Option<f64>>,
    ) {
        let device = Device::default();
        let values = metric.per_sample(y_true, Tensor::from_data(y_pred, &device)).unwrap();
        let mut mean = Mean::default();
        mean.update(values.clone().slice(0..3));
        mean.update(values.clone().slice(3..4));
        assert!((mean.result() - plain).abs() <= 1e-6 * plain, "{} instead of {plain}", mean.result());

        if let Some(weighted) = weighted.into() {
            let mut mean = Mean::default();
            mean.update_weighted(values, Tensor::from_data(WEIGHTS, &device));
            assert!((mean.result() - weighted).abs() <= 1e-6 * weighted, "{} instead of {weighted}", mean.result());
        }
    }

    #[test]
    fn accuracies_follow_keras() {
        let weighted = 0.2857142984867096;
        check(&CategoricalAccuracy::new(), dense(ONE_HOT), SCORES, 0.5, weighted);
        check(&CategoricalAccuracy::new(), dense(SOFT), SCORES, 0.5, 0.4285714328289032);
        check(&SparseCategoricalAccuracy::new(), classes(), SCORES, 0.5, weighted);
        let column = [[0.0], [0.0], [1.0], [2.0]];
        check(&SparseCategoricalAccuracy::new(), dense(column), SCORES, 0.5, weighted);

        check(&Accuracy::new(), dense(ONE_HOT), SCORES, 0.5, weighted);
        check(&Accuracy::new(), classes(), SCORES, 0.5, weighted);
        check(&Accuracy::new(), dense(column), SCORES, 0.5, weighted);
    }

    #[test]
    fn binary_accuracy_follows_keras() {
        let y_true = [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.5]];
        let y_pred = [[0.1, 0.9], [0.5, 0.6], [0.7, 0.2], [0.4, 0.4]];
        check(&BinaryAccuracy::new(), dense(y_true), y_pred, 0.5, 0.8571428656578064);
        check(&BinaryAccuracy::new().threshold(0.4), dense(y_true), y_pred, 0.375, None);
        let columns = y_pred.map(|[first, _]| [first]);
        check(&Accuracy::new(), dense([[0.0], [1.0], [1.0], [0.0]]), columns, 0.75, None);
    }

    #[test]
    fn errors_follow_keras() {
        check(&MeanSquaredError::new(), dense(ONE_HOT), SCORES, 0.29250001907348633, 0.3561904728412628);
        check(&MeanAbsoluteError::new(), dense(ONE_HOT), SCORES, 0.44166669249534607, 0.5047619342803955);
    }
}
