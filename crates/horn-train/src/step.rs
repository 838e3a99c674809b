//! One step: from a batch to gradients and numbers.

use std::sync::Arc;

use burn::Tensor;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use horn_nn::{Mode, Model, Result};

use crate::Scores;
use crate::losses::Loss;
use crate::metrics::{Mean, Metric};
use crate::optimizers::clip_by_global_norm;
use crate::samples::Samples;

/// What a model is compiled with: how a step's loss, gradients and metrics come about.
#[derive(Debug)]
pub(crate) struct Step {
    loss: Arc<dyn Loss>,
    metrics: Vec<Arc<dyn Metric>>,
    global_clipnorm: Option<f64>,
}

/// The running loss and metrics. They stay on the device until [`scores`](Self::scores) reads them.
#[derive(Debug, Clone)]
pub(crate) struct Trackers {
    loss: Mean,
    metrics: Vec<(String, Arc<dyn Metric>, Mean)>,
}

impl Step {
    pub fn new(loss: Arc<dyn Loss>, metrics: Vec<Arc<dyn Metric>>, global_clipnorm: Option<f64>) -> Self {
        Self { loss, metrics, global_clipnorm }
    }

    pub fn loss(&self) -> &dyn Loss {
        self.loss.as_ref()
    }

    /// Fresh numbers for targets of these sizes: `Accuracy` becomes the one that fits the shapes.
    pub fn trackers(&self, model: &Model, target_sizes: &[usize]) -> Result<Trackers> {
        let output = model.output_shape();
        let mut metrics: Vec<(String, Arc<dyn Metric>, Mean)> = Vec::new();
        for metric in &self.metrics {
            let resolved = metric.resolve(target_sizes, output).unwrap_or_else(|| metric.clone());
            // Two of a name are told apart by a number, as in Keras.
            let taken = |name: &str| metrics.iter().any(|(other, ..)| other == name);
            let name = std::iter::once(metric.name().to_owned())
                .chain((1..).map(|number| format!("{}_{number}", metric.name())))
                .find(|name| !taken(name))
                .unwrap_or_default();
            metrics.push((name, resolved, Mean::default()));
        }
        Ok(Trackers { loss: Mean::default(), metrics })
    }

    /// The gradients of the loss of a batch by all weights.
    ///
    /// # Errors
    ///
    /// Where the targets do not fit the outputs.
    pub fn gradients(
        &self,
        model: &Model,
        samples: &Samples<'_>,
        batch: &[usize],
        device: &Device,
        trackers: &mut Trackers,
    ) -> Result<GradientsParams> {
        let loss = self.measure(model, samples, batch, device, Mode::Training, trackers)?;
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
    pub fn measure(
        &self,
        model: &Model,
        samples: &Samples<'_>,
        batch: &[usize],
        device: &Device,
        mode: Mode,
        trackers: &mut Trackers,
    ) -> Result<Tensor<1>> {
        let output = model.output_shape();
        let logits = model.logits(samples.inputs(batch, device)?, mode)?;
        let value = logits.value.rows()?;
        let plain = device.clone().without_autodiff();
        let target = |kind| samples.targets(batch, kind, output, &plain);

        // A crossentropy of probabilities is computed from what the softmax or sigmoid takes: that is exact for any
        // score, where the probabilities themselves are rounded to 0 and 1.
        let y_true = target(self.loss.targets())?;
        let loss = match self.loss.on_logits(logits.activation) {
            Some(on_logits) => on_logits.call(y_true.clone(), value.clone(), None)?,
            None => self.loss.call(y_true.clone(), logits.activation.forward(value.clone()), None)?,
        };
        let loss = if loss.dims() == [1] { loss } else { loss.mean() };
        trackers.loss.update_batch(loss.clone().inner(), batch.len());

        if !trackers.metrics.is_empty() {
            let y_pred = logits.activation.forward(value.inner());
            for (_, metric, mean) in &mut trackers.metrics {
                // What the loss has brought to the device already serves metrics of the same kind.
                let kind = metric.targets();
                let y_true = if kind == self.loss.targets() { y_true.clone() } else { target(kind)? };
                mean.update(metric.per_sample(y_true, y_pred.clone())?);
            }
        }
        Ok(loss)
    }
}

impl Trackers {
    /// Reads the numbers from the device.
    pub fn scores(&self) -> Scores {
        let loss = std::iter::once(("loss".to_owned(), self.loss.result()));
        Scores::sorted(loss.chain(self.metrics.iter().map(|(name, _, mean)| (name.clone(), mean.result()))).collect())
    }
}
