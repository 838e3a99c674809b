//! A run of `predict`, as its callbacks see it.

use std::borrow::Cow;
use std::fmt;

use horn_nn::Model;
use ndarray::ArrayD;

use crate::compiling::model::CompiledModel;

/// A run of `predict`, as its callbacks see and control it.
///
/// ```
/// use horn::callbacks::LambdaCallback;
/// use horn::layers::{Dense, Input};
/// use horn::optimizers::SGD;
/// use horn::{Compile, Predict, Sequential};
///
/// let model = Sequential::new().add(Input([2])).add(Dense(3)).compile(SGD::new(0.1), (), ())?;
/// let stop = LambdaCallback::new().on_predict_batch_end(|batch, prediction| {
///     assert_eq!(prediction.outputs()[0].shape(), [10, 3]);
///     if batch == 1 {
///         prediction.stop();
///     }
///     Ok(())
/// });
/// let x = ndarray::Array2::<f32>::zeros((100, 2));
/// assert_eq!(model.predict_with(&x, Predict::new().batch_size(10).callback(stop))?.shape(), [20, 3]);
/// # Ok::<(), horn::Error>(())
/// ```
pub struct Prediction<'a> {
    compiled: &'a CompiledModel,
    /// The model that computes the outputs.
    pub(crate) network: Cow<'a, Model>,
    pub(crate) outputs: Vec<ArrayD<f32>>,
    batches: Option<usize>,
    pub(crate) is_stopped: bool,
}

impl fmt::Debug for Prediction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prediction").field("batches", &self.batches).finish_non_exhaustive()
    }
}

impl<'a> Prediction<'a> {
    pub(crate) fn new(compiled: &'a CompiledModel, network: Cow<'a, Model>, batches: Option<usize>) -> Self {
        Self { compiled, network, outputs: Vec::new(), batches, is_stopped: false }
    }

    /// The model that predicts. A prediction does not change it.
    pub fn model(&self) -> &CompiledModel {
        self.compiled
    }

    /// The outputs for the batch, one array for each output of the model, in the hook after it: Keras's `logs["outputs"]`.
    /// Empty in the other hooks.
    pub fn outputs(&self) -> &[ArrayD<f32>] {
        &self.outputs
    }

    /// The number of batches, if known.
    pub fn batches(&self) -> Option<usize> {
        self.batches
    }

    /// Ends the prediction after this batch: Keras's `stop_predicting`. `predict` returns the outputs so far.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// Computes the outputs with the moving averages of the weights, in a copy of the model.
    pub(crate) fn use_averages(&mut self) {
        self.network = Cow::Owned(self.compiled.averaged(self.network.as_ref().clone()));
    }
}
