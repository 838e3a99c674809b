//! The step of a compiled model: compares outputs with targets, by the losses and metrics.

use std::collections::HashSet;
use std::sync::Arc;

use burn::Tensor;
use burn::optim::GradientsParams;
use horn_nn::{Activation, AnyTensor, CallContext, Error, Logits, Mode, Model, Result, Shape, Signal, by_rank};

use crate::compiling::given::output_names;
use crate::compiling::model::CompiledModel;
use crate::compiling::objective::OutputObjective;
use crate::history::Scores;
use crate::losses::Loss;
use crate::metrics::{Accumulator, Mean, Metric};
use crate::optimizers::with_zero_gradients;
use crate::running::finite_batches::FiniteBatches;
use crate::sources::batch::Batch;
use crate::train_step::TrainStep;

/// A compiled model during training or evaluation, with the running scores. They stay on the device until
/// [`scores`](TrainStep::scores) reads them.
pub(crate) struct Supervised<'m> {
    compiled: &'m mut CompiledModel,
    loss: Mean,
    /// The batches of training before the first one whose loss is not finite.
    finite: FiniteBatches,
    outputs: Vec<Output>,
}

/// One output of the model. Everything that stays the same from batch to batch is looked up once.
struct Output {
    shape: Shape,
    needs_targets: bool,
    loss: Option<Arc<dyn Loss>>,
    /// The loss of the logits before the model's last activation, if that is exact and the loss of its outputs is not.
    on_logits: Option<(Activation, Option<Box<dyn Loss>>)>,
    weight: f64,
    /// The key and the mean of the output's own loss, if there are several losses.
    own_loss: Option<(String, Mean)>,
    metrics: Vec<Tracked>,
}

/// A metric of an output, and its state.
struct Tracked {
    key: String,
    metric: Arc<dyn Metric>,
    /// Whether the weights of the samples count.
    weighted: bool,
    /// Created for the first batch, whose shapes decide which accuracy `Accuracy` resolves to.
    state: Option<Box<dyn Accumulator>>,
    /// What a run that resumes had accumulated before.
    restored: Vec<f64>,
}

impl<'m> Supervised<'m> {
    /// The step of a built model.
    ///
    /// # Errors
    ///
    /// If the model is not built, or the numbers of losses and metrics do not match its outputs.
    pub fn new(compiled: &'m mut CompiledModel) -> Result<Self> {
        let outputs = compiled.objective.outputs_of(compiled.model()?)?;
        let metrics = track(&outputs);
        let own_losses = own_losses(&outputs);
        let parts = outputs.into_iter().zip(metrics).zip(own_losses);
        let outputs = parts.map(|((output, metrics), own_loss)| Output {
            needs_targets: output.needs_targets(),
            metrics,
            own_loss: own_loss.map(|key| (key, Mean::default())),
            shape: output.shape,
            loss: output.loss,
            on_logits: None,
            weight: output.weight,
        });
        let outputs = outputs.collect();
        Ok(Self { compiled, loss: Mean::default(), finite: FiniteBatches::default(), outputs })
    }

    /// The gradients of the loss of a batch with respect to all weights; `None` if the whole model is frozen, which is
    /// not an error in Keras either.
    fn gradients(&mut self, batch: Batch) -> Result<Option<GradientsParams>> {
        let loss = self.measure(batch, Mode::Training)?;
        let model = self.compiled.model()?;
        if !loss.is_tracked() && model.trainable_weights().next().is_none() {
            return Ok(None);
        }
        Ok(Some(with_zero_gradients(self.compiled.gradients_of(loss)?, model)))
    }

    /// Computes the loss of a batch, and adds it and the metrics to the running scores.
    fn measure(&mut self, batch: Batch, mode: Mode) -> Result<Tensor<1>> {
        let model = self.compiled.model()?;
        self.check_targets(&batch, model)?;
        let mut call = CallContext::throughout(mode);
        let outputs = model.call(batch.inputs, &mut call)?;
        let for_all = batch.targets.len() == self.outputs.len();
        let (mut targets, mut weights) = (batch.targets.into_iter(), batch.sample_weights.into_iter());
        let mut parts: Vec<Tensor<1>> = Vec::new();
        for (output, signal) in self.outputs.iter_mut().zip(outputs) {
            if !(output.needs_targets || for_all) {
                continue;
            }
            let (Some(y_true), weight) = (targets.next(), weights.next().flatten()) else { continue };
            if let Some(loss) = output.measure(signal, y_true, weight, batch.len, mode)? {
                parts.push(if output.weight == 1.0 { loss } else { loss * output.weight });
            }
        }
        parts.extend(call.losses().iter().cloned());
        parts.extend(model.regularization_losses());
        // Without any loss it is 0, as in Keras on JAX.
        let nothing = || Tensor::zeros([1], &model.device().clone().without_autodiff());
        let total = parts.into_iter().reduce(|sum, part| sum + part).unwrap_or_else(nothing);
        self.loss.update_batch(total.clone().inner(), batch.len);
        if let (Mode::Training, Some(total)) = (mode, self.loss.total()) {
            self.finite.add(total);
        }
        Ok(total)
    }
}

impl Supervised<'_> {
    /// Checks that a batch has targets for each output. Arrays were checked before; other sources were not.
    fn check_targets(&self, batch: &Batch, model: &Model) -> Result<()> {
        let needed = self.outputs.iter().filter(|output| output.needs_targets).count();
        let received = batch.targets.len();
        if received == self.outputs.len() || received == needed {
            return Ok(());
        }
        Err(Error::data("a batch does not have targets for each output")
            .at("targets")
            .received(format!("{received} tensors"))
            .expected(format!("{}: {}", self.outputs.len(), output_names(model).join(", ")))
            .hint("give one tensor for each output of the model, in this order"))
    }
}

impl TrainStep for Supervised<'_> {
    fn model(&mut self) -> &mut CompiledModel {
        self.compiled
    }

    fn train_step(&mut self, batch: Batch) -> Result<()> {
        self.compiled.begin_training()?;
        match self.gradients(batch)? {
            Some(gradients) => self.compiled.apply_gradients(gradients),
            None => Ok(()),
        }
    }

    fn test_step(&mut self, batch: Batch) -> Result<()> {
        self.compiled.end_training();
        self.measure(batch, Mode::Inference).map(drop)
    }

    fn scores(&self) -> Scores {
        let (mut scores, mut states) = (vec![("loss".to_owned(), self.loss.result())], Vec::new());
        for output in &self.outputs {
            scores.extend(output.own_loss.iter().map(|(key, mean)| (key.clone(), mean.result())));
            for tracked in &output.metrics {
                match &tracked.state {
                    Some(state) => states.push((tracked.key.clone(), state.as_ref())),
                    None => scores.push((tracked.key.clone(), 0.0)),
                }
            }
        }
        Scores::read(scores, states)
    }

    fn finite_batches(&self) -> Option<usize> {
        Some(self.finite.read())
    }

    fn reset(&mut self) {
        self.loss = Mean::default();
        self.finite = FiniteBatches::default();
        for output in &mut self.outputs {
            output.own_loss.iter_mut().for_each(|(_, mean)| *mean = Mean::default());
            for tracked in &mut output.metrics {
                tracked.restored.clear();
                tracked.state.iter_mut().for_each(|state| state.reset_state());
            }
        }
    }

    fn score_state(&self) -> Vec<(String, Vec<f64>)> {
        let mut state = vec![("loss".to_owned(), self.loss.state())];
        for output in &self.outputs {
            state.extend(output.own_loss.iter().map(|(key, mean)| (key.clone(), mean.state())));
            let of = |tracked: &Tracked| tracked.state.as_ref().map_or_else(Vec::new, |state| state.state());
            state.extend(output.metrics.iter().map(|tracked| (tracked.key.clone(), of(tracked))));
        }
        state
    }

    fn set_score_state(&mut self, state: &[(String, Vec<f64>)]) {
        let device = self.compiled.device().clone();
        // The order is that of `score_state`.
        let mut state = state.iter().map(|(_, numbers)| numbers.as_slice());
        self.loss.set_state(state.next().unwrap_or_default(), &device);
        for output in &mut self.outputs {
            output
                .own_loss
                .iter_mut()
                .zip(&mut state)
                .for_each(|((_, mean), numbers)| mean.set_state(numbers, &device));
            for (tracked, numbers) in output.metrics.iter_mut().zip(&mut state) {
                match &mut tracked.state {
                    Some(state) => state.set_state(numbers, &device),
                    None => tracked.restored = numbers.to_vec(),
                }
            }
        }
    }
}

impl Output {
    /// The loss of the output for a batch, if it has one. Adds its metrics to the running scores.
    fn measure(
        &mut self,
        output: Signal,
        y_true: AnyTensor,
        sample_weight: Option<AnyTensor>,
        samples: usize,
        mode: Mode,
    ) -> Result<Option<Tensor<1>>> {
        let mask = output.mask().cloned();
        let logits = output.logits()?;
        let loss = self.loss_of(&logits, y_true.clone(), mask.clone(), sample_weight.clone())?;
        let loss = loss.map(|loss| if loss.dims() == [1] { loss } else { loss.mean() });
        if let (Some((_, mean)), Some(loss)) = (&mut self.own_loss, &loss) {
            mean.update_batch(loss.clone().inner(), samples);
        }
        // In a training step, Keras on JAX takes the metrics from predictions that have lost their mask.
        let mask = mask.filter(|_| mode == Mode::Inference);
        self.update_metrics(logits, y_true, mask, sample_weight)?;
        Ok(loss)
    }

    fn loss_of(
        &mut self,
        logits: &Logits,
        y_true: AnyTensor,
        mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<Option<Tensor<1>>> {
        let Some(loss) = &self.loss else { return Ok(None) };
        let activation = logits.activation;
        if self.on_logits.as_ref().is_none_or(|(cached, _)| *cached != activation) {
            self.on_logits = Some((activation, loss.on_logits(activation)));
        }
        // A crossentropy of probabilities is computed from the logits that the softmax or sigmoid takes. That is exact
        // for any logits, while the probabilities themselves are rounded to 0 and 1.
        match &self.on_logits {
            Some((_, Some(exact))) => exact.call_masked(y_true, logits.value.clone(), mask, sample_weight),
            _ => loss.call_masked(y_true, activate(activation, logits.value.clone())?, mask, sample_weight),
        }
        .map(Some)
    }

    fn update_metrics(
        &mut self,
        logits: Logits,
        y_true: AnyTensor,
        mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<()> {
        if self.metrics.is_empty() {
            return Ok(());
        }
        let device = y_true.device();
        for tracked in self.metrics.iter_mut().filter(|tracked| tracked.state.is_none()) {
            if let Some(resolved) = tracked.metric.resolve(&y_true.sizes(), &self.shape) {
                tracked.metric = resolved;
            }
            let mut state = tracked.metric.accumulator();
            state.set_state(&std::mem::take(&mut tracked.restored), &device);
            tracked.state = Some(state);
        }
        let value = by_rank!(logits.value, |x| AnyTensor::from(x.inner()))?;
        let only_largest = self.metrics.iter().all(|tracked| tracked.metric.asks_for_largest());
        let y_pred = match only_largest && logits.activation.is_softmax() {
            true => value,
            false => activate(logits.activation, value)?,
        };
        for tracked in &mut self.metrics {
            let weight = sample_weight.clone().filter(|_| tracked.weighted);
            if let Some(state) = &mut tracked.state {
                let updated = state.update_masked(y_true.clone(), y_pred.clone(), mask.clone(), weight);
                updated.map_err(|error| error.within(&format!("metric {:?}", tracked.metric.name())))?;
            }
        }
        Ok(())
    }
}

/// The keys under which the losses of the outputs are reported, if there are several losses. Outputs of the same layer
/// have the same name, and as in Keras only the last of them is reported.
fn own_losses(outputs: &[OutputObjective]) -> Vec<Option<String>> {
    let with_loss = |output: &&OutputObjective| output.loss.is_some();
    let several = outputs.iter().filter(with_loss).count() > 1;
    let key = |(at, output): (usize, &OutputObjective)| {
        let is_last = !outputs[at + 1..].iter().filter(with_loss).any(|other| other.name == output.name);
        (several && output.loss.is_some() && is_last).then(|| format!("{}_loss", output.name))
    };
    outputs.iter().enumerate().map(key).collect()
}

/// The metrics of each output with their keys, which start with the output's name if there are several outputs.
fn track(outputs: &[OutputObjective]) -> Vec<Vec<Tracked>> {
    let mut tracked: Vec<Vec<Tracked>> = outputs.iter().map(|_| Vec::new()).collect();
    let mut taken = HashSet::new();
    for weighted in [false, true] {
        for (output, own) in outputs.iter().zip(&mut tracked) {
            let of_output =
                |name: &str| if outputs.len() > 1 { format!("{}_{name}", output.name) } else { name.to_owned() };
            for metric in if weighted { &output.weighted_metrics } else { &output.metrics } {
                let mut key = of_output(metric.name());
                if weighted && taken.contains(&key) {
                    key = of_output(&format!("weighted_{}", metric.name()));
                }
                // Metrics with the same name are told apart by a number, as in Keras, also those of different outputs.
                let numbered = (1..).map(|number| format!("{key}_{number}"));
                let free = std::iter::once(key.clone()).chain(numbered).find(|key| !taken.contains(key));
                let key = free.unwrap_or_default();
                taken.insert(key.clone());
                own.push(Tracked { key, metric: metric.clone(), weighted, state: None, restored: Vec::new() });
            }
        }
    }
    tracked
}

fn activate(activation: Activation, value: AnyTensor) -> Result<AnyTensor> {
    match activation {
        Activation::Linear => Ok(value),
        activation => by_rank!(value, |x| activation.forward(x).into()),
    }
}
