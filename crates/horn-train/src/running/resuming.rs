//! Backups of a run, and how another process resumes it.

use horn_nn::random::RandomState;
use horn_nn::{Error, Result};

use crate::callbacks::{Callback, Checkpoint, SourcePosition, Training, call_each};
use crate::history::Scores;

/// Hands the place that the run has reached to the callbacks, if one of them asked for a backup.
///
/// # Errors
///
/// The first error of a callback.
pub(crate) fn back_up(training: &mut Training<'_>, callbacks: &mut [Box<dyn Callback + '_>]) -> Result<()> {
    if !std::mem::take(&mut training.backs_up) {
        return Ok(());
    }
    let is_midway = training.place.batch > 0;
    let (random, scores, score_state) = match training.place.validated.take() {
        // The scores of all batches of the epoch, which the step has lost in the validation.
        Some((random, scores)) => (random, scores, Vec::new()),
        None if is_midway => (RandomState::now(), training.scores(), training.step.score_state()),
        None => (RandomState::now(), Scores::default(), Vec::new()),
    };
    let SourcePosition { order, yielded } =
        training.place.source.clone().unwrap_or(SourcePosition { order: random.clone(), yielded: 0 });
    let checkpoint = Checkpoint {
        epoch: training.place.epoch,
        batch: training.place.batch,
        is_stopped: training.is_stopped,
        order,
        yielded,
        random,
        scores,
        score_state,
        callbacks: callbacks.iter().map(|callback| callback.state()).collect(),
    };
    // A backup has the weights in their own places, whatever the callbacks see.
    let used_averages = training.use_averages(false);
    call_each(callbacks, |callback| callback.on_back_up(&checkpoint, training))?;
    training.use_averages(used_averages);
    Ok(())
}

/// Puts the run where a callback said that it resumes; `None` if no one did.
///
/// # Errors
///
/// If the checkpoint is of a run with other callbacks, or a callback does not take its state.
pub(crate) fn resume(
    training: &mut Training<'_>,
    callbacks: &mut [Box<dyn Callback + '_>],
) -> Result<Option<Checkpoint>> {
    let Some(checkpoint) = training.resumes_at.take() else { return Ok(None) };
    if checkpoint.callbacks.len() != callbacks.len() {
        return Err(Error::argument("the backup is of a run with other callbacks")
            .at("callbacks")
            .received(format!("{} callbacks, with the progress line and the history", callbacks.len()))
            .expected(format!("{}, as in the run that was interrupted", checkpoint.callbacks.len()))
            .hint("pass the same callbacks in the same order, or delete the backup"));
    }
    for (callback, state) in callbacks.iter_mut().zip(&checkpoint.callbacks) {
        callback.set_state(state)?;
    }
    training.is_stopped = checkpoint.is_stopped;
    checkpoint.random.restore();
    Ok(Some(checkpoint))
}
