//! What people watch while a model learns: Keras's metrics.
//!
//! A [`Metric`] is a description, which makes an [`Accumulator`]: that takes batch after batch, stays on the device, and
//! is read only when its number is shown.

use std::fmt::Debug;
use std::sync::Arc;

use horn_nn::{Result, Shape};
use serde_json::{Value, json};

mod accumulator;
mod accuracy;
mod errors;
mod from_config;
mod mean;
mod mean_of_rows;

pub use accumulator::{Accumulator, same_state};
pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use errors::{MeanAbsoluteError, MeanSquaredError};
pub use from_config::{class_names, from_config, register};
pub use mean::Mean;
pub use mean_of_rows::MeanOfRows;

/// A measure of how well the predictions do.
///
/// It is a description: what it has seen is in its [`accumulator`](Self::accumulator), which can be used alone.
///
/// ```
/// use burn::Tensor;
/// use burn::tensor::{Device, Int};
/// use horn_train::metrics::{Metric, SparseCategoricalAccuracy};
///
/// let device = Device::default();
/// let labels = Tensor::<1, Int>::from_data([1, 0], &device);
/// let predictions = Tensor::<2>::from_data([[0.2, 0.8], [0.4, 0.6]], &device);
/// let mut accuracy = SparseCategoricalAccuracy::new().accumulator();
/// accuracy.update_state(labels.into(), predictions.into(), None)?;
/// assert_eq!(accuracy.result(), 0.5);
/// accuracy.reset_state();
/// # Ok::<(), horn_nn::Error>(())
/// ```
///
/// A custom metric that is the mean of a value for each row takes [`MeanOfRows`]:
///
/// ```
/// use horn_train::metrics::{Accumulator, MeanOfRows, Metric};
///
/// #[derive(Debug)]
/// struct LargestError;
///
/// impl Metric for LargestError {
///     fn class_name(&self) -> &'static str {
///         "LargestError"
///     }
///     fn name(&self) -> &str {
///         "largest_error"
///     }
///     fn accumulator(&self) -> Box<dyn Accumulator> {
///         MeanOfRows::boxed(|y_true, y_pred| {
///             Ok((y_true.into_dense(&y_pred)? - y_pred).abs().max_dim(1).squeeze_dim(1))
///         })
///     }
/// }
/// ```
pub trait Metric: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The key in the history, such as `accuracy`.
    fn name(&self) -> &str;

    /// What adds up the batches, at its beginning.
    fn accumulator(&self) -> Box<dyn Accumulator>;

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

    /// The arguments, by Keras's keys.
    fn config(&self) -> Value {
        json!({"name": self.name(), "dtype": "float32"})
    }

    /// Keras's registered name of a custom class, `package>Class`; its class name, if none.
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

/// The methods of [`Metric`] that are the same for all of Horn's.
macro_rules! metric_methods {
    ($metric:ident) => {
        fn class_name(&self) -> &'static str {
            stringify!($metric)
        }

        fn name(&self) -> &str {
            &self.name
        }
    };
}

pub(crate) use {metric_methods, metric_name, named_metric};

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor};
    use horn_nn::AnyTensor;

    use super::*;

    const SCORES: [[f32; 3]; 4] = [[0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0.3, 0.6, 0.6], [0.0, 0.0, 0.0]];
    const ONE_HOT: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    const SOFT: [[f32; 3]; 4] = [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.2, 0.8], [1.0, 0.0, 0.0]];
    const LABELS: [i64; 4] = [0, 0, 1, 2];
    const WEIGHTS: [f32; 4] = [1.0, 2.0, 0.0, 0.5];

    fn dense<const K: usize>(values: [[f32; K]; 4]) -> AnyTensor {
        Tensor::<2>::from_data(values, &Device::default()).into()
    }

    fn classes() -> AnyTensor {
        Tensor::<1, Int>::from_data(LABELS, &Device::default()).into()
    }

    /// The samples from `begin` to before `end`.
    fn part(tensor: &AnyTensor, begin: usize, end: usize) -> AnyTensor {
        match (tensor.rank(), tensor.dtype().is_float()) {
            (1, false) => tensor.clone().int::<1>().unwrap().slice(begin..end).into(),
            (1, true) => tensor.clone().float::<1>().unwrap().slice(begin..end).into(),
            _ => tensor.clone().float::<2>().unwrap().slice(begin..end).into(),
        }
    }

    /// The mean of a batch with and without weights is that of Keras, and does not depend on how it is divided.
    #[track_caller]
    fn check<const K: usize>(
        metric: &dyn Metric,
        y_true: AnyTensor,
        y_pred: [[f32; K]; 4],
        plain: f64,
        weighted: impl Into<Option<f64>>,
    ) {
        let y_pred = dense(y_pred);
        let close = |state: &dyn Accumulator, expected: f64| {
            let received = state.result();
            assert!((received - expected).abs() <= 1e-6 * expected, "{received} instead of {expected}");
        };
        let mut state = metric.accumulator();
        let mut second = metric.accumulator();
        state.update_state(part(&y_true, 0, 3), part(&y_pred, 0, 3), None).unwrap();
        second.update_state(part(&y_true, 3, 4), part(&y_pred, 3, 4), None).unwrap();
        state.merge_state(second.as_ref()).unwrap();
        close(state.as_ref(), plain);
        assert_eq!(state.results(), [state.result()]);

        if let Some(weighted) = weighted.into() {
            state.reset_state();
            assert_eq!(state.result(), 0.0);
            let weights: AnyTensor = Tensor::<1>::from_data(WEIGHTS, &Device::default()).into();
            for (begin, end) in [(0, 3), (3, 4)] {
                let weights = Some(part(&weights, begin, end));
                state.update_state(part(&y_true, begin, end), part(&y_pred, begin, end), weights).unwrap();
            }
            close(state.as_ref(), weighted);
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

    #[test]
    fn states_of_other_metrics_do_not_merge() {
        let mut state = MeanSquaredError::new().accumulator();
        let error = state.merge_state(CategoricalAccuracy::new().accumulator().as_ref()).unwrap_err();
        assert!(error.is_argument(), "{error}");
    }
}
