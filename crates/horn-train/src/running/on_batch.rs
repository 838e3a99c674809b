//! `train_on_batch` and `test_on_batch`: one step on one batch.

use std::borrow::Cow;
use std::fmt;

use horn_nn::{HostArray, IntoArrays, Result};

use crate::callbacks::Training;
use crate::compiling::model::{CompiledModel, Network};
use crate::history::Scores;
use crate::running::fitting::checked;
use crate::running::rescue;
use crate::running::supervised::Supervised;
use crate::sources::class_weight::ClassWeight;
use crate::sources::data::Data;

/// The options of `train_on_batch` and `test_on_batch`, with Keras's names and defaults.
///
/// ```
/// use horn::OnBatch;
///
/// let weights = [1.0_f32, 0.5];
/// let options = OnBatch::new().sample_weight(&weights);
/// ```
#[derive(Default)]
pub struct OnBatch<'a> {
    sample_weight: Vec<HostArray<'a>>,
    class_weight: Option<ClassWeight>,
}

impl<'a> OnBatch<'a> {
    /// All samples count once.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much each sample counts, as [`Fit::sample_weight`](crate::Fit::sample_weight).
    #[must_use]
    pub fn sample_weight(mut self, sample_weight: impl IntoArrays<'a>) -> Self {
        self.sample_weight = sample_weight.into_arrays();
        self
    }

    /// How much the samples of each class count, as [`Fit::class_weight`](crate::Fit::class_weight). `test_on_batch` takes
    /// them, too, which Keras's does not.
    #[must_use]
    pub fn class_weight(mut self, class_weight: impl Into<ClassWeight>) -> Self {
        self.class_weight = Some(class_weight.into());
        self
    }
}

impl fmt::Debug for OnBatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnBatch").field("class_weight", &self.class_weight).finish_non_exhaustive()
    }
}

impl CompiledModel {
    /// Trains on a single batch, without callbacks. Returns the loss and the metrics of this batch, before the step.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::SGD;
    /// use horn::Compile;
    ///
    /// let (x, y) = (ndarray::arr2(&[[0.0_f32], [1.0]]), ndarray::arr2(&[[1.0_f32], [3.0]]));
    /// let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let first = model.train_on_batch(&x, &y)?.loss();
    /// assert!(model.train_on_batch(&x, &y)?.loss() < first);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the batch does not fit the model, as with [`fit`](Self::fit).
    pub fn train_on_batch<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>) -> Result<Scores> {
        self.train_on_batch_with(x, y, OnBatch::new())
    }

    /// Trains like [`train_on_batch`](Self::train_on_batch), with weights of the samples or of the classes.
    ///
    /// # Errors
    ///
    /// As [`train_on_batch`](Self::train_on_batch), and if the weights do not fit the batch.
    pub fn train_on_batch_with<'a>(
        &mut self,
        x: impl IntoArrays<'a>,
        y: impl IntoArrays<'a>,
        options: OnBatch<'a>,
    ) -> Result<Scores> {
        self.check_optimizer()?;
        self.on_batch(Data::new(x, y), options, true)
    }

    /// Computes the loss and the metrics of a single batch, without callbacks.
    ///
    /// # Errors
    ///
    /// If the batch does not fit the model, as with [`fit`](Self::fit).
    pub fn test_on_batch<'a>(&mut self, x: impl IntoArrays<'a>, y: impl IntoArrays<'a>) -> Result<Scores> {
        self.test_on_batch_with(x, y, OnBatch::new())
    }

    /// Evaluates like [`test_on_batch`](Self::test_on_batch), with weights of the samples.
    ///
    /// # Errors
    ///
    /// As [`test_on_batch`](Self::test_on_batch), and if the weights do not fit the batch.
    pub fn test_on_batch_with<'a>(
        &mut self,
        x: impl IntoArrays<'a>,
        y: impl IntoArrays<'a>,
        options: OnBatch<'a>,
    ) -> Result<Scores> {
        self.on_batch(Data::new(x, y), options, false)
    }

    fn on_batch(&mut self, data: Data<'_>, options: OnBatch<'_>, trains: bool) -> Result<Scores> {
        let data = Data { sample_weight: options.sample_weight, ..data };
        data.check_lengths()?;
        let model = self.built_for(&data.x[0].shape().of_any_batch())?;
        let outputs = self.objective.outputs_of(&model)?;
        let samples = checked(data, &model, &outputs)?;
        if let Some(class_weight) = &options.class_weight {
            samples.check_class_weight(class_weight, &outputs)?;
        }
        if let Cow::Owned(model) = model {
            self.network = Network::Built(model);
        }
        self.looked_at_data = true;
        let device = if trains { self.device().clone().autodiff() } else { self.device().clone() };
        let all: Vec<usize> = (0..samples.len()).collect();
        let batch = samples.batch(&all, options.class_weight.as_ref(), &device)?;
        let mut step = Supervised::new(self)?;
        // Leaves the model ready for inference, even after an error.
        let run = Training::new(&mut step, 0, None);
        match trains {
            true => rescue::train_step(run.step, batch)?,
            false => run.step.test_step(batch)?,
        }
        Ok(run.scores())
    }
}

#[cfg(test)]
mod tests {
    use horn_nn::{Error, Sequential};

    use super::*;
    use crate::losses::MeanSquaredError;
    use crate::metrics::MeanAbsoluteError;
    use crate::optimizers::SGD;
    use crate::{Compile, Evaluate, Fit, Verbose};
    use horn_nn::initializers::Constant;
    use horn_nn::layers::{Dense, Input};

    fn model() -> CompiledModel {
        let layer = Dense(1).use_bias(false).kernel_initializer(Constant::new(2.0));
        let model = Sequential::new().add(Input([1])).add(layer);
        let model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
        model.weighted_metrics([MeanAbsoluteError::new()]).unwrap()
    }

    fn column(values: &[f32]) -> HostArray<'static> {
        HostArray::new(values.to_vec(), [values.len(), 1]).unwrap()
    }

    #[test]
    fn a_step_is_that_of_fit_and_reports_the_batch() {
        let (x, y, weights) = (column(&[1.0, 2.0]), column(&[1.0, 2.0]), [1.0_f32, 3.0]);
        let (mut one, mut whole) = (model(), model());
        let scores = one.train_on_batch_with(&x, &y, OnBatch::new().sample_weight(&weights)).unwrap();
        // Errors of 1 and 2: (1 · 1 + 3 · 4) / 2 and (1 · 1 + 3 · 2) / 4.
        assert_eq!(scores, Scores::new([("loss", 6.5), ("mean_absolute_error", 1.75)]));
        let options = Fit::epochs(1).sample_weight(&weights).verbose(Verbose::Silent);
        let history = whole.fit(&x, &y, options).unwrap();
        assert_eq!(history["loss"], [6.5]);
        let weight = |model: &CompiledModel| model.model().unwrap().get_weights();
        assert_eq!(weight(&one), weight(&whole));
        assert!(!one.is_training());

        // The next batch does not know the scores of the one before.
        let scores = one.test_on_batch_with(&x, &y, OnBatch::new().sample_weight(&weights)).unwrap();
        let options = Evaluate::new().sample_weight(&weights).verbose(Verbose::Silent);
        assert_eq!(scores, one.evaluate_with(&x, &y, options).unwrap());
        assert_eq!(one.predict_on_batch(&x).unwrap(), one.predict(&x).unwrap());
    }

    #[test]
    fn a_batch_that_does_not_fit_changes_nothing() {
        let mut model = model();
        let before = model.model().unwrap().get_weights();
        let (x, y) = (column(&[1.0, 2.0]), column(&[1.0]));
        assert!(model.train_on_batch(&x, &y).is_err_and(|error| error.is_data()));
        let weights = [f32::NAN, 1.0];
        let error = model.train_on_batch_with(&x, &x, OnBatch::new().sample_weight(&weights)).unwrap_err();
        assert_eq!(error.location(), Some("sample_weight"));
        let both = OnBatch::new().sample_weight(&[1.0_f32, 1.0]).class_weight([(0, 2.0)]);
        let error: Error = model.train_on_batch_with(&x, &x, both).unwrap_err();
        assert_eq!(error.location(), Some("class_weight"));
        assert_eq!(model.model().unwrap().get_weights(), before);
    }
}
