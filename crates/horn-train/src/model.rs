//! A compiled model: what `fit`, `evaluate` and `predict` work on.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use horn_nn::random::permutation;
use horn_nn::summary::Summary;
use horn_nn::{Error, IntoArrays, Mode, Model, Result, Sequential, Shape};
use ndarray::ArrayD;

use crate::compile::Losses;
use crate::metrics::Metric;
use crate::optimizers::Optimizer;
use crate::samples::Samples;
use crate::step::{Batch, Step, Trackers};
use crate::{Fit, History, Progress, Scores, Verbose};

/// Keras's batch size where none is given.
const BATCH_SIZE: usize = 32;

/// A model with an optimizer, a loss and metrics: it learns by [`fit`](Self::fit), is measured by
/// [`evaluate`](Self::evaluate) and used by [`predict`](Self::predict).
///
/// Made by [`Compile::compile`](crate::Compile::compile). Data that does not fit is an error before anything is
/// computed, and the model stays as it was.
pub struct CompiledModel {
    network: Network,
    device: Device,
    optimizer: Arc<dyn Optimizer>,
    /// What the optimizer remembers from step to step.
    pub(crate) state: ModuleOptimizer,
    /// The number of steps so far.
    pub(crate) iterations: usize,
    /// Has the optimizer variables to count in the summary, though no data was seen?
    pub(crate) optimizer_is_built: bool,
    learning_rate: f64,
    pub(crate) step: Step,
    /// Keras looks at a first batch when it builds its training function, which takes an order from its generator.
    looked_at_data: bool,
}

/// A model, or the layers that wait for the data to say their input's shape.
#[doc(hidden)]
#[derive(Debug)]
pub enum Network {
    Waiting(Sequential),
    Built(Model),
}

impl CompiledModel {
    pub(crate) fn new(
        network: Network,
        device: &Device,
        optimizer: Arc<dyn Optimizer>,
        losses: Losses,
        metrics: Vec<Vec<Arc<dyn Metric>>>,
    ) -> Result<Self> {
        optimizer.validate()?;
        losses.losses.iter().try_for_each(|loss| loss.validate())?;
        metrics.iter().flatten().try_for_each(|metric| metric.validate())?;
        let step = Step::new(losses, metrics, optimizer.global_clipnorm());
        if let Network::Built(model) = &network {
            step.losses(model)?;
        }
        Ok(Self {
            network,
            device: device.clone().without_autodiff(),
            state: optimizer.to_module_optimizer(),
            learning_rate: optimizer.learning_rate(),
            step,
            optimizer,
            iterations: 0,
            optimizer_is_built: false,
            looked_at_data: false,
        })
    }

    /// The model itself: its layers, shapes and weights.
    ///
    /// # Errors
    ///
    /// Where it waits for data to be built, since it has no `Input`.
    pub fn model(&self) -> Result<&Model> {
        match &self.network {
            Network::Built(model) => Ok(model),
            Network::Waiting(_) => Err(not_built()),
        }
    }

    /// The model itself, to change its weights.
    ///
    /// # Errors
    ///
    /// As [`model`](Self::model).
    pub fn model_mut(&mut self) -> Result<&mut Model> {
        match &mut self.network {
            Network::Built(model) => Ok(model),
            Network::Waiting(_) => Err(not_built()),
        }
    }

    /// The model itself, without what it was compiled with.
    ///
    /// # Errors
    ///
    /// As [`model`](Self::model).
    pub fn into_model(self) -> Result<Model> {
        match self.network {
            Network::Built(model) => Ok(model),
            Network::Waiting(_) => Err(not_built()),
        }
    }

    /// The optimizer as it was given.
    pub fn optimizer(&self) -> &dyn Optimizer {
        self.optimizer.as_ref()
    }

    /// The factor that steps are made with now.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// Changes the factor that steps are made with.
    ///
    /// # Errors
    ///
    /// Where it is negative or not finite.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<()> {
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            return Err(Error::argument("a learning rate must be a number")
                .at("learning_rate")
                .received(learning_rate)
                .expected("a finite number of at least 0")
                .hint("give a small number such as 0.001"));
        }
        self.learning_rate = learning_rate;
        Ok(())
    }

    /// The table of layers, shapes and weights as a value, and once data has been seen, the optimizer's variables.
    pub fn to_summary(&self) -> Summary {
        let model = match &self.network {
            Network::Built(model) => model,
            Network::Waiting(layers) => return layers.to_summary(),
        };
        let mut summary = model.to_summary();
        // Keras counts the number of steps and the learning rate among the optimizer's variables.
        let variables = self.optimizer.slots().map(|slots| slots.concat().len() * summary.totals.trainable + 2);
        summary.totals.optimizer = variables.filter(|_| self.looked_at_data || self.optimizer_is_built);
        summary
    }

    /// Prints the table of layers, shapes and weights.
    pub fn summary(&self) {
        self.to_summary().print();
    }

    /// Learns from samples `x` and their targets `y`, whose first axes are the samples.
    ///
    /// Each epoch goes over all samples, in a new order unless the options say otherwise, and after each batch the
    /// optimizer changes the weights. `fit` again goes on from there.
    ///
    /// ```
    /// use horn_nn::Sequential;
    /// use horn_nn::layers::{Dense, Input};
    /// use horn_train::losses::MeanSquaredError;
    /// use horn_train::optimizers::SGD;
    /// use horn_train::{Compile, Fit, Verbose};
    ///
    /// let (x, y) = (ndarray::arr2(&[[0.0_f32], [1.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
    /// let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let history = model.fit(&x, &y, Fit::epochs(2).verbose(Verbose::Silent))?;
    /// assert!(history["loss"][1] < history["loss"][0]);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// A model that is shared, or not meant to change, can't be trained:
    ///
    /// ```compile_fail,E0596
    /// # use horn_nn::Sequential;
    /// # use horn_nn::layers::{Dense, Input};
    /// # use horn_train::losses::MeanSquaredError;
    /// # use horn_train::optimizers::SGD;
    /// # use horn_train::{Compile, Fit};
    /// # let (x, y) = (ndarray::arr2(&[[0.0_f32], [1.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
    /// # let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// model.fit(&x, &y, Fit::epochs(2))?;
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where an option is impossible, or the data does not fit: empty, of different lengths, of other shapes than the
    /// model's, with values that are not finite or labels that are no class. Nothing has been changed then.
    pub fn fit<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>, options: Fit<'a>) -> Result<History> {
        let samples = Samples::new(x.into_arrays(), y.into_arrays())?;
        let training = options.training_samples(samples.len())?;
        let validation_batch = options.validation_batch_size.unwrap_or(options.batch_size);
        let given = match options.validation_data.clone() {
            Some((x, y)) => Some(Samples::new(x, y).map_err(|error| error.at("validation_data"))?),
            None => None,
        };
        let model = self.built_for(&samples.input_shape())?;
        samples.check(&model, &self.step.losses(&model)?)?;
        if let Some(given) = &given {
            given.check(&model, &self.step.losses(&model)?).map_err(|error| error.at("validation_data"))?;
        }
        let validation = match &given {
            Some(given) => Some((given, (0..given.len()).collect())),
            None if training < samples.len() => Some((&samples, (training..samples.len()).collect::<Vec<_>>())),
            None => None,
        };
        let trackers = self.step.trackers(&model, &samples.target_sizes())?;

        if options.shuffle && !self.looked_at_data {
            permutation(training);
        }
        self.looked_at_data = true;

        // While it learns, the model is out of its place, so that its weights exist once and change where they are.
        self.network = Network::Waiting(Sequential::new());
        let mut training_model = model.train();
        let mut order: Vec<usize> = (0..training).collect();
        let mut history = History::default();
        let mut run = || -> Result<()> {
            for epoch in options.initial_epoch..options.epochs {
                if let Some(scheduler) = &options.learning_rate_scheduler {
                    self.set_learning_rate(scheduler.learning_rate(epoch, self.learning_rate))?;
                }
                if options.shuffle {
                    order = permutation(training);
                }
                let progress = Progress::stdout(Some(training.div_ceil(options.batch_size)), options.verbose)
                    .epoch(epoch, options.epochs);
                let start = Instant::now();
                let (scores, progress) = self.train_epoch(
                    &mut training_model,
                    &samples,
                    order.chunks(options.batch_size),
                    trackers.clone(),
                    progress,
                    start,
                )?;
                let validated = match &validation {
                    Some((samples, at)) => {
                        let model = training_model.valid();
                        let batches = at.chunks(validation_batch);
                        Some(self.measure(&model, samples, batches, trackers.clone(), |_| ())?)
                    }
                    None => None,
                };
                let scheduled = options.learning_rate_scheduler.is_some().then_some(self.learning_rate);
                let scores = scores.with_validation(validated.as_ref()).with_learning_rate(scheduled);
                progress.finish(&scores.iter().collect::<Vec<_>>(), start.elapsed());
                history.push(epoch, &scores);
            }
            Ok(())
        };
        let outcome = run();
        self.network = Network::Built(training_model.valid());
        outcome.map(|()| history)
    }

    /// Trains on all batches once. The model stays whole whatever happens: a step that fails leaves it as it was.
    fn train_epoch<'b, W: std::io::Write>(
        &mut self,
        model: &mut Model,
        samples: &Samples<'_>,
        batches: impl Iterator<Item = &'b [usize]>,
        mut trackers: Trackers,
        mut progress: Progress<W>,
        start: Instant,
    ) -> Result<(Scores, Progress<W>)> {
        let device = self.device.clone().autodiff();
        for batch in batches {
            let batch = Batch { samples, at: batch, device: &device };
            let grads = self.step.gradients(model, batch, &mut trackers)?;
            model.update(|model| self.state.step(self.learning_rate, model, grads).constrained());
            self.iterations += 1;
            show(&mut progress, &trackers, start);
        }
        Ok((trackers.scores(), progress))
    }

    /// Measures the loss and the metrics over samples `x` with targets `y`, 32 at a time.
    ///
    /// # Errors
    ///
    /// Where the data does not fit, as with [`fit`](Self::fit).
    pub fn evaluate<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>) -> Result<Scores> {
        self.evaluate_with(x, y, BATCH_SIZE, Verbose::Bar)
    }

    /// Measures as [`evaluate`](Self::evaluate) does, `batch_size` samples at a time.
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate), and where the batch size is 0.
    pub fn evaluate_with<'a>(
        &mut self,
        x: impl IntoArrays<'a>,
        y: impl IntoArrays<'a>,
        batch_size: usize,
        verbose: Verbose,
    ) -> Result<Scores> {
        let samples = Samples::new(x.into_arrays(), y.into_arrays())?;
        if batch_size == 0 {
            return Err(horn_nn::zero_batch_size());
        }
        let model = self.built_for(&samples.input_shape())?;
        samples.check(&model, &self.step.losses(&model)?)?;
        let trackers = self.step.trackers(&model, &samples.target_sizes())?;
        self.looked_at_data = true;

        let mut progress = Progress::stdout(Some(samples.len().div_ceil(batch_size)), verbose);
        let start = Instant::now();
        let at: Vec<usize> = (0..samples.len()).collect();
        let scores = self.measure(&model, &samples, at.chunks(batch_size), trackers, |trackers| {
            show(&mut progress, trackers, start);
        })?;
        progress.finish(&scores.iter().collect::<Vec<_>>(), start.elapsed());
        self.network = Network::Built(model);
        Ok(scores)
    }

    fn measure<'b>(
        &self,
        model: &Model,
        samples: &Samples<'_>,
        batches: impl Iterator<Item = &'b [usize]>,
        mut trackers: Trackers,
        mut after_batch: impl FnMut(&Trackers),
    ) -> Result<Scores> {
        for batch in batches {
            let batch = Batch { samples, at: batch, device: &self.device };
            self.step.measure(model, batch, Mode::Inference, &mut trackers)?;
            after_batch(&trackers);
        }
        Ok(trackers.scores())
    }

    /// Computes the model's outputs for samples `x`, 32 at a time.
    ///
    /// # Errors
    ///
    /// Where the samples do not fit the model, or it waits for data to be built.
    pub fn predict<'a>(&self, x: impl IntoArrays<'a>) -> Result<ArrayD<f32>> {
        self.predict_with(x, BATCH_SIZE)
    }

    /// Predicts as [`predict`](Self::predict) does, `batch_size` samples at a time.
    ///
    /// # Errors
    ///
    /// As [`predict`](Self::predict), and where the batch size is 0.
    pub fn predict_with<'a>(&self, x: impl IntoArrays<'a>, batch_size: usize) -> Result<ArrayD<f32>> {
        self.model()?.predict(x, batch_size)
    }

    /// Computes all outputs of a model that has several, `batch_size` samples at a time.
    ///
    /// # Errors
    ///
    /// As [`predict_with`](Self::predict_with).
    pub fn predict_all<'a>(&self, x: impl IntoArrays<'a>, batch_size: usize) -> Result<Vec<ArrayD<f32>>> {
        self.model()?.predict_all(x, batch_size)
    }

    /// The model, which is built now if it waited for data of this shape.
    fn built_for(&mut self, input: &Shape) -> Result<Model> {
        match &self.network {
            Network::Built(model) => Ok(model.clone()),
            Network::Waiting(layers) => layers.build_for(input, &self.device),
        }
    }
}

impl fmt::Debug for CompiledModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledModel")
            .field("network", &self.network)
            .field("device", &self.device)
            .field("optimizer", &self.optimizer)
            .field("learning_rate", &self.learning_rate)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// Counts a step. Numbers are read from the device only where they are shown.
fn show<W: std::io::Write>(progress: &mut Progress<W>, trackers: &Trackers, start: Instant) {
    if progress.step(start.elapsed()) {
        progress.draw(&trackers.scores().iter().collect::<Vec<_>>(), start.elapsed());
    }
}

fn not_built() -> Error {
    Error::model("the model has no weights yet")
        .expected("an Input layer, or data to take the input's shape from")
        .hint("begin the model with `.add(Input([…]))`, or call `fit` first")
}
