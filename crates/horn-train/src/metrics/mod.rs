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
mod mean;

pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use errors::{MeanAbsoluteError, MeanSquaredError};
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
}

/// The constructor and the name of a metric that has no arguments but that.
macro_rules! named_metric {
    ($metric:ident, $name:literal) => {
        impl $metric {
            /// The metric with Keras's defaults.
            pub fn new() -> Self {
                Self { name: $name.to_owned() }
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
