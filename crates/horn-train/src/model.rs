//! A compiled model: what `fit`, `evaluate` and `predict` work on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use horn_nn::summary::Summary;
use horn_nn::{Error, Model, Result, Sequential, Shape};

use crate::objective::Objective;
use crate::optimizers::{LearningRate, Optimizer, SlotSpec};

/// A model with an optimizer, a loss and metrics: it learns by [`fit`](Self::fit), is measured by
/// [`evaluate`](Self::evaluate) and used by [`predict`](Self::predict).
///
/// Made by [`Compile::compile`](crate::Compile::compile). Data that does not fit is an error before anything is
/// computed, and the model stays as it was. It keeps the weights of the last whole step where a later one fails, or where
/// a layer, a loss or a callback of your own panics.
pub struct CompiledModel {
    pub(crate) network: Network,
    device: Device,
    optimizer: Arc<dyn Optimizer>,
    /// What the optimizer remembers from step to step.
    pub(crate) state: ModuleOptimizer,
    /// The number of steps so far.
    pub(crate) iterations: usize,
    /// Has the optimizer variables to count in the summary, though no data was seen?
    pub(crate) optimizer_is_built: bool,
    learning_rate: LearningRate,
    pub(crate) objective: Objective,
    /// Keras looks at a first batch when it builds its training function, which takes an order from its generator.
    pub(crate) looked_at_data: bool,
    /// Do the weights lie on the autodiff device?
    is_training: bool,
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
            optimizer_is_built: false,
            looked_at_data: false,
            is_training: false,
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

    /// The model itself, to change its weights, or to put another of the same layers in its place.
    ///
    /// # Errors
    ///
    /// As [`model`](Self::model).
    pub fn model_mut(&mut self) -> Result<&mut Model> {
        // What is put here does not lie on the autodiff device. The next step of training brings it there.
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

    /// Where the model computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The optimizer as it was given.
    pub fn optimizer(&self) -> &dyn Optimizer {
        self.optimizer.as_ref()
    }

    /// The factor that the next step is made with.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.at(self.iterations)
    }

    /// Does the learning rate follow a schedule?
    pub(crate) fn has_schedule(&self) -> bool {
        matches!(self.learning_rate, LearningRate::Schedule(_))
    }

    /// Changes the factor that steps are made with.
    ///
    /// # Errors
    ///
    /// Where it is negative or not finite, or the optimizer has a schedule that says it.
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

    /// The table of layers, shapes and weights as a value, and once data has been seen, the optimizer's variables.
    pub fn to_summary(&self) -> Summary {
        let model = match &self.network {
            Network::Built(model) => model,
            Network::Waiting(layers) => return layers.to_summary(),
        };
        let mut summary = model.to_summary();
        // Keras counts the number of steps among the optimizer's variables, and a learning rate that can be set.
        let own = if self.has_schedule() { 1 } else { 2 };
        let slots = model.trainable_weights().map(|weight| self.optimizer.slots(weight));
        let slots: Option<usize> = slots.map(|slots| Some(slots?.iter().map(SlotSpec::len).sum::<usize>())).sum();
        let variables = slots.map(|slots| slots + own);
        summary.totals.optimizer = variables.filter(|_| self.looked_at_data || self.optimizer_is_built);
        summary
    }

    /// Prints the table of layers, shapes and weights.
    pub fn summary(&self) {
        self.to_summary().print();
    }

    /// Makes the weights ready to learn, for a [`TrainStep`](crate::TrainStep) of your own; `fit` does so itself. The
    /// inputs must lie on the autodiff device, too.
    ///
    /// # Errors
    ///
    /// As [`model`](Self::model).
    pub fn begin_training(&mut self) -> Result<()> {
        if !self.is_training {
            let model = self.model_mut()?;
            *model = model.clone().train();
            self.is_training = true;
            self.looked_at_data = true;
        }
        Ok(())
    }

    /// Makes the weights ready to be used. At the end of `fit` this is done whatever happens.
    pub fn end_training(&mut self) {
        if let (true, Network::Built(model)) = (self.is_training, &mut self.network) {
            *model = model.valid();
            self.is_training = false;
        }
    }

    /// Changes the weights by their gradients, as the optimizer says: one step.
    ///
    /// # Errors
    ///
    /// As [`model`](Self::model).
    pub fn apply_gradients(&mut self, gradients: GradientsParams) -> Result<()> {
        let rate = self.learning_rate();
        let Network::Built(model) = &mut self.network else { return Err(not_built()) };
        // While they change the weights are held by nobody else, so that they do where they lie. A rule that is not
        // Horn's may panic, which would lose them: for that the old ones are kept.
        let old = self.optimizer.keras_module().is_none().then(|| model.clone());
        let mut restore = Restore { model, old };
        let state = &mut self.state;
        restore.model.update(|model| state.step(rate, model, gradients).constrained());
        restore.old = None;
        drop(restore);
        self.iterations += 1;
        Ok(())
    }

    /// Do the weights lie on the autodiff device?
    #[cfg(test)]
    pub(crate) fn is_training(&self) -> bool {
        self.is_training
    }

    /// The model ready to be used, also while it trains.
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

/// Puts a model back as it was if a step on it panics.
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
