//! What one batch does to a model.

use horn_nn::Result;

use crate::batch::Batch;
use crate::history::Scores;
use crate::model::CompiledModel;

/// One step of `fit` or `evaluate`, with the models that it changes and the scores that it reports.
///
/// [`CompiledModel::fit`] has its own step, by the losses and metrics that the model was compiled with. A custom step
/// may hold several models. [`Fit::run`](crate::Fit::run) runs it with the same loop, callbacks and progress line:
///
/// ```
/// use burn::Tensor;
/// use burn::optim::GradientsParams;
/// use horn::layers::{Dense, Input};
/// use horn::{CallContext, HostArray, Mode, Result, Sequential, many_signals, signals};
/// use horn::losses::MeanSquaredError;
/// use horn::metrics::Mean;
/// use horn::optimizers::SGD;
/// use horn::{Batch, Compile, CompiledModel, Fit, Scores, TrainStep, Verbose};
///
/// /// Learns to give back what comes in.
/// struct Autoencode {
///     model: CompiledModel,
///     loss: Mean,
/// }
///
/// impl Autoencode {
///     fn loss(&mut self, batch: Batch, mode: Mode) -> Result<Tensor<1>> {
///         let x = batch.inputs[0].clone().value()?.float::<2>()?;
///         let outputs = self.model.model()?.call(batch.inputs, &mut CallContext::new(mode))?;
///         let [output] = signals(outputs)?;
///         let loss = (output.value()?.float::<2>()? - x).square().mean();
///         self.loss.update_batch(loss.clone().inner(), batch.len);
///         Ok(loss)
///     }
/// }
///
/// impl TrainStep for Autoencode {
///     fn model(&mut self) -> &mut CompiledModel {
///         &mut self.model
///     }
///     fn train_step(&mut self, batch: Batch) -> Result<()> {
///         self.model.begin_training()?;
///         let loss = self.loss(batch, Mode::Training)?;
///         let gradients = GradientsParams::from_grads(loss.backward(), self.model.model()?);
///         self.model.apply_gradients(gradients)
///     }
///     fn test_step(&mut self, batch: Batch) -> Result<()> {
///         self.model.end_training();
///         self.loss(batch, Mode::Inference).map(drop)
///     }
///     fn scores(&self) -> Scores {
///         Scores::new([("loss", self.loss.result())])
///     }
///     fn reset(&mut self) {
///         self.loss = Mean::default();
///     }
/// }
///
/// # use horn::BatchSource;
/// # use burn::tensor::Device;
/// # struct Ones(usize);
/// # impl BatchSource for Ones {
/// #     fn len(&self) -> Option<usize> { Some(20) }
/// #     fn start(&mut self) -> Result<()> { self.0 = 20; Ok(()) }
/// #     fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
/// #         if self.0 == 0 { return Ok(None); }
/// #         self.0 -= 1;
/// #         let inputs = vec![Tensor::<2>::ones([4, 2], device).into()];
/// #         Ok(Some(Batch { len: 4, inputs, targets: Vec::new(), sample_weights: Vec::new() }))
/// #     }
/// # }
/// # let mut data = Ones(0);
/// let model = Sequential::new().add(Input([2])).add(Dense(2)).compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
/// let mut step = Autoencode { model, loss: Mean::default() };
/// let history = Fit::epochs(3).verbose(Verbose::Silent).run(&mut step, &mut data)?;
/// assert!(history["loss"][2] < history["loss"][0]);
/// # Ok::<(), horn::Error>(())
/// ```
pub trait TrainStep {
    /// The model that callbacks see.
    fn model(&mut self) -> &mut CompiledModel;

    /// The other models that the step changes, if there are any.
    fn other_models(&mut self) -> Vec<&mut CompiledModel> {
        Vec::new()
    }

    /// Trains on a batch. A step that fails leaves the weights unchanged.
    ///
    /// # Errors
    ///
    /// The batch does not fit the model.
    fn train_step(&mut self, batch: Batch) -> Result<()>;

    /// Evaluates a batch.
    ///
    /// # Errors
    ///
    /// The batch does not fit the model.
    fn test_step(&mut self, batch: Batch) -> Result<()>;

    /// Reads the scores since the last [`reset`](Self::reset) from the device.
    fn scores(&self) -> Scores;

    /// Resets the scores, before an epoch and before a validation.
    fn reset(&mut self);
}
