//! `predict`: the model's outputs for some samples.

use horn_nn::{HostArray, IntoArrays, Result};
use ndarray::{ArrayD, Axis};

use crate::callbacks::call_each;
use crate::model::CompiledModel;
use crate::predict::Predict;

impl CompiledModel {
    /// Computes the model's outputs for samples `x`, in batches of 32.
    ///
    /// # Errors
    ///
    /// If the samples do not fit the model, or the model waits for data to be built.
    pub fn predict<'a>(&self, x: impl IntoArrays<'a>) -> Result<ArrayD<f32>> {
        self.predict_with(x, Predict::new())
    }

    /// Predicts like [`predict`](Self::predict), with options.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::SGD;
    /// use horn::{Compile, Predict};
    ///
    /// let model = Sequential::new().add(Input([2])).add(Dense(3));
    /// let model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let x = ndarray::Array2::<f32>::zeros((100, 2));
    /// assert_eq!(model.predict_with(&x, Predict::new().batch_size(50))?.shape(), [100, 3]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`predict`](Self::predict), and if the batch size is 0 or a callback fails.
    pub fn predict_with<'a>(&self, x: impl IntoArrays<'a>, options: Predict<'_>) -> Result<ArrayD<f32>> {
        let model = self.at_rest()?;
        // For several outputs, the model's own `predict` fails with a hint how to get them all.
        if options.callbacks.is_empty() || model.output_names().len() > 1 {
            return model.predict(x, options.batch_size);
        }
        self.predict_all(x, options).map(|mut outputs| outputs.remove(0))
    }

    /// Computes all outputs of a model with several outputs.
    ///
    /// # Errors
    ///
    /// As [`predict_with`](Self::predict_with).
    pub fn predict_all<'a>(&self, x: impl IntoArrays<'a>, options: Predict<'_>) -> Result<Vec<ArrayD<f32>>> {
        let model = self.at_rest()?;
        let x = x.into_arrays();
        let Predict { batch_size, mut callbacks } = options;
        let samples = x.first().map_or(0, HostArray::len);
        let is_regular = batch_size > 0 && samples > 0 && x.iter().all(|x| x.len() == samples);
        // Data that can't be divided into batches is empty or an error. The model itself handles both.
        if callbacks.is_empty() || !is_regular {
            return model.predict_all(x, batch_size);
        }
        call_each(&mut callbacks, |callback| callback.on_predict_begin(self))?;
        let mut parts: Vec<Vec<ArrayD<f32>>> = vec![Vec::new(); model.output_names().len()];
        let all: Vec<usize> = (0..samples).collect();
        for (number, at) in all.chunks(batch_size).enumerate() {
            call_each(&mut callbacks, |callback| callback.on_predict_batch_begin(number, self))?;
            let batch: Vec<_> = x.iter().map(|x| x.samples(at)).collect();
            for (parts, output) in parts.iter_mut().zip(model.predict_all(batch, batch_size)?) {
                parts.push(output);
            }
            call_each(&mut callbacks, |callback| callback.on_predict_batch_end(number, self))?;
        }
        call_each(&mut callbacks, |callback| callback.on_predict_end(self))?;
        let whole = |parts: Vec<ArrayD<f32>>| {
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            ndarray::concatenate(Axis(0), &views).expect("all batches of an output have its shape")
        };
        Ok(parts.into_iter().map(whole).collect())
    }
}
