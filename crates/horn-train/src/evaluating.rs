//! `evaluate`: the loss and the metrics on some data.

use std::borrow::Cow;

use horn_nn::{IntoArrays, Result};

use crate::callbacks::{ProgbarLogger, Training};
use crate::evaluate::Evaluate;
use crate::history::Scores;
use crate::model::{CompiledModel, Network};
use crate::samples::{ArraySource, Samples};
use crate::supervised::Supervised;
use crate::training_loop;

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
        options: Evaluate<'_>,
    ) -> Result<Scores> {
        let samples = Samples::new(x.into_arrays(), y.into_arrays())?;
        if options.batch_size == 0 {
            return Err(horn_nn::zero_batch_size());
        }
        let model = self.built_for(&samples.input_shape())?;
        let losses = self.objective.losses_of(&model)?;
        samples.check(&model, &losses)?;
        self.objective.metrics_of(&model)?;
        if let Cow::Owned(model) = model {
            self.network = Network::Built(model);
        }
        self.looked_at_data = true;

        let mut callbacks = options.callbacks;
        callbacks.push(Box::new(ProgbarLogger::new(options.verbose)));
        let mut source = ArraySource::new(&samples, 0..samples.len(), options.batch_size, &losses);
        let mut step = Supervised::new(self)?;
        training_loop::test(&mut Training::new(&mut step, 0, None), &mut source, &mut callbacks)
    }
}
