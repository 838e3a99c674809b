//! The loops over epochs and batches. They know steps, sources of batches and callbacks only as traits.

use std::ops::Range;

use horn_nn::Result;
use horn_nn::random::RandomState;

use crate::batch::BatchSource;
use crate::callbacks::{Callback, Checkpoint, Place, Training, call_each};
use crate::history::{History, Scores};
use crate::resuming::{back_up, resume, skip_batches};
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
    call_each(callbacks, |callback| callback.on_train_begin(training))?;
    let resumed = resume(training, callbacks)?;
    let first = resumed.as_ref().map_or(epochs.start, |checkpoint| checkpoint.epoch);
    let mut half_done = resumed.filter(|checkpoint| checkpoint.batch > 0);
    // A run that was stopped at the end of an epoch has none left.
    let last = if training.is_stopped && half_done.is_none() { first } else { epochs.end };
    for epoch in first..last {
        training.batches = batches;
        training.place = Place { epoch, ..Place::default() };
        match half_done {
            Some(_) => call_each(callbacks, |callback| callback.on_epoch_resume(epoch, training))?,
            None => call_each(callbacks, |callback| callback.on_epoch_begin(epoch, training))?,
        }
        let half_done = half_done.take();
        train_epoch(training, source, callbacks, half_done.as_ref())?;
        let mut logs = match half_done {
            // All batches were done before.
            Some(checkpoint) if checkpoint.batch == training.place.batch => checkpoint.scores,
            _ => training.scores(),
        };
        if let Some(validation) = &mut validation {
            logs = logs.with_validation(&test(training, &mut **validation, callbacks)?);
        }
        training.place = Place { epoch: epoch + 1, ..Place::default() };
        call_each(callbacks, |callback| callback.on_epoch_end(epoch, &mut logs, training))?;
        back_up(training, callbacks)?;
        if training.is_stopped {
            break;
        }
    }
    call_each(callbacks, |callback| callback.on_train_end(training))?;
    Ok(std::mem::take(&mut training.history))
}

fn train_epoch(
    training: &mut Training<'_>,
    source: &mut dyn BatchSource,
    callbacks: &mut [Box<dyn Callback + '_>],
    half_done: Option<&Checkpoint>,
) -> Result<()> {
    training.step.reset();
    let device = training.model().device().clone().autodiff();
    match half_done {
        Some(checkpoint) => {
            skip_batches(training, source, checkpoint, &device)?;
            if training.is_stopped {
                return Ok(());
            }
        }
        None => {
            training.place.order = Some(RandomState::now());
            source.start()?;
        }
    }
    for number in training.place.batch.. {
        let Some(batch) = source.next_batch(&device)? else { break };
        call_each(callbacks, |callback| callback.on_train_batch_begin(number, training))?;
        training.step.train_step(batch)?;
        training.place.batch = number + 1;
        call_each(callbacks, |callback| callback.on_train_batch_end(number, training))?;
        back_up(training, callbacks)?;
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
