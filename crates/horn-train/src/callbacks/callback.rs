//! The trait of callbacks.

use horn_nn::Result;

use super::checkpoint::{CallbackState, Checkpoint};
use super::prediction::Prediction;
use super::training::Training;
use crate::history::Scores;

/// Hooks into `fit`, `evaluate` and `predict`. By default, each hook does nothing.
///
/// A hook can inspect and change the model, stop the training by [`Training::stop`], and fail, which ends `fit` with
/// the error. The model then keeps the weights of the last complete step, as it does if a hook panics.
///
/// Pass a callback to [`Fit::callback`](crate::Fit::callback) by value, or by mutable reference to read it afterwards:
///
/// ```
/// use horn::layers::{Dense, Input};
/// use horn::{Result, Sequential};
/// use horn::callbacks::{Callback, Training};
/// use horn::losses::MeanSquaredError;
/// use horn::optimizers::SGD;
/// use horn::{Compile, Fit, Scores, Verbose};
///
/// /// Stops once the loss is small enough.
/// #[derive(Default)]
/// struct GoodEnough {
///     epoch: Option<usize>,
/// }
///
/// impl Callback for GoodEnough {
///     fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
///         if logs.loss() < 1e-3 {
///             self.epoch = Some(epoch);
///             training.stop();
///         }
///         Ok(())
///     }
/// }
///
/// let (x, y) = (ndarray::arr2(&[[0.0_f32], [1.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
/// let model = Sequential::new().add(Input([1])).add(Dense(1));
/// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
/// let mut good_enough = GoodEnough::default();
/// let history = model.fit(&x, &y, Fit::epochs(1000).verbose(Verbose::Silent).callback(&mut good_enough))?;
/// assert_eq!(good_enough.epoch, history.epoch().last().copied());
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// A hook may return any error. It ends the run, and the run returns it.
#[expect(unused_variables, reason = "the hooks' default bodies are empty")]
#[expect(clippy::missing_errors_doc, reason = "said once, for all hooks")]
pub trait Callback {
    /// Before the first epoch.
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// After the last epoch.
    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before an epoch, counted from 0.
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before the rest of an epoch of which [`Checkpoint::batch`] batches are done, when a run resumes in its middle.
    /// [`on_epoch_begin`](Self::on_epoch_begin) is not called then: its effects are part of what was saved.
    fn on_epoch_resume(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// After an epoch and its validation, with the scores of both. Scores that a hook adds also appear in the history
    /// and in the callbacks after it.
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before a batch of training, counted from 0 in each epoch.
    fn on_train_batch_begin(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// After a batch of training. [`Training::scores`] reads the scores so far, which waits for the device.
    fn on_train_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before an evaluation, or a validation in `fit`.
    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// After an evaluation, or a validation in `fit`, with its scores.
    fn on_test_end(&mut self, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before a batch of an evaluation.
    fn on_test_batch_begin(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// After a batch of an evaluation.
    fn on_test_batch_end(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before a prediction.
    fn on_predict_begin(&mut self, prediction: &mut Prediction<'_>) -> Result<()> {
        Ok(())
    }

    /// After a prediction.
    fn on_predict_end(&mut self, prediction: &mut Prediction<'_>) -> Result<()> {
        Ok(())
    }

    /// Before a batch of a prediction.
    fn on_predict_batch_begin(&mut self, batch: usize, prediction: &mut Prediction<'_>) -> Result<()> {
        Ok(())
    }

    /// After a batch of a prediction. [`Prediction::outputs`] are those of the batch.
    fn on_predict_batch_end(&mut self, batch: usize, prediction: &mut Prediction<'_>) -> Result<()> {
        Ok(())
    }

    /// After a hook in which a callback called [`Training::back_up`] or [`Training::interrupt`], once all callbacks have run
    /// that hook.
    fn on_back_up(&mut self, checkpoint: &Checkpoint, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Whether the callback draws the progress line, so that `fit` and `evaluate` add none. No by default.
    fn draws_progress(&self) -> bool {
        false
    }

    /// What the callback keeps from hook to hook, so that a run that resumes has it again. Nothing by default.
    fn state(&self) -> CallbackState {
        CallbackState::default()
    }

    /// Puts back what [`state`](Self::state) returned, after [`on_train_begin`](Self::on_train_begin).
    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        Ok(())
    }
}

/// Forwards each hook to another callback.
macro_rules! forward {
    ($($hook:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $hook(&mut self, $($argument: $type),*) -> Result<()> {
            (**self).$hook($($argument),*)
        }
    )*};
}

/// A borrowed callback.
impl<C: Callback + ?Sized> Callback for &mut C {
    forward! {
        on_train_begin(training: &mut Training<'_>);
        on_train_end(training: &mut Training<'_>);
        on_epoch_begin(epoch: usize, training: &mut Training<'_>);
        on_epoch_resume(epoch: usize, training: &mut Training<'_>);
        on_epoch_end(epoch: usize, logs: &mut Scores, training: &mut Training<'_>);
        on_train_batch_begin(batch: usize, training: &mut Training<'_>);
        on_train_batch_end(batch: usize, training: &mut Training<'_>);
        on_test_begin(training: &mut Training<'_>);
        on_test_end(logs: &mut Scores, training: &mut Training<'_>);
        on_test_batch_begin(batch: usize, training: &mut Training<'_>);
        on_test_batch_end(batch: usize, training: &mut Training<'_>);
        on_predict_begin(prediction: &mut Prediction<'_>);
        on_predict_end(prediction: &mut Prediction<'_>);
        on_predict_batch_begin(batch: usize, prediction: &mut Prediction<'_>);
        on_predict_batch_end(batch: usize, prediction: &mut Prediction<'_>);
        on_back_up(checkpoint: &Checkpoint, training: &mut Training<'_>);
        set_state(state: &CallbackState);
    }

    fn draws_progress(&self) -> bool {
        (**self).draws_progress()
    }

    fn state(&self) -> CallbackState {
        (**self).state()
    }
}

/// The callbacks of a run, in the order in which they were added.
pub(crate) type Callbacks<'a> = Vec<Box<dyn Callback + 'a>>;

/// Calls a hook of each callback.
///
/// # Errors
///
/// The first error of a hook. The callbacks after it are not called.
pub(crate) fn call_each<'a>(
    callbacks: &mut [Box<dyn Callback + 'a>],
    mut hook: impl FnMut(&mut (dyn Callback + 'a)) -> Result<()>,
) -> Result<()> {
    callbacks.iter_mut().try_for_each(|callback| hook(callback.as_mut()))
}
