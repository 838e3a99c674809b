//! One step: from a batch to gradients and numbers.

use std::sync::Arc;

use burn::Tensor;
use burn::optim::GradientsParams;
use burn::tensor::{Bool, Device};
use horn_nn::{CallContext, Error, Mode, Model, Result, Signal, by_rank};

use crate::Scores;
use crate::compile::Losses;
use crate::losses::Loss;
use crate::metrics::{Mean, Metric};
use crate::optimizers::clip_by_global_norm;
use crate::samples::Samples;

/// What a model is compiled with: how a step's loss, gradients and metrics come about.
#[derive(Debug)]
pub(crate) struct Step {
    pub losses: Losses,
    pub metrics: Vec<Vec<Arc<dyn Metric>>>,
    global_clipnorm: Option<f64>,
}

/// The running loss and metrics. They stay on the device until [`scores`](Self::scores) reads them.
#[derive(Debug, Clone)]
pub(crate) struct Trackers {
    loss: Mean,
    outputs: Vec<OutputTrackers>,
}

/// Those of one output.
#[derive(Debug, Clone)]
struct OutputTrackers {
    /// The output's own loss, where there are several.
    loss: Option<(String, Mean)>,
    metrics: Vec<(String, Arc<dyn Metric>, Mean)>,
}

/// A batch: which samples, and where they are computed.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub samples: &'a Samples<'a>,
    pub at: &'a [usize],
    pub device: &'a Device,
}

impl Step {
    pub fn new(losses: Losses, metrics: Vec<Vec<Arc<dyn Metric>>>, global_clipnorm: Option<f64>) -> Self {
        Self { losses, metrics, global_clipnorm }
    }

    /// The loss of each output of the model.
    ///
    /// # Errors
    ///
    /// Where there are neither as many losses as outputs, nor one for all.
    pub fn losses(&self, model: &Model) -> Result<Vec<Arc<dyn Loss>>> {
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

    /// Fresh numbers for targets of these sizes: `Accuracy` becomes the one that fits the shapes.
    ///
    /// # Errors
    ///
    /// Where the model has several outputs, and the metrics another number of entries.
    pub fn trackers(&self, model: &Model, target_sizes: &[&[usize]]) -> Result<Trackers> {
        let names: Vec<_> = model.output_names().collect();
        let metrics: Vec<Vec<Arc<dyn Metric>>> = match (names.len(), self.metrics.as_slice()) {
            (1, entries) => vec![entries.concat()],
            (outputs, []) => vec![Vec::new(); outputs],
            (outputs, entries) if entries.len() == outputs => entries.to_vec(),
            (_, entries) => return Err(mismatch("metrics", entries.len(), model)),
        };
        let several = names.len() > 1;
        let outputs = names.iter().zip(&metrics).zip(model.output_shapes()).zip(target_sizes);
        let outputs = outputs.map(|(((name, own), shape), sizes)| {
            let mut trackers: Vec<(String, Arc<dyn Metric>, Mean)> = Vec::new();
            for metric in own {
                let key = if several { format!("{name}_{}", metric.name()) } else { metric.name().to_owned() };
                // Two of a name are told apart by a number, as in Keras.
                let taken = |name: &str| trackers.iter().any(|(other, ..)| other == name);
                let numbered = (1..).map(|number| format!("{key}_{number}"));
                let name = std::iter::once(key.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or_default();
                let resolved = metric.resolve(sizes, shape).unwrap_or_else(|| metric.clone());
                trackers.push((name, resolved, Mean::default()));
            }
            let loss = several.then(|| (format!("{name}_loss"), Mean::default()));
            OutputTrackers { loss, metrics: trackers }
        });
        Ok(Trackers { loss: Mean::default(), outputs: outputs.collect() })
    }

    /// The gradients of the loss of a batch by all weights.
    ///
    /// # Errors
    ///
    /// Where the targets do not fit the outputs.
    pub fn gradients(&self, model: &Model, batch: Batch<'_>, trackers: &mut Trackers) -> Result<GradientsParams> {
        let loss = self.measure(model, batch, Mode::Training, trackers)?;
        let grads = GradientsParams::from_grads(loss.backward(), model);
        Ok(match self.global_clipnorm {
            Some(norm) => clip_by_global_norm(grads, model, norm),
            None => grads,
        })
    }

    /// Computes the loss of a batch, and adds it and the metrics to the running ones.
    ///
    /// # Errors
    ///
    /// Where the targets do not fit the outputs.
    pub fn measure(&self, model: &Model, batch: Batch<'_>, mode: Mode, trackers: &mut Trackers) -> Result<Tensor<1>> {
        let mut call = CallContext::new(mode);
        let outputs = model.call(batch.samples.inputs(batch.at, batch.device)?, &mut call)?;
        let losses = self.losses(model)?;
        let mut parts: Vec<Tensor<1>> = Vec::new();
        for (at, (output, loss)) in outputs.into_iter().zip(&losses).enumerate() {
            let loss = measure_output(loss.as_ref(), at, model, batch, output, &mut trackers.outputs[at])?;
            let weight = self.losses.weights.as_ref().map_or(1.0, |weights| weights[at]);
            parts.push(if weight == 1.0 { loss } else { loss * weight });
        }
        parts.extend(call.losses().iter().cloned());
        parts.extend(model.regularization_losses());
        let total = parts.into_iter().reduce(|sum, part| sum + part).expect("a model has an output");
        trackers.loss.update_batch(total.clone().inner(), batch.at.len());
        Ok(total)
    }
}

/// The loss of one output; its metrics are added to the running ones.
fn measure_output(
    loss: &dyn Loss,
    at: usize,
    model: &Model,
    batch: Batch<'_>,
    output: Signal,
    trackers: &mut OutputTrackers,
) -> Result<Tensor<1>> {
    let shape = model.output_shapes().nth(at).expect("every output has a shape");
    let mask = output.mask().cloned();
    let logits = output.logits()?;
    let value = logits.value.rows()?;
    let mask = match mask {
        Some(mask) => by_rank!(bool: mask, |mask| rows_mask(mask.reshape([-1]), value.dims()[0]))?,
        None => None,
    };
    let plain = batch.device.clone().without_autodiff();
    let target = |kind| batch.samples.targets(at, batch.at, kind, shape, &plain);

    // A crossentropy of probabilities is computed from what the softmax or sigmoid takes: that is exact for any
    // score, where the probabilities themselves are rounded to 0 and 1.
    let y_true = target(loss.targets())?;
    let computed = match loss.on_logits(logits.activation) {
        Some(on_logits) => on_logits.call_masked(y_true.clone(), value.clone(), mask, None)?,
        None => loss.call_masked(y_true.clone(), logits.activation.forward(value.clone()), mask, None)?,
    };
    let computed = if computed.dims() == [1] { computed } else { computed.mean() };
    if let Some((_, mean)) = &mut trackers.loss {
        mean.update_batch(computed.clone().inner(), batch.at.len());
    }
    if !trackers.metrics.is_empty() {
        let only_largest = trackers.metrics.iter().all(|(_, metric, _)| metric.asks_for_largest());
        let y_pred = match only_largest && logits.activation.is_softmax() {
            true => value.inner(),
            false => logits.activation.forward(value.inner()),
        };
        for (_, metric, mean) in &mut trackers.metrics {
            // What the loss has brought to the device already serves metrics of the same kind.
            let kind = metric.targets();
            let y_true = if kind == loss.targets() { y_true.clone() } else { target(kind)? };
            mean.update(metric.per_sample(y_true, y_pred.clone())?);
        }
    }
    Ok(computed)
}

/// A mask of the rows that the loss has a value for; one of other steps says nothing of them.
fn rows_mask(mask: Tensor<1, Bool>, rows: usize) -> Option<Tensor<1, Bool>> {
    (mask.dims() == [rows]).then_some(mask)
}

fn mismatch(argument: &str, received: usize, model: &Model) -> Error {
    let names: Vec<_> = model.output_names().collect();
    Error::argument(format!("{argument} has not an entry for each output"))
        .at(argument)
        .received(format!("{received} entries"))
        .expected(format!("{}: {}", names.len(), names.join(", ")))
        .hint("give one for each output of the model, in this order")
}

impl Trackers {
    /// Reads the numbers from the device.
    pub fn scores(&self) -> Scores {
        let mut scores = vec![("loss".to_owned(), self.loss.result())];
        for output in &self.outputs {
            scores.extend(output.loss.iter().map(|(name, mean)| (name.clone(), mean.result())));
            scores.extend(output.metrics.iter().map(|(name, _, mean)| (name.clone(), mean.result())));
        }
        Scores::sorted(scores)
    }
}
