//! `compile`: a model gets what it learns by.

use std::sync::Arc;

use burn::tensor::Device;
use horn_nn::{Functional, Model, Result, Sequential, default_device};

use crate::losses::Loss;
use crate::metrics::Metric;
use crate::optimizers::Optimizer;
use crate::{CompiledModel, model::Network};

/// What can be compiled: a [`Sequential`], a [`Functional`], and a [`Model`] that is built already.
///
/// A model of several outputs takes a loss for each, or one for all, and metrics for each.
///
/// A model that was not compiled has nothing to learn by, and can't be asked to:
///
/// ```compile_fail,E0599
/// use horn_nn::Sequential;
/// use horn_nn::layers::{Dense, Input};
/// use horn_train::Fit;
///
/// let (x, y) = (ndarray::arr2(&[[0.0_f32]]), ndarray::arr2(&[[1.0_f32]]));
/// let mut model = Sequential::new().add(Input([1])).add(Dense(1));
/// model.fit(&x, &y, Fit::epochs(1))?;
/// # Ok::<(), horn_nn::Error>(())
/// ```
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
    /// What only measures is no loss, as nothing can be learnt from it:
    ///
    /// ```compile_fail,E0277
    /// use horn_nn::Sequential;
    /// use horn_nn::layers::{Dense, Input};
    /// use horn_train::Compile;
    /// use horn_train::metrics::Accuracy;
    /// use horn_train::optimizers::Adam;
    ///
    /// let model = Sequential::new().add(Input([784])).add(Dense(10)).compile(Adam::default(), Accuracy::new(), ())?;
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
        loss: impl IntoLosses,
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
        loss: impl IntoLosses,
        metrics: impl IntoMetrics,
    ) -> Result<CompiledModel> {
        let network = self.into_network(device)?;
        CompiledModel::new(network, device, Arc::new(optimizer), loss.into_losses(), metrics.into_metrics())
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

impl Compile for Functional {
    fn into_network(self, device: &Device) -> Result<Network> {
        self.build(device).map(Network::Built)
    }
}

impl Compile for Model {
    fn compile(
        self,
        optimizer: impl Optimizer + 'static,
        loss: impl IntoLosses,
        metrics: impl IntoMetrics,
    ) -> Result<CompiledModel> {
        let device = self.device().clone();
        self.compile_on(&device, optimizer, loss, metrics)
    }

    fn into_network(self, device: &Device) -> Result<Network> {
        Ok(Network::Built(self.to_device(device)))
    }
}

/// The losses of a model's outputs, and how much each counts.
#[derive(Debug, Clone)]
pub struct Losses {
    pub(crate) losses: Vec<Arc<dyn Loss>>,
    pub(crate) weights: Option<Vec<f64>>,
}

/// What `compile` takes as loss: one, or an array, a tuple or a `Vec` of one for each output of the model.
///
/// ```
/// use horn_train::IntoLosses;
/// use horn_train::losses::{MeanSquaredError, SparseCategoricalCrossentropy};
///
/// let losses = (MeanSquaredError::new(), SparseCategoricalCrossentropy::new()).loss_weights([1.0, 0.2]);
/// ```
pub trait IntoLosses: Sized {
    /// The losses as a list.
    fn into_losses(self) -> Losses;

    /// Weights the losses of the outputs in their sum: Keras's `loss_weights`.
    fn loss_weights(self, weights: impl Into<Vec<f64>>) -> Losses {
        Losses { weights: Some(weights.into()), ..self.into_losses() }
    }
}

impl IntoLosses for Losses {
    fn into_losses(self) -> Losses {
        self
    }
}

impl<L: Loss + 'static> IntoLosses for L {
    fn into_losses(self) -> Losses {
        Losses { losses: vec![Arc::new(self)], weights: None }
    }
}

impl IntoLosses for Vec<Arc<dyn Loss>> {
    fn into_losses(self) -> Losses {
        Losses { losses: self, weights: None }
    }
}

impl<L: Loss + 'static, const N: usize> IntoLosses for [L; N] {
    fn into_losses(self) -> Losses {
        Losses { losses: self.into_iter().map(|loss| Arc::new(loss) as _).collect(), weights: None }
    }
}

/// What `compile` takes as metrics: an array, a tuple or a `Vec`, `()` for none. For a model of several outputs it has
/// an entry for each, which may again be several.
///
/// ```
/// use horn_train::IntoMetrics;
/// use horn_train::metrics::{Accuracy, MeanAbsoluteError, MeanSquaredError};
///
/// assert_eq!([Accuracy::new()].into_metrics().len(), 1);
/// assert_eq!((MeanSquaredError::new(), MeanAbsoluteError::new()).into_metrics().len(), 2);
/// assert_eq!(([Accuracy::new()], ()).into_metrics().len(), 2);
/// assert_eq!(().into_metrics().len(), 0);
/// ```
pub trait IntoMetrics {
    /// The entries, each a list of metrics.
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>>;
}

/// An entry of the metrics: one metric, or the metrics of one output.
pub trait IntoMetricList {
    /// The metrics as a list.
    fn into_list(self) -> Vec<Arc<dyn Metric>>;
}

impl<M: Metric + 'static> IntoMetricList for M {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        vec![Arc::new(self)]
    }
}

impl IntoMetricList for () {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        Vec::new()
    }
}

impl IntoMetricList for Vec<Arc<dyn Metric>> {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        self
    }
}

impl<M: Metric + 'static, const N: usize> IntoMetricList for [M; N] {
    fn into_list(self) -> Vec<Arc<dyn Metric>> {
        self.into_iter().map(|metric| Arc::new(metric) as _).collect()
    }
}

impl IntoMetrics for () {
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
        Vec::new()
    }
}

impl IntoMetrics for Vec<Arc<dyn Metric>> {
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
        self.into_iter().map(|metric| vec![metric]).collect()
    }
}

impl<M: IntoMetricList, const N: usize> IntoMetrics for [M; N] {
    fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
        self.into_iter().map(M::into_list).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: IntoMetricList),+> IntoMetrics for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_metrics(self) -> Vec<Vec<Arc<dyn Metric>>> {
                let ($($part,)+) = self;
                vec![$($part.into_list()),+]
            }
        }

        impl<$($part: Loss + 'static),+> IntoLosses for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_losses(self) -> Losses {
                let ($($part,)+) = self;
                Losses { losses: vec![$(Arc::new($part)),+], weights: None }
            }
        }
    )*};
}

tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F));
