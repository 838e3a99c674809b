//! The losses and metrics of a model, with an entry for each output.

use std::sync::Arc;

use horn_nn::{Error, Model, Result, Shape, float32};

use crate::compiling::given::output_names;
use crate::compiling::given_losses::{IntoLosses, Losses};
use crate::compiling::given_metrics::{GivenMetrics, IntoMetrics, Metrics};
use crate::losses::{Loss, of_rank};
use crate::metrics::Metric;

/// The losses and metrics that a model is compiled with.
#[derive(Debug)]
pub(crate) struct Objective {
    pub losses: Losses,
    pub metrics: GivenMetrics,
    /// The metrics in which the weights of the samples count.
    pub weighted_metrics: GivenMetrics,
}

/// What is computed of one output.
#[derive(Debug, Clone)]
pub(crate) struct OutputObjective {
    pub name: String,
    pub shape: Shape,
    pub loss: Option<Arc<dyn Loss>>,
    /// The weight of the output's loss in the sum of all.
    pub weight: f64,
    pub metrics: Vec<Arc<dyn Metric>>,
    pub weighted_metrics: Vec<Arc<dyn Metric>>,
}

impl OutputObjective {
    /// An output of which a custom training step computes what it likes.
    pub fn without_loss(name: String, shape: Shape) -> Self {
        Self { name, shape, loss: None, weight: 1.0, metrics: Vec::new(), weighted_metrics: Vec::new() }
    }

    /// The shape of the output with the axis of the loss's features as the last one.
    pub fn rows_shape(&self) -> Shape {
        let mut sizes = self.shape.sizes().to_vec();
        let axis = self.loss.as_ref().map_or(-1, |loss| loss.axis());
        // An axis that is not there is an error of the loss.
        if let Ok(axis) = of_rank(axis, sizes.len()) {
            let features = sizes.remove(axis);
            sizes.push(features);
        }
        Shape::new(sizes)
    }

    /// Whether something is computed of the output that takes targets.
    pub fn needs_targets(&self) -> bool {
        self.loss.is_some() || !self.metrics.is_empty() || !self.weighted_metrics.is_empty()
    }
}

impl Objective {
    pub fn new(losses: impl IntoLosses, metrics: impl IntoMetrics) -> Self {
        let Metrics { plain, weighted } = metrics.into_metrics();
        Self { losses: losses.into_losses(), metrics: plain, weighted_metrics: weighted }
    }

    /// Checks the arguments of all losses and metrics, and the weights.
    ///
    /// # Errors
    ///
    /// If an argument is out of range.
    pub fn validate(&self) -> Result<()> {
        self.losses.losses.values().flatten().try_for_each(|loss| loss.validate())?;
        let weights = self.losses.weights.iter().flat_map(|weights| weights.values());
        if let Some(weight) = weights.into_iter().find(|weight| !float32::is_finite(**weight)) {
            return Err(Error::argument("a weight of a loss is not a number")
                .at("loss_weights")
                .received(weight)
                .expected(float32::expected(*weight, "finite numbers"))
                .hint("give 1 for a loss that counts in full, and 0 for one that does not count"));
        }
        let metrics = self.metrics.values().chain(self.weighted_metrics.values());
        metrics.flatten().try_for_each(|metric| metric.validate())
    }

    /// Whether there is any loss or metric of an output.
    pub fn measures(&self) -> bool {
        self.losses.losses.values().any(Option::is_some)
            || !self.metrics.has_no_metrics()
            || !self.weighted_metrics.has_no_metrics()
    }

    /// What is computed of each output of the model.
    ///
    /// # Errors
    ///
    /// If there are neither as many losses, weights or metrics as outputs, nor one loss for all, nor names of outputs.
    pub fn outputs_of(&self, model: &Model) -> Result<Vec<OutputObjective>> {
        let losses = self.losses_of(model)?;
        let weights = match &self.losses.weights {
            Some(weights) => {
                weights.of("loss_weights", model)?.into_iter().map(|weight| weight.unwrap_or(1.0)).collect()
            }
            None => vec![1.0; losses.len()],
        };
        let metrics = by_output("metrics", &self.metrics, model)?;
        let weighted = by_output("weighted_metrics", &self.weighted_metrics, model)?;
        let outputs = output_names(model).into_iter().zip(model.output_shapes());
        let parts = losses.into_iter().zip(weights).zip(metrics.into_iter().zip(weighted));
        let whole =
            outputs.zip(parts).map(|((name, shape), ((loss, weight), (metrics, weighted_metrics)))| OutputObjective {
                name: name.to_owned(),
                shape: shape.clone().of_any_batch(),
                loss,
                weight,
                metrics,
                weighted_metrics,
            });
        Ok(whole.collect())
    }

    /// The loss of each output of the model.
    ///
    /// # Errors
    ///
    /// If there are neither as many losses as outputs, nor one for all, nor names of outputs.
    pub fn losses_of(&self, model: &Model) -> Result<Vec<Option<Arc<dyn Loss>>>> {
        let outputs = model.output_shapes().len();
        match self.losses.losses.0.as_slice() {
            [] => Ok(vec![None; outputs]),
            [(None, one)] => Ok(vec![one.clone(); outputs]),
            _ => Ok(self.losses.losses.of("loss", model)?.into_iter().map(Option::flatten).collect()),
        }
    }
}

/// The metrics of each output. All entries are those of the output if there is only one.
pub(crate) fn by_output(argument: &str, metrics: &GivenMetrics, model: &Model) -> Result<Vec<Vec<Arc<dyn Metric>>>> {
    let outputs = model.output_shapes().len();
    match (outputs, metrics.is_named()) {
        _ if metrics.0.is_empty() => Ok(vec![Vec::new(); outputs]),
        (1, false) => Ok(vec![metrics.values().flatten().cloned().collect()]),
        _ => Ok(metrics.of(argument, model)?.into_iter().map(Option::unwrap_or_default).collect()),
    }
}
