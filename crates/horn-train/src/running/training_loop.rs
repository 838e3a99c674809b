//! The loops over epochs and batches. They know steps, sources of batches and callbacks only as traits.

use std::ops::Range;

use horn_nn::random::RandomState;
use horn_nn::{Error, Result};

use crate::callbacks::{Callback, Checkpoint, Place, Training, call_each, print_warning};
use crate::history::{History, Scores};
use crate::running::rescue;
use crate::running::resuming::{back_up, resume};
use crate::running::steps::Steps;
use crate::running::validation_freq::ValidationFreq;
use crate::sources::source::BatchSource;
use crate::train_step::TrainStep;

/// Which epochs and batches a training has.
pub(crate) struct Plan {
    pub epochs: Range<usize>,
    pub steps_per_epoch: Option<usize>,
    pub validation_steps: Option<usize>,
    pub validation_freq: ValidationFreq,
}

/// Trains as planned: Keras's `fit`.
///
/// # Errors
///
/// The first error of a step, a source or a callback. The model then keeps the weights of the last complete step.
pub(crate) fn fit(
    step: &mut dyn TrainStep,
    source: &mut dyn BatchSource,
    validation: Option<&mut dyn BatchSource>,
    callbacks: &mut [Box<dyn Callback + '_>],
    plan: Plan,
) -> Result<History> {
    let mut steps = Steps::new(source, plan.steps_per_epoch);
    let mut validation = validation.map(|source| Steps::new(source, plan.validation_steps));
    let mut training = Training::new(step, plan.epochs.end, steps.per_epoch());
    let training = &mut training;
    let has_trained = !plan.epochs.is_empty();
    call_each(callbacks, |callback| callback.on_train_begin(training))?;
    let mut resumed = resume(training, callbacks)?;
    let first = resumed.as_ref().map_or(plan.epochs.start, |checkpoint| checkpoint.epoch);
    let is_half_done = resumed.as_ref().is_some_and(|checkpoint| checkpoint.batch > 0);
    // A run that was stopped at the end of an epoch has none left.
    let last = if training.is_stopped && !is_half_done { first } else { plan.epochs.end };
    for epoch in first..last {
        training.batches = steps.per_epoch();
        training.place = Place { epoch, ..Place::default() };
        let resumed = resumed.take();
        let half_done = resumed.as_ref().filter(|checkpoint| checkpoint.batch > 0);
        match half_done {
            Some(_) => call_each(callbacks, |callback| callback.on_epoch_resume(epoch, training))?,
            None => call_each(callbacks, |callback| callback.on_epoch_begin(epoch, training))?,
        }
        train_epoch(training, &mut steps, callbacks, resumed.as_ref())?;
        if steps.is_exhausted() {
            if training.history.epoch().is_empty() {
                return Err(no_batches());
            }
            print_warning(&format!("The data ran out, so that the training ends before epoch {}.", epoch + 1));
            break;
        }
        let mut logs = match half_done {
            // All batches were done before.
            Some(checkpoint) if checkpoint.batch == training.place.batch => checkpoint.scores.clone(),
            _ => training.scores(),
        };
        let due = validation.as_mut().filter(|_| plan.validation_freq.is_due(epoch) && !training.is_interrupted);
        if let Some(validation) = due {
            let random = RandomState::now();
            let scores = test(training, validation, callbacks)?;
            if training.is_interrupted {
                // A run that resumes repeats the whole validation.
                training.place.validated = Some((random, logs.clone()));
                training.backs_up = true;
                back_up(training, callbacks)?;
            } else if validation.is_exhausted() {
                print_warning(&format!(
                    "The validation data ran out, so that epoch {} has no scores of it.",
                    epoch + 1
                ));
            } else {
                logs = logs.with_validation(&scores);
            }
        }
        if training.is_interrupted {
            // The epoch is reported, but is not a whole one from which a run could resume.
            call_each(callbacks, |callback| callback.on_epoch_end(epoch, &mut logs, training))?;
            break;
        }
        training.place = Place { epoch: epoch + 1, source: steps.position(), ..Place::default() };
        call_each(callbacks, |callback| callback.on_epoch_end(epoch, &mut logs, training))?;
        training.backs_up |= training.is_interrupted;
        back_up(training, callbacks)?;
        if training.ends() {
            break;
        }
    }
    if has_trained {
        training.finalize_variable_values();
    }
    call_each(callbacks, |callback| callback.on_train_end(training))?;
    Ok(std::mem::take(&mut training.history))
}

/// The error for a source that is empty from the start.
pub(crate) fn no_batches() -> Error {
    Error::data("there are no samples")
        .at("x")
        .received("a source without batches")
        .expected("at least one batch")
        .hint("check how the data was loaded or filtered")
}

fn train_epoch(
    training: &mut Training<'_>,
    steps: &mut Steps<'_>,
    callbacks: &mut [Box<dyn Callback + '_>],
    resumed: Option<&Checkpoint>,
) -> Result<()> {
    training.step.reset();
    let device = training.model().device().clone().autodiff();
    steps.begin(resumed.map_or(0, |checkpoint| checkpoint.batch))?;
    if let Some(checkpoint) = resumed {
        steps.resume(checkpoint, &device)?;
        training.step.set_score_state(&checkpoint.score_state);
        training.place.batch = checkpoint.batch;
    }
    // A callback may have stopped a run that is resumed in the middle of an epoch.
    let stops_here = training.is_stopped && training.place.batch > 0;
    let left = if stops_here { 0..0 } else { training.place.batch..usize::MAX };
    for number in left {
        let Some(batch) = steps.next(&device)? else { break };
        call_each(callbacks, |callback| callback.on_train_batch_begin(number, training))?;
        rescue::train_step(training.step, batch)?;
        training.place.batch = number + 1;
        training.place.source = steps.position();
        call_each(callbacks, |callback| callback.on_train_batch_end(number, training))?;
        // What an interruption leaves of an epoch is backed up before the hooks that report it.
        training.backs_up |= training.is_interrupted;
        back_up(training, callbacks)?;
        if training.ends() {
            break;
        }
    }
    steps.end()
}

/// Evaluates all batches: Keras's `evaluate`, and the validation in `fit`.
///
/// # Errors
///
/// The first error of a step, the source or a callback.
pub(crate) fn test(
    training: &mut Training<'_>,
    steps: &mut Steps<'_>,
    callbacks: &mut [Box<dyn Callback + '_>],
) -> Result<Scores> {
    training.batches = steps.per_epoch();
    call_each(callbacks, |callback| callback.on_test_begin(training))?;
    training.step.reset();
    steps.reset();
    steps.begin(0)?;
    let device = training.model().device().clone();
    for number in 0.. {
        let Some(batch) = steps.next(&device)? else { break };
        call_each(callbacks, |callback| callback.on_test_batch_begin(number, training))?;
        training.step.test_step(batch)?;
        call_each(callbacks, |callback| callback.on_test_batch_end(number, training))?;
        if training.is_interrupted {
            break;
        }
    }
    steps.end()?;
    let mut scores = training.scores();
    call_each(callbacks, |callback| callback.on_test_end(&mut scores, training))?;
    Ok(scores)
}
