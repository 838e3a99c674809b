//! The loops over epochs and batches. They know steps, sources of batches and callbacks only as traits.

use std::ops::Range;

use horn_nn::Result;

use crate::batch::BatchSource;
use crate::callbacks::{Callback, Training, call_each};
use crate::history::{History, Scores};
use crate::train_step::TrainStep;

/// Trains for these epochs: Keras's `fit`.
///
/// # Errors
///
/// The first error of a step, a source or a callback. The model then keeps the weights of the last complete step.
pub(crate) fn fit(
    step: &mut dyn TrainStep,
    source: &mut dyn BatchSource,
    mut validation: Option<&mut dyn BatchSource>,
    callbacks: &mut [Box<dyn Callback + '_>],
    epochs: Range<usize>,
) -> Result<History> {
    let batches = source.len();
    let mut training = Training::new(step, epochs.end, batches);
    let training = &mut training;
    let has_trained = !epochs.is_empty();
    call_each(callbacks, |callback| callback.on_train_begin(training))?;
    for epoch in epochs {
        training.batches = batches;
        call_each(callbacks, |callback| callback.on_epoch_begin(epoch, training))?;
        train_epoch(training, source, callbacks)?;
        let mut logs = training.scores();
        if let Some(validation) = &mut validation {
            logs = logs.with_validation(&test(training, &mut **validation, callbacks)?);
        }
        call_each(callbacks, |callback| callback.on_epoch_end(epoch, &mut logs, training))?;
        if training.is_stopped {
            break;
        }
    }
    if has_trained {
        training.finalize_variable_values();
    }
    call_each(callbacks, |callback| callback.on_train_end(training))?;
    Ok(std::mem::take(&mut training.history))
}

fn train_epoch(
    training: &mut Training<'_>,
    source: &mut dyn BatchSource,
    callbacks: &mut [Box<dyn Callback + '_>],
) -> Result<()> {
    training.step.reset();
    source.start()?;
    let device = training.model().device().clone().autodiff();
    for number in 0.. {
        let Some(batch) = source.next_batch(&device)? else { break };
        call_each(callbacks, |callback| callback.on_train_batch_begin(number, training))?;
        training.step.train_step(batch)?;
        call_each(callbacks, |callback| callback.on_train_batch_end(number, training))?;
        if training.is_stopped {
            break;
        }
    }
    Ok(())
}

/// Evaluates all batches: Keras's `evaluate`, and the validation in `fit`.
///
/// # Errors
///
/// The first error of a step, the source or a callback.
pub(crate) fn test(
    training: &mut Training<'_>,
    source: &mut dyn BatchSource,
    callbacks: &mut [Box<dyn Callback + '_>],
) -> Result<Scores> {
    training.batches = source.len();
    call_each(callbacks, |callback| callback.on_test_begin(training))?;
    training.step.reset();
    source.start()?;
    let device = training.model().device().clone();
    for number in 0.. {
        let Some(batch) = source.next_batch(&device)? else { break };
        call_each(callbacks, |callback| callback.on_test_batch_begin(number, training))?;
        training.step.test_step(batch)?;
        call_each(callbacks, |callback| callback.on_test_batch_end(number, training))?;
    }
    let mut scores = training.scores();
    call_each(callbacks, |callback| callback.on_test_end(&mut scores, training))?;
    Ok(scores)
}
