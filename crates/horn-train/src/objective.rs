//! The losses and metrics of a model, with an entry for each output.

use std::sync::Arc;

use horn_nn::{Error, Model, Result};

use crate::losses::Loss;
use crate::metrics::Metric;

/// The losses and metrics that a model is compiled with.
#[derive(Debug)]
pub(crate) struct Objective {
    pub losses: Losses,
    pub metrics: Vec<Vec<Arc<dyn Metric>>>,
    /// The metrics in which the weights of the samples count.
    pub weighted_metrics: Vec<Vec<Arc<dyn Metric>>>,
}

impl Objective {
    pub fn new(losses: impl IntoLosses, metrics: impl IntoMetrics) -> Self {
        Self { losses: losses.into_losses(), metrics: metrics.into_metrics(), weighted_metrics: Vec::new() }
    }

    /// Checks the arguments of all losses and metrics.
    ///
    /// # Errors
    ///
    /// If an argument is out of range.
    pub fn validate(&self) -> Result<()> {
        self.losses.losses.iter().try_for_each(|loss| loss.validate())?;
        self.metrics.iter().chain(&self.weighted_metrics).flatten().try_for_each(|metric| metric.validate())
    }

    /// The loss of each output of the model.
    ///
    /// # Errors
    ///
    /// If there are neither as many losses as outputs, nor one for all, or not as many loss weights as outputs.
    pub fn losses_of(&self, model: &Model) -> Result<Vec<Arc<dyn Loss>>> {
        let outputs = model.output_shapes().len();
        let Losses { losses, weights } = &self.losses;
        if let Some(weights) = weights.as_ref().filter(|weights| weights.len() != outputs) {
            return Err(mismatch("loss_weights", weights.len(), model));
        }
        match losses.as_slice() {
            [one] => Ok(vec![one.clone(); outputs]),
            losses if losses.len() == outputs => Ok(losses.to_vec()),
            losses => Err(mismatch("loss", losses.len(), model)),
        }
    }

    /// The weight of each output's loss in their sum.
    pub fn weights_of(&self, model: &Model) -> Vec<f64> {
        self.losses.weights.clone().unwrap_or_else(|| vec![1.0; model.output_shapes().len()])
    }

    /// The metrics of each output of the model, and those in which the weights of the samples count.
    ///
    /// # Errors
    ///
    /// If the model has several outputs, and there are metrics, but not one entry for each output.
    pub fn metrics_of(&self, model: &Model) -> Result<Vec<OutputMetrics>> {
        let plain = by_output("metrics", &self.metrics, model)?;
        let weighted = by_output("weighted_metrics", &self.weighted_metrics, model)?;
        Ok(plain.into_iter().zip(weighted).map(|(plain, weighted)| OutputMetrics { plain, weighted }).collect())
    }
}

/// The metrics of an output.
pub(crate) struct OutputMetrics {
    pub plain: Vec<Arc<dyn Metric>>,
    pub weighted: Vec<Arc<dyn Metric>>,
}

fn by_output(argument: &str, entries: &[Vec<Arc<dyn Metric>>], model: &Model) -> Result<Vec<Vec<Arc<dyn Metric>>>> {
    match (model.output_shapes().len(), entries) {
        (1, entries) => Ok(vec![entries.concat()]),
        (outputs, []) => Ok(vec![Vec::new(); outputs]),
        (outputs, entries) if entries.len() == outputs => Ok(entries.to_vec()),
        (_, entries) => Err(mismatch(argument, entries.len(), model)),
    }
}

/// The names of the outputs in scores and in errors: the keys, if the Keras program returned a dictionary, or else the
/// names of the layers.
pub(crate) fn output_names(model: &Model) -> Vec<&str> {
    match model.output_keys() {
        [] => model.output_names().collect(),
        keys => keys.iter().map(String::as_str).collect(),
    }
}

fn mismatch(argument: &str, received: usize, model: &Model) -> Error {
    let names = output_names(model);
    Error::argument(format!("{argument} has not an entry for each output"))
        .at(argument)
        .received(format!("{received} entries"))
        .expected(format!("{}: {}", names.len(), names.join(", ")))
        .hint("give one for each output of the model, in this order")
}

/// The losses of a model's outputs, and their weights.
#[derive(Debug, Clone)]
pub struct Losses {
    pub(crate) losses: Vec<Arc<dyn Loss>>,
    pub(crate) weights: Option<Vec<f64>>,
}

/// What `compile` takes as loss: one loss, or an array, a tuple or a `Vec` with a loss for each output of the model.
///
/// ```
/// use horn::IntoLosses;
/// use horn::losses::{MeanSquaredError, SparseCategoricalCrossentropy};
///
/// let losses = (MeanSquaredError::new(), SparseCategoricalCrossentropy::new()).loss_weights([1.0, 0.2]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss",
    label = "expected a loss such as `MeanSquaredError::new()`, or a tuple with one for each output",
    note = "a metric only measures; what is trained with is a loss"
)]
pub trait IntoLosses: Sized {
    /// The losses as a list.
    fn into_losses(self) -> Losses;

    /// Weights the losses of the outputs in their sum: Keras's `loss_weights`.
    fn loss_weights(self, weights: impl Into<Vec<f64>>) -> Losses {
        Losses { weights: Some(weights.into()), ..self.into_losses() }
    }
}

impl IntoLosses for Losses {
    fn into_losses(self) -> Losses {
        self
    }
}

impl<L: Loss + 'static> IntoLosses for L {
    fn into_losses(self) -> Losses {
        Losses { losses: vec![Arc::new(self)], weights: None }
    }
}

impl IntoLosses for Vec<Arc<dyn Loss>> {
    fn into_losses(self) -> Losses {
        Losses { losses: self, weights: None }
    }
}

impl<L: Loss + 'static, const N: usize> IntoLosses for [L; N] {
    fn into_losses(self) -> Losses {
        Losses { losses: self.into_iter().map(|loss| Arc::new(loss) as _).collect(), weights: None }
    }
}

/// What `compile` takes as metrics: an array, a tuple or a `Vec`, or `()` for none. For a model with several outputs,
/// it has an entry for each output, which may itself contain several metrics.
///
/// ```
/// use horn::IntoMetrics;
/// use horn::metrics::{Accuracy, MeanAbsoluteError, MeanSquaredError};
///
/// assert_eq!([Accuracy::new()].into_metrics().len(), 1);
/// assert_eq!((MeanSquaredError::new(), MeanAbsoluteError::new()).into_metrics().len(), 2);
/// assert_eq!(([Accuracy::new()], ()).into_metrics().len(), 2);
/// assert_eq!(().into_metrics().len(), 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of metrics",
    label = "expected `[Accuracy::new()]`, a tuple of different metrics, or `()` for none"
)]
pub trait IntoMetrics {
    /// The entries, each a list of metrics.
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>>;
}

/// An entry of the metrics: one metric, or the metrics of one output.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no metric",
    label = "expected a metric such as `Accuracy::new()`, or those of one output"
)]
pub trait IntoMetricList {
    /// The metrics as a list.
    fn into_list(self) -> Vec<Arc<dyn Metric>>;
}

impl<M: Metric + 'static> IntoMetricList for M {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        vec![Arc::new(self)]
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

impl IntoMetrics for () {
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
        Vec::new()
    }
}

impl IntoMetrics for Vec<Arc<dyn Metric>> {
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
        self.into_iter().map(|metric| vec![metric]).collect()
    }
}

impl<M: IntoMetricList, const N: usize> IntoMetrics for [M; N] {
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
        self.into_iter().map(M::into_list).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: IntoMetricList),+> IntoMetrics for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
                let ($($part,)+) = self;
                vec![$($part.into_list()),+]
            }
        }

        impl<$($part: Loss + 'static),+> IntoLosses for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_losses(self) -> Losses {
                let ($($part,)+) = self;
                Losses { losses: vec![$(Arc::new($part)),+], weights: None }
            }
        }
    )*};
}

tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F));
