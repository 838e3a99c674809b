//! The metrics that `compile` takes.

use std::sync::Arc;

use crate::compiling::given::Given;
use crate::metrics::Metric;

/// Metrics for each output.
pub(crate) type GivenMetrics = Given<Vec<Arc<dyn Metric>>>;

/// The metrics of a model's outputs.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    pub(crate) plain: GivenMetrics,
    /// Those in which the weights of the samples count.
    pub(crate) weighted: GivenMetrics,
}

impl Metrics {
    /// The number of entries.
    pub fn len(&self) -> usize {
        self.plain.0.len()
    }

    /// Are there no metrics at all?
    pub fn is_empty(&self) -> bool {
        self.plain.has_no_metrics() && self.weighted.has_no_metrics()
    }
}

impl GivenMetrics {
    /// Are there no metrics of any output?
    pub fn has_no_metrics(&self) -> bool {
        self.values().all(Vec::is_empty)
    }
}

/// What `compile` takes as metrics: an array, a tuple or a `Vec`, or `()` for none. For a model with several outputs,
/// it has an entry for each output, which may itself contain several metrics, or entries by the outputs' names.
///
/// ```
/// use horn::IntoMetrics;
/// use horn::metrics::{Accuracy, MeanAbsoluteError, MeanSquaredError};
///
/// assert_eq!([Accuracy::new()].into_metrics().len(), 1);
/// assert_eq!((MeanSquaredError::new(), MeanAbsoluteError::new()).into_metrics().len(), 2);
/// assert_eq!(([Accuracy::new()], ()).into_metrics().len(), 2);
/// assert_eq!((("kind", Accuracy::new()), ("size", [MeanAbsoluteError::new()])).into_metrics().len(), 2);
/// assert_eq!(().into_metrics().len(), 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of metrics",
    label = "expected `[Accuracy::new()]`, a tuple of different metrics, or `()` for none",
    note = "a metric alone stands in a list, too, since a model may have several"
)]
pub trait IntoMetrics: Sized {
    /// The entries, each a list of metrics.
    fn into_metrics(self) -> Metrics;

    /// Adds metrics in which the weights of the samples count: Keras's `weighted_metrics`. They take the same forms. One that
    /// has the name of another metric has `weighted_` before its name.
    ///
    /// ```
    /// use horn::IntoMetrics;
    /// use horn::metrics::{Accuracy, AUC};
    ///
    /// let metrics = [Accuracy::new()].weighted_metrics([AUC::new()]);
    /// ```
    fn weighted_metrics(self, metrics: impl IntoMetrics) -> Metrics {
        Metrics { weighted: metrics.into_metrics().plain, ..self.into_metrics() }
    }
}

/// An entry of the metrics: one metric, the metrics of one output, or a pair of the output's name and its metrics.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric",
    label = "expected a metric such as `Accuracy::new()`, or those of one output"
)]
pub trait IntoMetricList {
    /// The metrics as a list.
    fn into_list(self) -> Vec<Arc<dyn Metric>>;

    /// The name of the output, if it is given.
    fn output(&self) -> Option<String> {
        None
    }
}

impl<M: Metric + 'static> IntoMetricList for M {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        vec![Arc::new(self)]
    }
}

impl IntoMetricList for Arc<dyn Metric> {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        vec![self]
    }
}

impl IntoMetricList for () {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        Vec::new()
    }
}

impl IntoMetricList for Vec<Arc<dyn Metric>> {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        self
    }
}

impl<M: Metric + 'static, const N: usize> IntoMetricList for [M; N] {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        self.into_iter().map(|metric| Arc::new(metric) as _).collect()
    }
}

impl<M: IntoMetricList> IntoMetricList for (&str, M) {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        self.1.into_list()
    }

    fn output(&self) -> Option<String> {
        Some(self.0.to_owned())
    }
}

impl IntoMetrics for Metrics {
    fn into_metrics(self) -> Metrics {
        self
    }
}

impl IntoMetrics for () {
    fn into_metrics(self) -> Metrics {
        Metrics::default()
    }
}

impl<M: IntoMetricList> IntoMetrics for Vec<M> {
    fn into_metrics(self) -> Metrics {
        list(self.into_iter().map(entry))
    }
}

impl<M: IntoMetricList, const N: usize> IntoMetrics for [M; N] {
    fn into_metrics(self) -> Metrics {
        list(self.into_iter().map(entry))
    }
}

fn list(entries: impl IntoIterator<Item = (Option<String>, Vec<Arc<dyn Metric>>)>) -> Metrics {
    Metrics { plain: Given(entries.into_iter().collect()), weighted: Given::default() }
}

fn entry(metrics: impl IntoMetricList) -> (Option<String>, Vec<Arc<dyn Metric>>) {
    (metrics.output(), metrics.into_list())
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: IntoMetricList),+> IntoMetrics for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_metrics(self) -> Metrics {
                let ($($part,)+) = self;
                list([$(entry($part)),+])
            }
        }
    )*};
}

tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F));
