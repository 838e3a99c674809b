//! `compile`: a model gets what it learns by.

use std::sync::Arc;

use burn::tensor::Device;
use horn_nn::{Model, Result, Sequential, default_device};

use crate::losses::Loss;
use crate::metrics::Metric;
use crate::optimizers::Optimizer;
use crate::{CompiledModel, model::Network};

/// What can be compiled: a [`Sequential`], and a [`Model`] that is built already.
pub trait Compile: Sized {
    /// Fixes the optimizer, the loss and the metrics. The weights are made on the default device: the backend that is
    /// compiled in, or the one that `HORN_DEVICE` names.
    ///
    /// A `Sequential` without `Input` is built when the first data comes.
    ///
    /// ```
    /// use horn_nn::layers::{Dense, Input};
    /// use horn_nn::{Activation, Sequential};
    /// use horn_train::Compile;
    /// use horn_train::losses::SparseCategoricalCrossentropy;
    /// use horn_train::metrics::Accuracy;
    /// use horn_train::optimizers::Adam;
    ///
    /// let model = Sequential::new()
    ///     .add(Input([784]))
    ///     .add(Dense(10).activation(Activation::Softmax))
    ///     .compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the layers do not fit each other, an argument of the optimizer, the loss or a metric is out of range, or
    /// there is no device.
    fn compile(
        self,
        optimizer: impl Optimizer + 'static,
        loss: impl Loss + 'static,
        metrics: impl IntoMetrics,
    ) -> Result<CompiledModel> {
        self.compile_on(&default_device()?, optimizer, loss, metrics)
    }

    /// Compiles as [`compile`](Self::compile) does, on this device. A model that is built moves there.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    fn compile_on(
        self,
        device: &Device,
        optimizer: impl Optimizer + 'static,
        loss: impl Loss + 'static,
        metrics: impl IntoMetrics,
    ) -> Result<CompiledModel> {
        let network = self.into_network(device)?;
        CompiledModel::new(network, device, Arc::new(optimizer), Arc::new(loss), metrics.into_metrics())
    }

    /// The model, built where that can be done before data comes.
    #[doc(hidden)]
    fn into_network(self, device: &Device) -> Result<Network>;
}

impl Compile for Sequential {
    fn into_network(self, device: &Device) -> Result<Network> {
        // A model that lacks its Input only is no error yet; one without layers is.
        if self.input_shape().is_none() && self.layers().len() > 0 {
            return Ok(Network::Waiting(self));
        }
        self.build(device).map(Network::Built)
    }
}

impl Compile for Model {
    fn compile(
        self,
        optimizer: impl Optimizer + 'static,
        loss: impl Loss + 'static,
        metrics: impl IntoMetrics,
    ) -> Result<CompiledModel> {
        let device = self.device().clone();
        self.compile_on(&device, optimizer, loss, metrics)
    }

    fn into_network(self, device: &Device) -> Result<Network> {
        Ok(Network::Built(self.moved_to(device)))
    }
}

/// What `compile` takes as metrics: an array or a `Vec` of one kind, a tuple of several, `()` for none.
///
/// ```
/// use horn_train::IntoMetrics;
/// use horn_train::metrics::{Accuracy, MeanAbsoluteError, MeanSquaredError};
///
/// assert_eq!([Accuracy::new()].into_metrics().len(), 1);
/// assert_eq!((MeanSquaredError::new(), MeanAbsoluteError::new()).into_metrics().len(), 2);
/// assert_eq!(().into_metrics().len(), 0);
/// ```
pub trait IntoMetrics {
    /// The metrics as a list.
    fn into_metrics(self) -> Vec<Arc<dyn Metric>>;
}

impl IntoMetrics for () {
    fn into_metrics(self) -> Vec<Arc<dyn Metric>> {
        Vec::new()
    }
}

impl IntoMetrics for Vec<Arc<dyn Metric>> {
    fn into_metrics(self) -> Vec<Arc<dyn Metric>> {
        self
    }
}

impl<M: Metric + 'static, const N: usize> IntoMetrics for [M; N] {
    fn into_metrics(self) -> Vec<Arc<dyn Metric>> {
        self.into_iter().map(|metric| Arc::new(metric) as _).collect()
    }
}

macro_rules! tuples {
    ($(($($metric:ident),+))*) => {$(
        impl<$($metric: Metric + 'static),+> IntoMetrics for ($($metric,)+) {
            #[allow(non_snake_case)]
            fn into_metrics(self) -> Vec<Arc<dyn Metric>> {
                let ($($metric,)+) = self;
                vec![$(Arc::new($metric)),+]
            }
        }
    )*};
}

tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F));
