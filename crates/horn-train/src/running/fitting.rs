//! `fit`: from arrays or a source of batches to a history.

use std::borrow::Cow;

use horn_nn::{Error, IntoArrays, Model, Result};

use crate::callbacks::{HistoryLogger, NanWarning, add_progress};
use crate::compiling::model::{CompiledModel, Network};
use crate::compiling::objective::OutputObjective;
use crate::history::History;
use crate::running::fit::{Fit, Validation};
use crate::running::fit_checks::check_no_weights;
use crate::running::supervised::Supervised;
use crate::running::training_loop::{self, Plan};
use crate::sources::array_source::ArraySource;
use crate::sources::data::Data;
use crate::sources::run::Run;
use crate::sources::samples::Samples;
use crate::sources::shuffle::Shuffle;
use crate::sources::source::BatchSource;
use crate::train_step::TrainStep;

impl CompiledModel {
    /// Trains on samples `x` with targets `y`. The first axis of each array is the samples. Several inputs or outputs have
    /// an array each, in the order of the model or by their names: `[("title", &titles), ("body", &bodies)]`. A model
    /// without a loss, which learns by what its layers add, takes `()` for `y`.
    ///
    /// Each epoch goes over all samples, in a new order unless the options say otherwise. After each batch the
    /// optimizer updates the weights. Another call of `fit` continues the training.
    ///
    /// Timesteps that the model masks do not count in losses. In validation they do not count in metrics that are means
    /// either; while training they do, as in Keras on JAX.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::SGD;
    /// use horn::{Compile, Fit, Verbose};
    ///
    /// let (x, y) = (ndarray::arr2(&[[0.0_f32], [1.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
    /// let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let history = model.fit(&x, &y, Fit::epochs(2).verbose(Verbose::Silent))?;
    /// assert!(history["loss"][1] < history["loss"][0]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// A model that is shared, or not mutable, can't be trained.
    ///
    /// # Errors
    ///
    /// If an option is invalid, or the data does not fit: empty, of different lengths, of shapes that the model does
    /// not take, with values that are not finite or labels that are not valid classes; and if Horn lacks
    /// [the optimizer](Self::missing_optimizer) of the model's file. The model is then unchanged.
    ///
    /// Errors of callbacks are returned, too. The model then keeps the weights of the last complete step.
    pub fn fit<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>, mut options: Fit<'a>) -> Result<History> {
        self.check_optimizer()?;
        let sample_weight = std::mem::take(&mut options.sample_weight);
        let data = Data { sample_weight, ..Data::new(x, y) };
        data.check_lengths()?;
        let training = options.training_samples(data.len())?;
        let model = self.built_for(&data.x[0].shape().of_any_batch())?;
        let outputs = self.objective.outputs_of(&model)?;
        let samples = checked(data, &model, &outputs)?;
        if let Some(class_weight) = &options.class_weight {
            samples.check_class_weight(class_weight, &outputs)?;
        }
        let given = match options.take_validation()? {
            Validation::Data(data) => {
                Some(checked(data, &model, &outputs).map_err(|error| error.within("validation_data"))?)
            }
            Validation::Source(source) => {
                options.validation = Validation::Source(source);
                None
            }
            Validation::None => None,
        };
        let waited = matches!(model, Cow::Owned(_));
        if let Cow::Owned(model) = model {
            self.network = Network::Built(model);
        }
        let validation = options.prepared_source(self)?;

        if self.looks_at_data() || waited && !self.looked_at_data {
            options.shuffle.look(training, options.batch_size_of(training));
        }
        self.looked_at_data = true;

        options.train_on(&mut Supervised::new(self)?, &samples, training, given.as_ref(), validation)
    }

    /// Trains on a source of batches: a [`PyDatasetSource`](crate::PyDatasetSource), the [`Batches`](crate::Batches) of an
    /// iterator, or a custom [`BatchSource`]. The source decides on the size of the batches, and on what `shuffle` and
    /// `class_weight` mean; it gives the weights of samples with its batches.
    ///
    /// [`BatchSource`] has an example.
    ///
    /// # Errors
    ///
    /// If an option is invalid, the model waits for data to be built, or a batch does not fit the model; and the errors
    /// of the source and of callbacks. The model then keeps the weights of the last complete step.
    pub fn fit_source(&mut self, source: &mut dyn BatchSource, options: Fit<'_>) -> Result<History> {
        options.run(&mut Supervised::new(self)?, source)
    }
}

/// The data in the order of the model, checked against it.
pub(crate) fn checked<'a>(data: Data<'a>, model: &Model, outputs: &[OutputObjective]) -> Result<Samples<'a>> {
    let samples = Samples::new(data, &model.names_of_inputs(), outputs)?;
    model.check_inputs(&samples.input_shapes()).map_err(|error| error.at("x"))?;
    samples.check()?;
    Ok(samples)
}

impl<'a> Fit<'a> {
    /// Trains by a custom step: Keras's `fit` of a model with a custom `train_step`.
    ///
    /// [`TrainStep`] has an example.
    ///
    /// # Errors
    ///
    /// If an option is invalid, including `validation_split`, since a source can't be split; and the first error of the
    /// step, the source or a callback.
    pub fn run(mut self, step: &mut dyn TrainStep, source: &mut dyn BatchSource) -> Result<History> {
        if let Some(split) = self.split() {
            return Err(Error::argument("a source of batches can't be split")
                .at("validation_split")
                .received(split)
                .expected("arrays, or no split")
                .hint("give `validation_data`"));
        }
        check_no_weights(&self.sample_weight)?;
        self.check()?;
        step.model().check_optimizer()?;
        step.other_models().into_iter().try_for_each(|model| model.check_optimizer())?;
        let model = step.model();
        let first = model.looks_at_data();
        let run = Run::of(model)?.training(self.shuffle != Shuffle::No, self.class_weight.take(), first);
        source.prepare(&run)?;
        match self.take_validation()? {
            Validation::None => {
                step.model().looked_at_data = true;
                self.train(step, source, None)
            }
            Validation::Source(validation) => {
                self.validation = Validation::Source(validation);
                let mut validation = self.prepared_source(model)?;
                step.model().looked_at_data = true;
                self.train(step, source, validation.as_mut().map(|source| &mut **source as _))
            }
            Validation::Data(data) => {
                let given =
                    checked(data, model.model()?, run.outputs()).map_err(|error| error.within("validation_data"))?;
                let batch_size = self.validation_batch_size_of(given.len());
                let mut validation = ArraySource::new(&given, 0..given.len(), batch_size);
                step.model().looked_at_data = true;
                self.train(step, source, Some(&mut validation))
            }
        }
    }

    /// Trains on the first samples, and validates on those that are given, on a source, or on the last samples.
    pub(crate) fn train_on(
        mut self,
        step: &mut dyn TrainStep,
        samples: &Samples<'_>,
        training: usize,
        given: Option<&Samples<'_>>,
        mut validation: Option<Box<dyn BatchSource + 'a>>,
    ) -> Result<History> {
        let class_weight = self.class_weight.take();
        let mut source = ArraySource::new(samples, 0..training, self.batch_size_of(training))
            .shuffle(self.shuffle)
            .class_weight(class_weight.as_ref());
        let (held_out, range) = match given {
            Some(given) => (given, 0..given.len()),
            None => (samples, training..samples.len()),
        };
        let batch_size = self.validation_batch_size_of(range.len());
        let mut held_out = (!range.is_empty()).then(|| ArraySource::new(held_out, range, batch_size));
        let validation = match (&mut held_out, &mut validation) {
            (Some(arrays), _) => Some(arrays as &mut dyn BatchSource),
            (None, Some(source)) => Some(&mut **source as &mut dyn BatchSource),
            (None, None) => None,
        };
        self.train(step, &mut source, validation)
    }

    /// The source of the validation, if there is one, prepared for this model.
    pub(crate) fn prepared_source(&mut self, model: &CompiledModel) -> Result<Option<Box<dyn BatchSource + 'a>>> {
        match std::mem::take(&mut self.validation) {
            Validation::Source(mut source) => {
                source.prepare(&Run::of(model)?)?;
                Ok(Some(source))
            }
            _ => Ok(None),
        }
    }

    /// Runs the training, once all is checked. As in Keras, progress line and history come after the user's callbacks.
    pub(crate) fn train(
        &mut self,
        step: &mut dyn TrainStep,
        source: &mut dyn BatchSource,
        validation: Option<&mut dyn BatchSource>,
    ) -> Result<History> {
        let mut callbacks = std::mem::take(&mut self.callbacks);
        add_progress(&mut callbacks, self.verbose);
        callbacks.push(Box::new(HistoryLogger));
        callbacks.push(Box::new(NanWarning::default()));
        let plan = Plan {
            epochs: self.initial_epoch..self.epochs,
            steps_per_epoch: self.steps_per_epoch,
            validation_steps: self.validation_steps,
            validation_freq: std::mem::take(&mut self.validation_freq),
        };
        training_loop::fit(step, source, validation, &mut callbacks, plan)
    }
}
