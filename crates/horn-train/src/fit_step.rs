//! `fit` and `evaluate` by a training step of one's own, on arrays.

use horn_nn::random::permutation;
use horn_nn::{Error, HostArray, IntoArrays, Result};

use crate::callbacks::{ProgressLogger, Training};
use crate::evaluate::Evaluate;
use crate::fit::Fit;
use crate::history::{History, Scores};
use crate::losses::TargetKind;
use crate::samples::{ArraySource, Samples};
use crate::train_step::TrainStep;
use crate::training_loop;

/// Adds `fit` and `evaluate` to every [`TrainStep`], as Keras's models with a `train_step` of their own have them.
pub trait FitStep: TrainStep {
    /// Trains on samples `x` with targets `y`, with all options of `fit`. A step without targets has `()` for `y`.
    ///
    /// Unlike [`CompiledModel::fit`](crate::CompiledModel::fit), it does not know what the step does with the data, and
    /// only checks that there is as much of each, and that all numbers are finite. Targets of whole numbers are integers in
    /// the batches, all others floats. [`TrainStep`] has an example.
    ///
    /// # Errors
    ///
    /// If an option is invalid, the arrays are empty or of different lengths, or a number is not finite; and the first error
    /// of the step or of a callback.
    fn fit<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>, options: Fit<'a>) -> Result<History>
    where
        Self: Sized,
    {
        fit(self, x.into_arrays(), y.into_arrays(), options)
    }

    /// Computes the scores of the step on samples `x` with targets `y`, without training.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit).
    fn evaluate<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>, options: Evaluate<'_>) -> Result<Scores>
    where
        Self: Sized,
    {
        evaluate(self, x.into_arrays(), y.into_arrays(), options)
    }
}

impl<S: TrainStep> FitStep for S {}

fn fit<'a>(
    step: &mut dyn TrainStep,
    x: Vec<HostArray<'a>>,
    y: Vec<HostArray<'a>>,
    mut options: Fit<'a>,
) -> Result<History> {
    let all_models = |step: &mut dyn TrainStep| -> Result<()> {
        step.model().check_optimizer()?;
        step.other_models().into_iter().try_for_each(|model| model.check_optimizer())
    };
    all_models(step)?;
    let kinds = kinds(&y);
    check_finite(&x, "x")?;
    check_finite(&y, "y")?;
    let samples = Samples::new(x, y)?;
    let training = options.training_samples(samples.len())?;
    let given = options.validation_samples()?;
    if options.shuffle && !step.model().looked_at_data {
        permutation(training);
    }
    step.model().looked_at_data = true;

    let mut source =
        ArraySource::of_kinds(&samples, 0..training, options.batch_size, kinds.clone()).shuffle(options.shuffle);
    let (held_out, range) = match &given {
        Some(given) => (given, 0..given.len()),
        None => (&samples, training..samples.len()),
    };
    let validation_batch = options.validation_batch_size.unwrap_or(options.batch_size);
    let has_validation = !range.is_empty();
    let mut validation = ArraySource::of_kinds(held_out, range, validation_batch, kinds);
    options.train(step, &mut source, has_validation.then_some(&mut validation as _))
}

fn evaluate(
    step: &mut dyn TrainStep,
    x: Vec<HostArray<'_>>,
    y: Vec<HostArray<'_>>,
    options: Evaluate<'_>,
) -> Result<Scores> {
    if options.batch_size == 0 {
        return Err(horn_nn::zero_batch_size());
    }
    check_finite(&x, "x")?;
    check_finite(&y, "y")?;
    let kinds = kinds(&y);
    let samples = Samples::new(x, y)?;
    let mut source = ArraySource::of_kinds(&samples, 0..samples.len(), options.batch_size, kinds);
    let mut callbacks = options.callbacks;
    callbacks.push(Box::new(ProgressLogger::new(options.verbose)));
    training_loop::test(&mut Training::new(step, 0, None), &mut source, &mut callbacks)
}

/// Whole numbers are class numbers.
fn kinds(y: &[HostArray<'_>]) -> Vec<TargetKind> {
    let kind = |y: &HostArray<'_>| if y.is_integer() { TargetKind::Classes } else { TargetKind::Dense };
    y.iter().map(kind).collect()
}

fn check_finite(arrays: &[HostArray<'_>], argument: &str) -> Result<()> {
    for (at, array) in arrays.iter().enumerate() {
        if let Some((position, value)) = array.first_not_finite() {
            return Err(Error::data("the data holds a value that is not finite")
                .at(format!("{argument}[{at}]"))
                .received(format!("{value} at position {position}"))
                .expected("finite numbers")
                .hint("remove or replace such values before training"));
        }
    }
    Ok(())
}
