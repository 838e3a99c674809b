//! `evaluate`: the loss and the metrics on some data.

use std::borrow::Cow;

use horn_nn::{IntoArrays, Result};

use crate::callbacks::{Callbacks, Training, add_progress};
use crate::compiling::model::{CompiledModel, Network};
use crate::history::Scores;
use crate::running::evaluate::Evaluate;
use crate::running::fit_checks::{batch_size, check_no_weights};
use crate::running::fitting::checked;
use crate::running::steps::Steps;
use crate::running::supervised::Supervised;
use crate::running::training_loop;
use crate::sources::array_source::ArraySource;
use crate::sources::data::Data;
use crate::sources::run::Run;
use crate::sources::source::BatchSource;
use crate::train_step::TrainStep;

impl CompiledModel {
    /// Computes the loss and the metrics on samples `x` with targets `y`, in batches of 32. Timesteps that the model masks
    /// do not count in losses, nor in metrics that are means.
    ///
    /// # Errors
    ///
    /// If the data does not fit the model, as with [`fit`](Self::fit).
    pub fn evaluate<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>) -> Result<Scores> {
        self.evaluate_with(x, y, Evaluate::new())
    }

    /// Evaluates like [`evaluate`](Self::evaluate), with options.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::SGD;
    /// use horn::{Compile, Evaluate, Verbose};
    ///
    /// let (x, y) = (ndarray::arr2(&[[0.0_f32], [0.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
    /// let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let scores = model.evaluate_with(&x, &y, Evaluate::new().batch_size(1).verbose(Verbose::Silent))?;
    /// assert_eq!(scores.loss(), 5.0);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate), and if the batch size is 0 or a callback fails.
    pub fn evaluate_with<'a>(
        &mut self,
        x: impl IntoArrays<'a>,
        y: impl IntoArrays<'a>,
        mut options: Evaluate<'a>,
    ) -> Result<Scores> {
        let sample_weight = std::mem::take(&mut options.sample_weight);
        let data = Data { sample_weight, ..Data::new(x, y) };
        data.check_lengths()?;
        options.check()?;
        let model = self.built_for(&data.x[0].shape().of_any_batch())?;
        let outputs = self.objective.outputs_of(&model)?;
        let samples = checked(data, &model, &outputs)?;
        if let Cow::Owned(model) = model {
            self.network = Network::Built(model);
        }
        let batch_size = batch_size(options.batch_size, options.steps, samples.len());
        self.test(&mut ArraySource::new(&samples, 0..samples.len(), batch_size), options)
    }

    /// Evaluates on the batches of a source, which gives the weights of samples with its batches.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::SGD;
    /// use horn::{Batches, Compile, Data, Evaluate, Verbose};
    ///
    /// let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let batch = || Data::new(&ndarray::arr2(&[[0.0_f32]]), &ndarray::arr2(&[[2.0_f32]])).into_owned();
    /// let mut source = Batches::new([batch(), batch()]);
    /// let scores = model.evaluate_source(&mut source, Evaluate::new().verbose(Verbose::Silent))?;
    /// assert_eq!(scores.loss(), 4.0);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an option is invalid, the model waits for data to be built, or a batch does not fit the model; and the errors
    /// of the source and of callbacks.
    pub fn evaluate_source(&mut self, source: &mut dyn BatchSource, options: Evaluate<'_>) -> Result<Scores> {
        options.check()?;
        check_no_weights(&options.sample_weight)?;
        source.prepare(&Run::of(self)?)?;
        self.test(source, options)
    }

    /// Evaluates on the batches of a source, once all is checked.
    fn test(&mut self, source: &mut dyn BatchSource, options: Evaluate<'_>) -> Result<Scores> {
        self.looked_at_data = true;
        options.run(&mut Supervised::new(self)?, source)
    }
}

impl Evaluate<'_> {
    /// Evaluates by a step, once all is checked.
    pub(crate) fn run(self, step: &mut dyn TrainStep, source: &mut dyn BatchSource) -> Result<Scores> {
        let mut callbacks: Callbacks<'_> = self.callbacks;
        add_progress(&mut callbacks, self.verbose);
        let mut training = Training::new(step, 0, None);
        let mut steps = Steps::new(source, self.steps);
        let scores = training_loop::test(&mut training, &mut steps, &mut callbacks)?;
        if steps.is_exhausted() { Err(training_loop::no_batches()) } else { Ok(scores) }
    }
}
