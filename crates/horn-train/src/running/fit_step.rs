//! `fit` and `evaluate` by a custom training step, on arrays.

use horn_nn::{IntoArrays, Result};

use crate::history::{History, Scores};
use crate::running::evaluate::Evaluate;
use crate::running::fit::{Fit, Validation};
use crate::running::fit_checks::batch_size;
use crate::sources::array_source::ArraySource;
use crate::sources::data::Data;
use crate::sources::samples::Samples;
use crate::train_step::TrainStep;

/// Adds `fit` and `evaluate` to every [`TrainStep`], as Keras's models with a custom `train_step` have them.
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
        fit(self, Data::new(x, y), options)
    }

    /// Computes the scores of the step on samples `x` with targets `y`, without training.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit).
    fn evaluate<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>, options: Evaluate<'a>) -> Result<Scores>
    where
        Self: Sized,
    {
        evaluate(self, Data::new(x, y), options)
    }
}

impl<S: TrainStep> FitStep for S {}

fn fit<'a>(step: &mut dyn TrainStep, data: Data<'a>, mut options: Fit<'a>) -> Result<History> {
    step.model().check_optimizer()?;
    step.other_models().into_iter().try_for_each(|model| model.check_optimizer())?;
    let sample_weight = std::mem::take(&mut options.sample_weight);
    let samples = Samples::of_any(Data { sample_weight, ..data })?;
    let training = options.training_samples(samples.len())?;
    if let Some(class_weight) = &options.class_weight {
        samples.check_class_weight(class_weight, &samples.outputs())?;
    }
    let given = match options.take_validation()? {
        Validation::Data(data) => Some(Samples::of_any(data).map_err(|error| error.within("validation_data"))?),
        other => {
            options.validation = other;
            None
        }
    };
    let validation = options.prepared_source(step.model())?;
    if !step.model().looked_at_data {
        options.shuffle.look(training, options.batch_size_of(training));
    }
    step.model().looked_at_data = true;
    options.train_on(step, &samples, training, given.as_ref(), validation)
}

fn evaluate<'a>(step: &mut dyn TrainStep, data: Data<'a>, mut options: Evaluate<'a>) -> Result<Scores> {
    options.check()?;
    let sample_weight = std::mem::take(&mut options.sample_weight);
    let samples = Samples::of_any(Data { sample_weight, ..data })?;
    let batch_size = batch_size(options.batch_size, options.steps, samples.len());
    let mut source = ArraySource::new(&samples, 0..samples.len(), batch_size);
    options.run(step, &mut source)
}

#[cfg(test)]
mod tests {
    use horn_nn::layers::{Dense, Input};
    use horn_nn::{Error, Mode, Sequential};
    use ndarray::{Array1, Array2};

    use super::*;
    use crate::losses::{Loss, MeanSquaredError};
    use crate::metrics::MeanAbsoluteError;
    use crate::optimizers::SGD;
    use crate::{Batch, Compile, CompiledModel, Tracker, Verbose};

    /// What `compile` and `fit` do, as a step of its own.
    struct Regression {
        model: CompiledModel,
        tracker: Tracker,
        /// The batch at which it fails.
        fails_at: Option<usize>,
        batches: Vec<usize>,
    }

    impl Regression {
        fn new() -> Self {
            let layers = Sequential::new().add(Input([2])).add(Dense(3)).add(Dense(1));
            let model = layers.compile(SGD::new(0.1), MeanSquaredError::new(), [MeanAbsoluteError::new()]).unwrap();
            Self { model, tracker: Tracker::new(), fails_at: None, batches: Vec::new() }
        }

        fn loss(&mut self, batch: Batch, mode: Mode) -> Result<burn::Tensor<1>> {
            self.batches.push(batch.len);
            if self.fails_at == Some(self.batches.len()) {
                return Err(Error::data("the step had enough"));
            }
            let output = self.model.forward(batch.inputs[0].float::<2>()?, mode)?;
            let target = batch.targets[0].clone();
            let loss = MeanSquaredError::new().call(target.clone(), output.clone(), None)?;
            self.tracker.mean("loss", &loss, batch.len);
            self.tracker.metric(&MeanAbsoluteError::new(), target, output)?;
            Ok(loss)
        }
    }

    impl TrainStep for Regression {
        fn model(&mut self) -> &mut CompiledModel {
            &mut self.model
        }
        fn train_step(&mut self, batch: Batch) -> Result<()> {
            let loss = self.loss(batch, Mode::Training)?;
            self.model.minimize(loss)
        }
        fn test_step(&mut self, batch: Batch) -> Result<()> {
            self.loss(batch, Mode::Inference).map(drop)
        }
        fn scores(&self) -> Scores {
            self.tracker.scores()
        }
        fn reset(&mut self) {
            self.tracker.reset();
        }
    }

    fn data() -> (Array2<f32>, Array2<f32>) {
        let x = Array2::from_shape_fn((10, 2), |(row, column)| ((row * 2 + column) as f32 * 1.3).sin());
        let y = x.outer_iter().map(|row| row.sum()).collect::<Array1<f32>>().insert_axis(ndarray::Axis(1));
        (x, y)
    }

    fn quiet<'a>() -> Fit<'a> {
        Fit::epochs(3).batch_size(4).verbose(Verbose::Silent)
    }

    /// Order of samples, validation, uneven batches, metrics and weights are those of the compiled model's own `fit`.
    #[test]
    fn a_step_that_does_what_fit_does_has_its_history() {
        let (x, y) = data();
        let run = |own: bool| {
            horn_nn::random::set_random_seed(3);
            let mut step = Regression::new();
            let fit = quiet().validation_split(0.3).learning_rate_scheduler(|_, rate| rate * 0.9);
            let history = if own { step.fit(&x, &y, fit) } else { step.model.fit(&x, &y, fit) }.unwrap();
            (history, step.model.model().unwrap().get_weights())
        };
        assert_eq!(run(true), run(false));
    }

    #[test]
    fn evaluate_changes_nothing_and_agrees_with_that_of_the_model() {
        let (x, y) = data();
        let mut step = Regression::new();
        let before = step.model.model().unwrap().get_weights();
        let options = || Evaluate::new().batch_size(4).verbose(Verbose::Silent);
        let scores = step.evaluate(&x, &y, options()).unwrap();
        assert_eq!(step.batches, [4, 4, 2]);
        assert_eq!(scores, step.model.evaluate_with(&x, &y, options()).unwrap());
        assert_eq!(step.model.model().unwrap().get_weights(), before);
    }

    #[test]
    fn a_step_that_fails_leaves_the_model_usable() {
        let (x, y) = data();
        let mut step = Regression { fails_at: Some(2), ..Regression::new() };
        let error = step.fit(&x, &y, quiet()).unwrap_err();
        assert!(error.to_string().starts_with("the step had enough"), "{error}");
        assert!(!step.model.is_training());
        assert_eq!(step.model.iterations(), 1);
        step.model.predict(&x).unwrap();
    }

    #[test]
    fn data_that_does_not_fit_is_an_error_before_the_first_step() {
        let (x, y) = data();
        let mut bad = x.clone();
        bad[[3, 1]] = f32::NAN;
        let short = y.slice(ndarray::s![..9, ..]).to_owned();
        let mut step = Regression::new();
        for (result, place) in [
            (step.fit(&bad, &y, quiet()), "x"),
            (step.fit(&x, &short, quiet()), "y"),
            (step.fit((), &y, quiet()), "x"),
            (step.fit(&x, &y, quiet().batch_size(0)), "batch_size"),
            (step.fit(&x, &y, quiet().validation_data(&x, &short)), "validation_data: y"),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.location(), Some(place), "{error}");
        }
        assert!(step.batches.is_empty());
    }
}
