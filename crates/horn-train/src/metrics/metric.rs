//! What a metric is.

use std::fmt::Debug;
use std::sync::Arc;

use horn_nn::{Result, Shape};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use crate::registry;

/// A measure of how well the predictions do.
///
/// It is a description: what it has seen is in its [`accumulator`](Self::accumulator), which can be used alone.
///
/// ```
/// use burn::Tensor;
/// use burn::tensor::{Device, Int};
/// use horn::metrics::{Metric, SparseCategoricalAccuracy};
///
/// let device = Device::default();
/// let labels = Tensor::<1, Int>::from_data([1, 0], &device);
/// let predictions = Tensor::<2>::from_data([[0.2, 0.8], [0.4, 0.6]], &device);
/// let mut accuracy = SparseCategoricalAccuracy::new().accumulator();
/// accuracy.update_state(labels.into(), predictions.into(), None)?;
/// assert_eq!(accuracy.result(), 0.5);
/// accuracy.reset_state();
/// # Ok::<(), horn::Error>(())
/// ```
///
/// A custom metric that is the mean of a value for each row takes [`MeanOfRows`](super::MeanOfRows):
///
/// ```
/// use horn::metrics::{Accumulator, MeanOfRows, Metric};
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

    /// Keras's module of the class, where Horn has it.
    #[doc(hidden)]
    fn keras_module(&self) -> Option<&'static str> {
        None
    }

    /// The metric as Keras writes it, with its class and arguments.
    fn serialize(&self) -> Value {
        registry::object(self.keras_module(), self.class_name(), self.registered_name(), self.config())
    }
}
