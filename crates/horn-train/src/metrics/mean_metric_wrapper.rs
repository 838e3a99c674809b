//! A metric of a function.

use std::fmt;
use std::sync::Arc;

use burn::Tensor;
use horn_nn::Result;

use super::accumulator::Accumulator;
use super::mean_of_rows::MeanOfRows;
use super::metric::Metric;
use crate::losses::Target;

/// A function of the targets and the predictions, `[rows, features]`, that returns a value for each row.
type Function = dyn Fn(Target, Tensor<2>) -> Result<Tensor<1>> + Send + Sync;

/// The weighted mean of a function of each row of predictions, as a metric: Keras's `MeanMetricWrapper`.
///
/// A metric that is to be read from files is a class of its own, whose accumulator is a
/// [`MeanOfRows`](super::MeanOfRows).
///
/// ```
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::metrics::MeanMetricWrapper;
/// use horn::optimizers::SGD;
/// use horn::{Compile, Sequential};
///
/// let largest = MeanMetricWrapper::new("largest_error", |y_true, y_pred| {
///     Ok((y_true.into_dense(&y_pred)? - y_pred).abs().max_dim(1).squeeze_dim(1))
/// });
/// let model = Sequential::new().add(Input([4])).add(Dense(2));
/// let model = model.compile(SGD::new(0.1), MeanSquaredError::new(), [largest])?;
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Clone)]
pub struct MeanMetricWrapper {
    name: String,
    function: Arc<Function>,
}

impl MeanMetricWrapper {
    /// The mean of this function, with this key in the history.
    pub fn new(
        name: impl Into<String>,
        function: impl Fn(Target, Tensor<2>) -> Result<Tensor<1>> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), function: Arc::new(function) }
    }
}

impl fmt::Debug for MeanMetricWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeanMetricWrapper").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Metric for MeanMetricWrapper {
    fn class_name(&self) -> &'static str {
        "MeanMetricWrapper"
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let function = self.function.clone();
        MeanOfRows::boxed(move |y_true, y_pred| function(y_true, y_pred))
    }
}
