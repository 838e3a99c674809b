//! The trait of metrics.

use std::fmt::Debug;
use std::sync::Arc;

use horn_nn::{Result, Shape};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::direction::Direction;
use crate::registry;

/// A measure of how good the predictions are.
///
/// A metric is a description. Its [`accumulator`](Self::accumulator) holds what it has seen, and can also be used
/// alone.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::{Device, Int};
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
/// A custom metric that averages one value for each row uses [`MeanOfRows`](super::MeanOfRows):
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric",
    label = "expected a metric such as `Accuracy::new()`, or those of one output",
    note = "metrics are types, and not names: `Accuracy::new()` is Keras's \"accuracy\""
)]
pub trait Metric: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The key in the history, such as `accuracy`.
    fn name(&self) -> &str;

    /// A new accumulator, which has seen no batches.
    fn accumulator(&self) -> Box<dyn Accumulator>;

    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// An argument is out of range.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// The metric that replaces this one for targets and outputs of these shapes; `None` keeps this one.
    fn resolve(&self, _y_true: &[usize], _y_pred: &Shape) -> Option<Arc<dyn Metric>> {
        None
    }

    /// Whether the metric is better the higher or the lower it is, for callbacks that look for the best value; `None` if
    /// they have to be told.
    fn direction(&self) -> Option<Direction> {
        None
    }

    /// Whether the metric depends only on which prediction of a row is the largest. A softmax does not change that, so
    /// if a model ends in one, it is not computed for such metrics.
    fn asks_for_largest(&self) -> bool {
        false
    }

    /// The arguments, under Keras's keys.
    fn config(&self) -> Value {
        json!({"name": self.name(), "dtype": "float32"})
    }

    /// Keras's registered name of a custom class, `package>Class`. `None` stands for `Custom>Class`.
    fn registered_name(&self) -> Option<&str> {
        None
    }

    /// Keras's module of the class; `None` for a class that is not Keras's.
    #[doc(hidden)]
    fn keras_module(&self) -> Option<&'static str> {
        None
    }

    /// The metric as Keras writes it, with its class and arguments.
    fn serialize(&self) -> Value {
        registry::object(self.keras_module(), self.class_name(), self.registered_name(), self.config())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::mean_of_rows::MeanOfRows;

    /// A custom metric with the name of one of Keras's classes.
    #[derive(Debug)]
    struct Own;

    impl Metric for Own {
        fn class_name(&self) -> &'static str {
            "Accuracy"
        }

        fn name(&self) -> &str {
            "own"
        }

        fn accumulator(&self) -> Box<dyn Accumulator> {
            MeanOfRows::boxed(|_, y_pred| Ok(y_pred.mean_dim(1).squeeze_dim(1)))
        }
    }

    #[test]
    fn a_custom_metric_has_the_direction_that_it_says() {
        assert_eq!(Own.direction(), None);
    }
}
