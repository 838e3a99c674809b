//! What one batch does to a model.

use horn_nn::Result;

use crate::compiling::model::CompiledModel;
use crate::history::Scores;
use crate::sources::batch::Batch;

/// One step of `fit` or `evaluate`, with the models that it changes and the scores that it reports: what Keras users do by
/// overriding `train_step` and `test_step`.
///
/// [`CompiledModel::fit`] has its own step, by the losses and metrics that the model was compiled with. A custom step may
/// hold several models, and computes its losses as it likes. [`FitStep`](crate::FitStep) gives it `fit` and `evaluate`, with
/// the same loop, callbacks and progress line:
///
/// ```
/// use horn::burn::Tensor;
/// use horn::layers::{Dense, Input};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::SGD;
/// use horn::{Batch, Compile, CompiledModel, Fit, FitStep, Mode, Result, Scores, Sequential, Tracker, TrainStep, Verbose};
///
/// /// Learns to give back what comes in.
/// struct Autoencoder {
///     model: CompiledModel,
///     tracker: Tracker,
/// }
///
/// impl Autoencoder {
///     fn loss(&mut self, batch: Batch, mode: Mode) -> Result<Tensor<1>> {
///         let x = batch.inputs[0].float::<2>()?;
///         let y = self.model.forward(x.clone(), mode)?.float::<2>()?;
///         let loss = (y - x).square().mean();
///         self.tracker.mean("loss", &loss, batch.len);
///         Ok(loss)
///     }
/// }
///
/// impl TrainStep for Autoencoder {
///     fn model(&mut self) -> &mut CompiledModel {
///         &mut self.model
///     }
///     fn train_step(&mut self, batch: Batch) -> Result<()> {
///         let loss = self.loss(batch, Mode::Training)?;
///         self.model.minimize(loss)
///     }
///     fn test_step(&mut self, batch: Batch) -> Result<()> {
///         self.loss(batch, Mode::Inference).map(drop)
///     }
///     fn scores(&self) -> Scores {
///         self.tracker.scores()
///     }
///     fn reset(&mut self) {
///         self.tracker.reset();
///     }
///     // Only for runs that are backed up in the middle of an epoch.
///     fn score_state(&self) -> Vec<(String, Vec<f64>)> {
///         self.tracker.state()
///     }
///     fn set_score_state(&mut self, state: &[(String, Vec<f64>)]) {
///         self.tracker.set_state(state);
///     }
/// }
///
/// let model = Sequential::new().add(Input([2])).add(Dense(2)).compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
/// let mut autoencoder = Autoencoder { model, tracker: Tracker::new() };
/// let x = ndarray::Array2::<f32>::ones((20, 2));
/// let history = autoencoder.fit(&x, (), Fit::epochs(3).batch_size(4).verbose(Verbose::Silent))?;
/// assert!(history["loss"][2] < history["loss"][0]);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// [`CompiledModel::forward`] puts the weights where the mode needs them, [`CompiledModel::minimize`] takes the gradients
/// of the loss and makes a step of the optimizer, and [`Tracker`](crate::Tracker) keeps the scores on the device. Each can
/// be left out: a step may call [`CompiledModel::begin_training`], compute with [`CompiledModel::model`] and Burn's
/// `backward`, and change the gradients before [`CompiledModel::apply_gradients`]. Data that is not in arrays comes from a
/// [`BatchSource`](crate::BatchSource), by [`Fit::run`](crate::Fit::run).
pub trait TrainStep {
    /// The model that callbacks see first. Files of `ModelCheckpoint` and `TensorBoard` have this one alone;
    /// `EarlyStopping`, `SwapEMAWeights` and `BackupAndRestore` have the others, too.
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

    /// Reads from the device how many batches since the last [`reset`](Self::reset) there were before the first one of
    /// training whose loss is not finite, if the step counts them. It is asked once that is seen in the
    /// [`scores`](Self::scores): the warning then names the batch. By default it names the batch at which it was seen.
    fn finite_batches(&self) -> Option<usize> {
        None
    }

    /// Resets the scores, before an epoch and before a validation.
    fn reset(&mut self);

    /// Reads what the scores are computed from, by their keys, so that a run that resumes in the middle of an epoch has it
    /// again: [`Tracker::state`](crate::Tracker::state). By default nothing is kept, and the scores of such an epoch are
    /// those of its rest.
    fn score_state(&self) -> Vec<(String, Vec<f64>)> {
        Vec::new()
    }

    /// Puts back what [`score_state`](Self::score_state) returned, after a [`reset`](Self::reset).
    fn set_score_state(&mut self, _state: &[(String, Vec<f64>)]) {}
}
