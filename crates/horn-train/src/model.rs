//! A compiled model: what `fit`, `evaluate` and `predict` work on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use horn_nn::summary::Summary;
use horn_nn::{Error, Model, Result, Sequential, Shape};

use crate::objective::{IntoMetrics, Objective};
use crate::optimizers::{self, LearningRate, Optimizer, OptimizerValue, SlotSpec};

/// A model with an optimizer, a loss and metrics. [`fit`](Self::fit) trains it, [`evaluate`](Self::evaluate) evaluates
/// it, and [`predict`](Self::predict) computes its outputs.
///
/// Made by [`Compile::compile`](crate::Compile::compile). Data that does not fit is an error before anything is
/// computed, and leaves the model unchanged. If a later step fails, or a custom layer, loss or callback panics, the
/// model keeps the weights of the last complete step.
pub struct CompiledModel {
    pub(crate) network: Network,
    device: Device,
    optimizer: Arc<dyn Optimizer>,
    /// The optimizer's state, which it keeps from step to step.
    pub(crate) state: ModuleOptimizer,
    /// The number of steps so far.
    pub(crate) iterations: usize,
    /// The variables of an optimizer that Horn lacks, as they were in its file.
    pub(crate) kept_variables: Vec<OptimizerValue>,
    /// Whether the summary counts the optimizer's variables although the model has seen no data.
    pub(crate) optimizer_is_built: bool,
    learning_rate: LearningRate,
    pub(crate) objective: Objective,
    /// Whether the model has seen data. Keras looks at a first batch when it builds its training function, and so draws
    /// an order of the samples from its random generator.
    pub(crate) looked_at_data: bool,
    /// Whether the weights are on the autodiff device.
    is_training: bool,
}

/// A model, or layers that wait for data to get their input shape.
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
        objective: Objective,
    ) -> Result<Self> {
        optimizer.validate()?;
        objective.validate()?;
        if let Network::Built(model) = &network {
            objective.losses_of(model)?;
        }
        Ok(Self {
            network,
            device: device.clone().without_autodiff(),
            state: optimizer.to_module_optimizer(),
            learning_rate: optimizer.learning_rate(),
            objective,
            optimizer,
            iterations: 0,
            kept_variables: Vec::new(),
            optimizer_is_built: false,
            looked_at_data: false,
            is_training: false,
        })
    }

    /// Adds metrics in which the weights of the samples count: Keras's `weighted_metrics`. They take the same forms as
    /// the metrics of [`compile`](crate::Compile::compile). One that has the name of another metric has `weighted_` before
    /// its name.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::metrics::MeanAbsoluteError;
    /// use horn::optimizers::Adam;
    /// use horn::Compile;
    ///
    /// let model = Sequential::new().add(Input([4])).add(Dense(1));
    /// let model = model.compile(Adam::new(1e-3), MeanSquaredError::new(), [MeanAbsoluteError::new()])?;
    /// let model = model.weighted_metrics([MeanAbsoluteError::new()])?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an argument of a metric is out of range.
    pub fn weighted_metrics(mut self, metrics: impl IntoMetrics) -> Result<Self> {
        self.objective.weighted_metrics = metrics.into_metrics();
        self.objective.validate()?;
        Ok(self)
    }

    /// The model itself: its layers, shapes and weights.
    ///
    /// # Errors
    ///
    /// If the model waits for data to be built, since it has no `Input`.
    pub fn model(&self) -> Result<&Model> {
        match &self.network {
            Network::Built(model) => Ok(model),
            Network::Waiting(_) => Err(not_built()),
        }
    }

    /// The model itself, to change its weights or to replace it by another model with the same layers.
    ///
    /// # Errors
    ///
    /// As [`model`](Self::model).
    pub fn model_mut(&mut self) -> Result<&mut Model> {
        // A model that is put here is not on the autodiff device. The next training step moves it there.
        self.end_training();
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
    pub fn into_model(mut self) -> Result<Model> {
        self.end_training();
        match self.network {
            Network::Built(model) => Ok(model),
            Network::Waiting(_) => Err(not_built()),
        }
    }

    /// The device on which the model computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The optimizer as it was given.
    pub fn optimizer(&self) -> &dyn Optimizer {
        self.optimizer.as_ref()
    }

    /// What Horn lacks to train the model: the optimizer that the model's file names, the optimizer's schedule, or one of
    /// its arguments. `None` if the model can be trained. Without its optimizer, a model evaluates and predicts, is
    /// saved as it was loaded, and `fit` is an error.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::{CompiledModel, Fit};
    /// use burn::tensor::Device;
    /// use serde_json::json;
    ///
    /// let model = Sequential::new().add(Input([1])).add(Dense(1)).build(&Device::default())?;
    /// let mut model = CompiledModel::from_compile_config(model, &json!({"optimizer": "Orbit", "loss": "mse"}))?;
    /// let (x, y) = (ndarray::arr2(&[[0.0_f32]]), ndarray::arr2(&[[2.0_f32]]));
    /// assert_eq!(model.evaluate(&x, &y)?.loss(), 4.0);
    /// assert!(model.missing_optimizer().is_some());
    /// assert!(model.fit(&x, &y, Fit::epochs(1)).is_err());
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn missing_optimizer(&self) -> Option<&Error> {
        self.optimizer.unavailable()
    }

    /// Leaves the optimizer out, so that the model can only evaluate and predict.
    #[doc(hidden)]
    pub fn leave_optimizer_out(&mut self, reason: Error) {
        self.optimizer = optimizers::unavailable(self.optimizer.serialize(), reason);
    }

    /// Checks that Horn has the optimizer.
    pub(crate) fn check_optimizer(&self) -> Result<()> {
        let Some(reason) = self.missing_optimizer() else { return Ok(()) };
        Err(Error::model("the model can't be trained, since Horn lacks its optimizer")
            .because(format!("{reason:#}"))
            .hint("compile the model again with another: `model.into_model()?.compile(…)`"))
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.at(self.iterations)
    }

    /// Whether the learning rate follows a schedule.
    pub(crate) fn has_schedule(&self) -> bool {
        matches!(self.learning_rate, LearningRate::Schedule(_))
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    ///
    /// If the learning rate is negative or not finite, or follows a schedule.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<()> {
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            return Err(Error::argument("a learning rate must be a number")
                .at("learning_rate")
                .received(learning_rate)
                .expected("a finite number of at least 0")
                .hint("give a small number such as 0.001"));
        }
        if let LearningRate::Schedule(schedule) = &self.learning_rate {
            return Err(Error::argument("the learning rate follows a schedule, and can't be set")
                .at("learning_rate")
                .received(learning_rate)
                .expected(format!("what {} says", schedule.class_name()))
                .hint("compile with a number as the learning rate"));
        }
        self.learning_rate = learning_rate.into();
        Ok(())
    }

    /// The table of layers, shapes and weights as a value. It includes the optimizer's variables once the model has
    /// seen data.
    pub fn to_summary(&self) -> Summary {
        let model = match &self.network {
            Network::Built(model) => model,
            Network::Waiting(layers) => return layers.to_summary(),
        };
        let mut summary = model.to_summary();
        // Keras counts the number of steps as a variable, and the learning rate unless it follows a schedule.
        let own = if self.has_schedule() { 1 } else { 2 } + self.optimizer.derived(0).len();
        let slots = model.trainable_weights().map(|weight| self.optimizer.slots(weight));
        let slots: Option<usize> = slots.map(|slots| Some(slots?.iter().map(SlotSpec::len).sum::<usize>())).sum();
        let variables = match self.missing_optimizer() {
            Some(_) => Some(self.kept_variables.iter().map(OptimizerValue::len).sum()),
            None => slots.map(|slots| slots + own),
        };
        summary.totals.optimizer = variables.filter(|_| self.looked_at_data || self.optimizer_is_built);
        summary
    }

    /// The number of values of all weights.
    pub fn count_params(&self) -> usize {
        self.to_summary().rows.iter().filter_map(|row| row.params).sum()
    }

    /// Prints the table of layers, shapes and weights.
    pub fn summary(&self) {
        self.to_summary().print();
    }

    /// Prepares the weights for training, for a custom [`TrainStep`](crate::TrainStep); `fit` does this itself. The
    /// inputs must be on the autodiff device, too.
    ///
    /// # Errors
    ///
    /// As [`model`](Self::model), and if Horn lacks [the optimizer](Self::missing_optimizer).
    pub fn begin_training(&mut self) -> Result<()> {
        self.check_optimizer()?;
        if !self.is_training {
            let model = self.model_mut()?;
            *model = model.clone().train();
            self.is_training = true;
            self.looked_at_data = true;
        }
        Ok(())
    }

    /// Prepares the weights for inference. `fit` does this at its end, even after an error or a panic.
    pub fn end_training(&mut self) {
        if let (true, Network::Built(model)) = (self.is_training, &mut self.network) {
            *model = model.valid();
            self.is_training = false;
        }
    }

    /// Updates the weights by their gradients with the optimizer's rule: one step.
    ///
    /// # Errors
    ///
    /// As [`begin_training`](Self::begin_training).
    pub fn apply_gradients(&mut self, gradients: GradientsParams) -> Result<()> {
        self.check_optimizer()?;
        let rate = self.learning_rate();
        let Network::Built(model) = &mut self.network else { return Err(not_built()) };
        // During the update nothing else holds the weights, so they are updated in place. A rule that is not Horn's may
        // panic, which would lose the weights, so for such a rule the old ones are kept.
        let old = self.optimizer.keras_module().is_none().then(|| model.clone());
        let mut restore = Restore { model, old };
        let state = &mut self.state;
        restore.model.update(|model| state.step(rate, model, gradients).constrained());
        restore.old = None;
        drop(restore);
        self.iterations += 1;
        Ok(())
    }

    /// Whether the weights are on the autodiff device.
    #[cfg(test)]
    pub(crate) fn is_training(&self) -> bool {
        self.is_training
    }

    /// The model ready for inference, even during training.
    pub(crate) fn at_rest(&self) -> Result<Cow<'_, Model>> {
        let model = self.model()?;
        Ok(if self.is_training { Cow::Owned(model.valid()) } else { Cow::Borrowed(model) })
    }

    /// The model, which is built now if it waited for data of this shape.
    pub(crate) fn built_for(&self, input: &Shape) -> Result<Cow<'_, Model>> {
        match &self.network {
            Network::Built(model) => Ok(Cow::Borrowed(model)),
            Network::Waiting(layers) => layers.build_for(input, &self.device).map(Cow::Owned),
        }
    }
}

/// Restores a model if a step on it panics.
struct Restore<'a> {
    model: &'a mut Model,
    old: Option<Model>,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        if let Some(old) = self.old.take() {
            *self.model = old;
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
            .field("objective", &self.objective)
            .finish_non_exhaustive()
    }
}

fn not_built() -> Error {
    Error::model("the model has no weights yet")
        .expected("an Input layer, or data to take the input's shape from")
        .hint("begin the model with `.add(Input([…]))`, or call `fit` first")
}
