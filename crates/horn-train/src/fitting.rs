//! `fit`: from arrays or a source of batches to a history.

use std::borrow::Cow;

use horn_nn::random::permutation;
use horn_nn::{Error, IntoArrays, Result};

use crate::batch::BatchSource;
use crate::callbacks::{HistoryLogger, ProgressLogger};
use crate::fit::Fit;
use crate::history::History;
use crate::model::{CompiledModel, Network};
use crate::samples::{ArraySource, Samples};
use crate::supervised::Supervised;
use crate::train_step::TrainStep;
use crate::training_loop;

impl CompiledModel {
    /// Trains on samples `x` with targets `y`. The first axis of each array is the samples.
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
    /// A model that is shared, or not mutable, can't be trained:
    ///
    /// ```compile_fail,E0596
    /// # use horn::Sequential;
    /// # use horn::layers::{Dense, Input};
    /// # use horn::losses::MeanSquaredError;
    /// # use horn::optimizers::SGD;
    /// # use horn::{Compile, Fit};
    /// # let (x, y) = (ndarray::arr2(&[[0.0_f32], [1.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
    /// # let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// model.fit(&x, &y, Fit::epochs(2))?;
    /// # Ok::<(), horn::Error>(())
    /// ```
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
        let samples = Samples::new(x.into_arrays(), y.into_arrays())?;
        let training = options.training_samples(samples.len())?;
        let given = options.validation_samples()?;
        let model = self.built_for(&samples.input_shape())?;
        let losses = self.objective.losses_of(&model)?;
        samples.check(&model, &losses)?;
        if let Some(given) = &given {
            given.check(&model, &losses).map_err(|error| error.at("validation_data"))?;
        }
        self.objective.metrics_of(&model)?;
        if let Cow::Owned(model) = model {
            self.network = Network::Built(model);
        }

        if options.shuffle && !self.looked_at_data {
            permutation(training);
        }
        self.looked_at_data = true;

        let mut source = ArraySource::new(&samples, 0..training, options.batch_size, &losses).shuffle(options.shuffle);
        let (held_out, range) = match &given {
            Some(given) => (given, 0..given.len()),
            None => (&samples, training..samples.len()),
        };
        let validation_batch = options.validation_batch_size.unwrap_or(options.batch_size);
        let mut validation = ArraySource::new(held_out, range, validation_batch, &losses);
        let validation = validation.len().is_some_and(|batches| batches > 0).then_some(&mut validation as _);
        options.train(&mut Supervised::new(self)?, &mut source, validation)
    }

    /// Trains on a source of batches. The source decides on the size and the order of the batches, not the options
    /// `batch_size` and `shuffle`.
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

impl Fit<'_> {
    /// Trains by a custom step: Keras's `fit` of a model with a custom `train_step`.
    ///
    /// [`TrainStep`] has an example.
    ///
    /// # Errors
    ///
    /// If an option is invalid, including `validation_split`, since a source can't be split; and the first error of the
    /// step, the source or a callback.
    pub fn run(mut self, step: &mut dyn TrainStep, source: &mut dyn BatchSource) -> Result<History> {
        if let Some(split) = self.validation_split {
            return Err(Error::argument("a source of batches can't be split")
                .at("validation_split")
                .received(split)
                .expected("arrays, or no split")
                .hint("give `validation_data`"));
        }
        self.check()?;
        step.model().check_optimizer()?;
        step.other_models().into_iter().try_for_each(|model| model.check_optimizer())?;
        let Some(given) = self.validation_samples()? else { return self.train(step, source, None) };
        let model = step.model();
        let losses = model.objective.losses_of(model.model()?)?;
        given.check(model.model()?, &losses).map_err(|error| error.at("validation_data"))?;
        let batch_size = self.validation_batch_size.unwrap_or(self.batch_size);
        let mut validation = ArraySource::new(&given, 0..given.len(), batch_size, &losses);
        self.train(step, source, Some(&mut validation))
    }

    /// Runs the training, once all is checked. As in Keras, progress line and history come after the user's callbacks.
    pub(crate) fn train(
        &mut self,
        step: &mut dyn TrainStep,
        source: &mut dyn BatchSource,
        validation: Option<&mut dyn BatchSource>,
    ) -> Result<History> {
        let mut callbacks = std::mem::take(&mut self.callbacks);
        callbacks.push(Box::new(ProgressLogger::new(self.verbose)));
        callbacks.push(Box::new(HistoryLogger));
        training_loop::fit(step, source, validation, &mut callbacks, self.initial_epoch..self.epochs)
    }
}
