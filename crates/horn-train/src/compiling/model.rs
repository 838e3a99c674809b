//! A compiled model: what `fit`, `evaluate` and `predict` work on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use burn::module::{Module, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use horn_nn::constraints::Constraint;
use horn_nn::summary::Summary;
use horn_nn::{DTypePolicy, Error, Model, Result, Sequential, Shape, Weight, dtype_policy};

use crate::compiling::given_metrics::IntoMetrics;
use crate::compiling::objective::Objective;
use crate::optimizers::{self, Optimizer, OptimizerValue};
use crate::stepping::{Stepper, learning, loss_scaled, stepper, with_shared_gradients};

/// A model with an optimizer, a loss and metrics. [`fit`](Self::fit) trains it, [`evaluate`](Self::evaluate) evaluates
/// it, and [`predict`](Self::predict) computes its outputs.
///
/// Made by [`Compile::compile`](crate::Compile::compile). Data that does not fit is an error before anything is
/// computed, and leaves the model unchanged. If a later step fails, or a custom layer, loss or callback panics, the
/// model keeps the weights of the last complete step.
pub struct CompiledModel {
    pub(crate) network: Network,
    device: Device,
    pub(crate) optimizer: Arc<dyn Optimizer>,
    /// The optimizer's state, which runs its steps.
    pub(crate) stepper: Box<dyn Stepper>,
    /// The trainable weights that the stepper is prepared for.
    pub(crate) prepared_for: Vec<ParamId>,
    /// The variables of an optimizer that Horn lacks, as they were in its file.
    pub(crate) kept_variables: Vec<OptimizerValue>,
    /// Whether the summary counts the optimizer's variables although the model has seen no data.
    pub(crate) optimizer_is_built: bool,
    pub(crate) objective: Objective,
    /// Whether the model has seen data. Keras looks at a first batch when it builds its training function, and so draws
    /// an order of the samples from its random generator.
    pub(crate) looked_at_data: bool,
    /// Whether the weights are on the autodiff device.
    is_training: bool,
    /// Whether the moving averages are in the places of the weights, and the weights in theirs.
    pub(crate) uses_averages: bool,
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
            objective.outputs_of(model)?;
        }
        Ok(Self {
            network,
            device: device.clone().without_autodiff(),
            stepper: match dtype_policy() {
                DTypePolicy::MixedFloat16 => loss_scaled(optimizer.clone()),
                _ => stepper(optimizer.clone()),
            },
            prepared_for: Vec::new(),
            objective,
            optimizer,
            kept_variables: Vec::new(),
            optimizer_is_built: false,
            looked_at_data: false,
            is_training: false,
            uses_averages: false,
        })
    }

    /// Sets the metrics in which the weights of the samples count, as
    /// [`IntoMetrics::weighted_metrics`](crate::IntoMetrics::weighted_metrics) does in `compile`. They take the same forms as
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
    /// If an argument of a metric is out of range, or the metrics do not fit the outputs.
    pub fn weighted_metrics(mut self, metrics: impl IntoMetrics) -> Result<Self> {
        self.objective.weighted_metrics = metrics.into_metrics().plain;
        self.objective.validate()?;
        if let Network::Built(model) = &self.network {
            self.objective.outputs_of(model)?;
        }
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
    /// use horn::burn::tensor::Device;
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

    /// The number of steps that the optimizer has made: Keras's `optimizer.iterations`.
    pub fn iterations(&self) -> usize {
        self.stepper.iterations()
    }

    /// The table of layers, shapes and weights as a value. It includes the optimizer's variables once the model has
    /// seen data.
    pub fn to_summary(&self) -> Summary {
        let model = match &self.network {
            Network::Built(model) => model,
            Network::Waiting(layers) => return layers.to_summary(),
        };
        let mut summary = model.to_summary();
        let variables = match self.missing_optimizer() {
            Some(_) => Some(self.kept_variables.iter().map(OptimizerValue::len).sum()),
            None => self.stepper.lengths(&learning(model)).ok().map(|lengths| lengths.iter().sum()),
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

    /// The loss multiplied by the optimizer's loss scale, of which a custom [`TrainStep`](crate::TrainStep) computes the
    /// gradients; `fit` does this itself. [`apply_gradients`](Self::apply_gradients) divides the gradients by it.
    ///
    /// ```
    /// use horn::burn::tensor::{Device, Tensor};
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::{LossScaleOptimizer, SGD};
    /// use horn::{Compile, Sequential};
    ///
    /// let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let optimizer = LossScaleOptimizer::new(SGD::new(0.1)).initial_scale(8.0);
    /// let model = model.compile(optimizer, MeanSquaredError::new(), ())?;
    /// let loss = model.scale_loss(Tensor::<1>::ones([1], &Device::default()));
    /// assert_eq!(loss.into_scalar::<f32>(), 8.0);
    /// # Ok::<(), horn::Error>(())
    /// ```
    #[must_use]
    pub fn scale_loss(&self, loss: Tensor<1>) -> Tensor<1> {
        match self.stepper.loss_scale() {
            Some(scale) => loss.mul_scalar(scale),
            None => loss,
        }
    }

    /// Updates the weights by their gradients with the optimizer's rule: one step. The gradients are those of the
    /// [scaled loss](Self::scale_loss); they are unscaled, accumulated and clipped as the optimizer says.
    ///
    /// # Errors
    ///
    /// As [`begin_training`](Self::begin_training), and if it is not clear which optimizer updates a weight.
    pub fn apply_gradients(&mut self, gradients: GradientsParams) -> Result<()> {
        self.check_optimizer()?;
        let Network::Built(model) = &mut self.network else { return Err(not_built()) };
        let gradients = with_shared_gradients(gradients, model);
        let weights: Vec<ParamId> = model.trainable_weights().map(Weight::id).collect();
        if weights != self.prepared_for {
            self.stepper.prepare(&learning(model))?;
            self.prepared_for = weights;
        }
        self.stepper.begin_step();
        // During the update nothing else holds the weights, so they are updated in place. A custom rule or constraint
        // may panic, which would lose the weights, so where there is one the old ones are kept.
        let of_program = self.optimizer.keras_module().is_none()
            || model.weights().any(|weight| matches!(weight.constraint, Some(Constraint::Custom(_))));
        let old = of_program.then(|| (model.clone(), self.stepper.clone()));
        let mut restore = Restore { model, stepper: &mut self.stepper, old };
        let stepper = &mut restore.stepper;
        restore.model.update(|model| stepper.step(model, gradients).constrained().following());
        restore.old = None;
        Ok(())
    }

    /// Whether the weights are on the autodiff device.
    #[cfg(test)]
    pub(crate) fn is_training(&self) -> bool {
        self.is_training
    }

    /// Whether Keras would look at a batch before it trains this model, to make the states of losses and metrics.
    pub(crate) fn looks_at_data(&self) -> bool {
        !self.looked_at_data && self.objective.measures()
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

/// Restores a model and its optimizer if a step panics.
struct Restore<'a> {
    model: &'a mut Model,
    stepper: &'a mut Box<dyn Stepper>,
    old: Option<(Model, Box<dyn Stepper>)>,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        if let Some((model, stepper)) = self.old.take() {
            (*self.model, *self.stepper) = (model, stepper);
        }
    }
}

impl fmt::Debug for CompiledModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledModel")
            .field("network", &self.network)
            .field("device", &self.device)
            .field("optimizer", &self.optimizer)
            .field("learning_rate", &self.learning_rate())
            .field("objective", &self.objective)
            .finish_non_exhaustive()
    }
}

fn not_built() -> Error {
    Error::model("the model has no weights yet")
        .expected("an Input layer, or data to take the input's shape from")
        .hint("begin the model with `.add(Input([…]))`, or call `fit` first")
}
