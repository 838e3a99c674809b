//! `compile`: gives a model its optimizer, loss and metrics.

use std::sync::Arc;

use burn::tensor::Device;
use horn_nn::{Functional, Model, Result, Sequential, default_device};

use crate::compiling::given_losses::IntoLosses;
use crate::compiling::given_metrics::IntoMetrics;
use crate::compiling::model::{CompiledModel, Network};
use crate::compiling::objective::Objective;
use crate::optimizers::Optimizer;

/// What can be compiled: a [`Sequential`], a [`Functional`], a [`Model`] that is already built, or a [`CompiledModel`], which
/// keeps its weights and gets a new optimizer: for fine-tuning at a smaller learning rate.
///
/// A model with several outputs takes a loss for each output, or one loss for all, and metrics for each output, in the
/// order of the outputs or by their names ([`IntoLosses`], [`IntoMetrics`]). The loss `()` is none: the model then learns
/// by what its layers add, and an output without a loss needs no targets.
///
/// A model that was not compiled has no loss and no optimizer, so it has no `fit`.
pub trait Compile: Sized {
    /// Sets the optimizer, the loss and the metrics. The weights are created on the default device: the backend that is
    /// compiled in, or the one that `HORN_DEVICE` names.
    ///
    /// A `Sequential` without an `Input` is built when it gets its first data.
    ///
    /// ```
    /// use horn::layers::{Dense, Input};
    /// use horn::{Activation, Sequential};
    /// use horn::Compile;
    /// use horn::losses::SparseCategoricalCrossentropy;
    /// use horn::metrics::Accuracy;
    /// use horn::optimizers::Adam;
    ///
    /// let model = Sequential::new()
    ///     .add(Input([784]))
    ///     .add(Dense(10).activation(Activation::Softmax))
    ///     .compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// A metric in the place of the loss does not compile, since training can't minimize it.
    ///
    /// # Errors
    ///
    /// If the layers do not fit each other, an argument of the optimizer, the loss or a metric is out of range, or
    /// there is no device.
    fn compile(
        self,
        optimizer: impl Optimizer + 'static,
        loss: impl IntoLosses,
        metrics: impl IntoMetrics,
    ) -> Result<CompiledModel> {
        let device = self.own_device()?;
        self.compile_on(&device, optimizer, loss, metrics)
    }

    /// Compiles like [`compile`](Self::compile), on this device. A model that is already built moves there.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    fn compile_on(
        self,
        device: &Device,
        optimizer: impl Optimizer + 'static,
        loss: impl IntoLosses,
        metrics: impl IntoMetrics,
    ) -> Result<CompiledModel> {
        let network = self.into_network(device)?;
        CompiledModel::new(network, device, Arc::new(optimizer), Objective::new(loss, metrics))
    }

    /// The device that the weights are on, or where they are created.
    #[doc(hidden)]
    fn own_device(&self) -> Result<Device> {
        default_device()
    }

    /// The model, built if that does not need data.
    #[doc(hidden)]
    fn into_network(self, device: &Device) -> Result<Network>;
}

impl Compile for Sequential {
    fn into_network(self, device: &Device) -> Result<Network> {
        // A model that only lacks its Input is not an error yet; one without layers is.
        if self.input_shape().is_none() && self.layers().len() > 0 {
            return Ok(Network::Waiting(self));
        }
        self.build(device).map(Network::Built)
    }
}

impl Compile for Functional {
    fn into_network(self, device: &Device) -> Result<Network> {
        self.build(device).map(Network::Built)
    }
}

/// Compiles again. The weights stay, the optimizer begins anew.
impl Compile for CompiledModel {
    fn own_device(&self) -> Result<Device> {
        Ok(self.device().clone())
    }

    fn into_network(mut self, device: &Device) -> Result<Network> {
        self.end_training();
        match self.network {
            Network::Built(model) => model.into_network(device),
            Network::Waiting(layers) => layers.into_network(device),
        }
    }
}

impl Compile for Model {
    fn own_device(&self) -> Result<Device> {
        Ok(self.device().clone())
    }

    fn into_network(self, device: &Device) -> Result<Network> {
        Ok(Network::Built(self.to_device(device)))
    }
}
