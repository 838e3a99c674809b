//! Metrics that are the mean of a loss over all rows.

use std::sync::Arc;

use horn_nn::{Result, arguments};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name, named_metric};
use super::direction::Direction;
use super::mean_of_rows::MeanOfRows;
use super::metric::Metric;
use crate::keras_config::{Float32, LastAxis};
use crate::losses::{self, Axis, Loss, TargetKind, axis_argument, cosine, serialize_function};

/// A metric without other arguments, its name in the history, and the loss whose mean it is.
macro_rules! mean_of_loss {
    ($($(#[$doc:meta])* $metric:ident, $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $metric {
            name: String,
            dtype: Float32,
        }

        named_metric!($metric, $name);

        impl Metric for $metric {
            metric_methods!($metric, Down);

            fn accumulator(&self) -> Box<dyn Accumulator> {
                mean_of(losses::$metric::new())
            }
        }
    )*};
}

/// The mean of the loss of each row.
fn mean_of(loss: impl Loss + 'static) -> Box<dyn Accumulator> {
    mean_of_shared(Arc::new(loss))
}

fn mean_of_shared(loss: Arc<dyn Loss>) -> Box<dyn Accumulator> {
    let (axis, targets) = (loss.axis(), loss.targets());
    Box::new(MeanOfRows::new(move |y_true, y_pred| loss.per_sample(y_true, y_pred)).along(axis, targets))
}

/// A function of Keras's losses that is given as a metric, without a class of metrics for it: `metrics=[huber]`.
#[derive(Clone, Debug)]
pub(super) struct OfFunction {
    /// The function's name in Keras, which is also that in the history.
    pub name: String,
    pub loss: Arc<dyn Loss>,
}

impl Metric for OfFunction {
    fn class_name(&self) -> &'static str {
        "MeanMetricWrapper"
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Down)
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        mean_of_shared(self.loss.clone())
    }

    fn serialize(&self) -> Value {
        serialize_function(&self.name)
    }
}

mean_of_loss! {
    /// The mean of `100 * |y_true - y_pred| / |y_true|`, as a metric.
    ///
    /// ```
    /// let metric = horn::metrics::MeanAbsolutePercentageError::new().name("mape");
    /// ```
    MeanAbsolutePercentageError, "mean_absolute_percentage_error";
    /// The mean of `(ln(y_true + 1) - ln(y_pred + 1))²`, as a metric.
    ///
    /// ```
    /// let metric = horn::metrics::MeanSquaredLogarithmicError::new().name("msle");
    /// ```
    MeanSquaredLogarithmicError, "mean_squared_logarithmic_error";
    /// The hinge loss as a metric: the mean of `max(1 - y_true * y_pred, 0)`.
    ///
    /// ```
    /// let metric = horn::metrics::Hinge::new();
    /// ```
    Hinge, "hinge";
    /// The squared hinge loss as a metric.
    ///
    /// ```
    /// let metric = horn::metrics::SquaredHinge::new();
    /// ```
    SquaredHinge, "squared_hinge";
    /// The hinge loss of one-hot encoded classes as a metric.
    ///
    /// ```
    /// let metric = horn::metrics::CategoricalHinge::new();
    /// ```
    CategoricalHinge, "categorical_hinge";
    /// The Kullback-Leibler divergence as a metric.
    ///
    /// ```
    /// let metric = horn::metrics::KLDivergence::new();
    /// ```
    KLDivergence, "kl_divergence";
    /// The mean of `y_pred - y_true * ln(y_pred)`, as a metric.
    ///
    /// ```
    /// let metric = horn::metrics::Poisson::new();
    /// ```
    Poisson, "poisson";
}

/// The mean of `ln(cosh(y_pred - y_true))`, as a metric.
///
/// ```
/// let metric = horn::metrics::LogCoshError::new();
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogCoshError {
    name: String,
    dtype: Float32,
}

named_metric!(LogCoshError, "logcosh");

impl Metric for LogCoshError {
    metric_methods!(LogCoshError, Down);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        mean_of(losses::LogCosh::new())
    }
}

/// The mean cosine of the angle between targets and predictions: 1 for the same direction, -1 for the opposite one. As a
/// loss it has the opposite sign.
///
/// ```
/// let metric = horn::metrics::CosineSimilarity::new();
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineSimilarity {
    name: String,
    dtype: Float32,
    /// Keras does not write it, so it is written only if it is given.
    #[serde(default, skip_serializing_if = "Axis::is_last")]
    axis: Axis,
}

impl CosineSimilarity {
    /// The metric with Keras's defaults: along the last axis.
    pub fn new() -> Self {
        Self { name: "cosine_similarity".to_owned(), dtype: Float32::default(), axis: Axis::LAST }
    }
}

axis_argument!(CosineSimilarity);
metric_name!(CosineSimilarity);

impl Metric for CosineSimilarity {
    metric_methods!(CosineSimilarity, Up);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let mean = MeanOfRows::new(|y_true, y_pred| Ok(cosine(y_true.into_dense(&y_pred)?, y_pred)));
        Box::new(mean.along(self.axis.into(), TargetKind::Dense))
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// The crossentropy of binary labels as a metric.
///
/// ```
/// let metric = horn::metrics::BinaryCrossentropy::new().from_logits(true);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryCrossentropy {
    name: String,
    dtype: Float32,
    from_logits: bool,
    label_smoothing: Number,
}

impl BinaryCrossentropy {
    /// The metric with Keras's defaults: from probabilities, without smoothing.
    pub fn new() -> Self {
        let name = "binary_crossentropy".to_owned();
        Self { name, dtype: Float32::default(), from_logits: false, label_smoothing: 0.into() }
    }

    fn loss(&self) -> losses::BinaryCrossentropy {
        let smoothing = self.label_smoothing.as_f64().unwrap_or(f64::NAN);
        losses::BinaryCrossentropy::new().from_logits(self.from_logits).label_smoothing(smoothing)
    }
}

arguments!(BinaryCrossentropy {
    /// Whether the predictions are logits, not probabilities.
    from_logits: bool,
});

/// A share for a configuration. One that is not finite has no place in JSON, and becomes one that is out of range.
fn share(share: f64) -> Number {
    Number::from_f64(share).unwrap_or_else(|| (-1).into())
}

impl BinaryCrossentropy {
    /// Smooths the targets: moves each towards 1/2 by this fraction, from 0 (the default) to 1.
    #[must_use]
    pub fn label_smoothing(mut self, label_smoothing: f64) -> Self {
        self.label_smoothing = share(label_smoothing);
        self
    }
}

metric_name!(BinaryCrossentropy);

impl Metric for BinaryCrossentropy {
    metric_methods!(BinaryCrossentropy, Down);

    fn validate(&self) -> Result<()> {
        self.loss().validate()
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        mean_of(self.loss())
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// The crossentropy of one-hot encoded classes as a metric.
///
/// ```
/// let metric = horn::metrics::CategoricalCrossentropy::new().from_logits(true);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoricalCrossentropy {
    name: String,
    dtype: Float32,
    from_logits: bool,
    label_smoothing: Number,
    axis: Axis,
}

impl CategoricalCrossentropy {
    /// The metric with Keras's defaults: from probabilities, without smoothing.
    pub fn new() -> Self {
        let name = "categorical_crossentropy".to_owned();
        Self { name, dtype: Float32::default(), from_logits: false, label_smoothing: 0.into(), axis: Axis::LAST }
    }

    fn loss(&self) -> losses::CategoricalCrossentropy {
        let smoothing = self.label_smoothing.as_f64().unwrap_or(f64::NAN);
        let loss = losses::CategoricalCrossentropy::new().from_logits(self.from_logits).label_smoothing(smoothing);
        loss.axis(self.axis.into())
    }
}

arguments!(CategoricalCrossentropy {
    /// Whether the predictions are logits, not probabilities.
    from_logits: bool,
});

impl CategoricalCrossentropy {
    /// Smooths the targets: moves each towards the mean of all classes by this fraction, from 0 (the default) to 1.
    #[must_use]
    pub fn label_smoothing(mut self, label_smoothing: f64) -> Self {
        self.label_smoothing = share(label_smoothing);
        self
    }
}

axis_argument!(CategoricalCrossentropy);
metric_name!(CategoricalCrossentropy);

impl Metric for CategoricalCrossentropy {
    metric_methods!(CategoricalCrossentropy, Down);

    fn validate(&self) -> Result<()> {
        self.loss().validate()
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        mean_of(self.loss())
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// The crossentropy of class numbers as a metric.
///
/// ```
/// let metric = horn::metrics::SparseCategoricalCrossentropy::new().from_logits(true);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseCategoricalCrossentropy {
    name: String,
    dtype: Float32,
    from_logits: bool,
    ignore_class: Option<i64>,
    axis: LastAxis,
}

impl SparseCategoricalCrossentropy {
    /// The metric with Keras's defaults: from probabilities.
    pub fn new() -> Self {
        let name = "sparse_categorical_crossentropy".to_owned();
        Self { name, dtype: Float32::default(), from_logits: false, ignore_class: None, axis: LastAxis }
    }
}

arguments!(SparseCategoricalCrossentropy {
    /// Whether the predictions are logits, not probabilities.
    from_logits: bool,
    /// Counts the samples with this label, which need not be a valid class, as a loss of 0, as Keras does; none by default.
    ignore_class: i64,
});

metric_name!(SparseCategoricalCrossentropy);

impl Metric for SparseCategoricalCrossentropy {
    metric_methods!(SparseCategoricalCrossentropy, Down);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let loss = losses::SparseCategoricalCrossentropy::new().from_logits(self.from_logits);
        match self.ignore_class {
            Some(class) => mean_of(loss.ignore_class(class)),
            None => mean_of(loss),
        }
    }

    fn config(&self) -> Value {
        json!(self)
    }
}
