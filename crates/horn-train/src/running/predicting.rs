//! `predict`: the model's outputs for some samples.

use std::borrow::Cow;
use std::time::Instant;

use horn_nn::memory::check_all_outputs;
use horn_nn::{
    AnyTensor, CallContext, Error, HostArray, IntoArrays, Mode, Model, Predictor, Result, by_rank, inputs_in_order,
};
use ndarray::{ArrayD, Axis};

use crate::callbacks::{Prediction, call_each};
use crate::compiling::model::CompiledModel;
use crate::progress::{Progress, Verbose};
use crate::running::fit_checks::batch_size;
use crate::running::predict::Predict;
use crate::running::steps::Steps;
use crate::running::training_loop::no_batches;
use crate::sources::run::Run;
use crate::sources::source::BatchSource;

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
        let outputs = self.model()?.output_names().len();
        // For several outputs, the model's own `predict` fails with a hint how to get them all.
        if outputs > 1 {
            return self.at_rest()?.predict(x, 1);
        }
        self.predict_all(x, options).map(|mut outputs| outputs.remove(0))
    }

    /// Computes all outputs of a model with several outputs.
    ///
    /// # Errors
    ///
    /// As [`predict_with`](Self::predict_with).
    pub fn predict_all<'a>(&self, x: impl IntoArrays<'a>, options: Predict<'_>) -> Result<Vec<ArrayD<f32>>> {
        options.check()?;
        let model = self.at_rest()?;
        let x = inputs_in_order(x.into_arrays(), &model.names_of_inputs())?;
        let samples = x.first().map_or(0, HostArray::len);
        let batch_size = batch_size(options.batch_size, options.steps, samples);
        let is_regular = samples > 0 && x.iter().all(|x| x.len() == samples);
        let is_plain = options.callbacks.is_empty() && options.steps.is_none() && options.verbose == Verbose::Silent;
        // Data that can't be divided into batches is empty or an error. The model itself handles both.
        if is_plain || !is_regular {
            return model.predict_all(x, batch_size);
        }
        let all: Vec<usize> = (0..samples).collect();
        let mut batches = all.chunks(batch_size);
        let count = batches.len();
        self.predict_batches(options, model, Some(count), |model| {
            batches
                .next()
                .map(|at| model.predict_all(x.iter().map(|x| x.samples(at)).collect::<Vec<_>>(), at.len()))
                .transpose()
        })
    }

    /// Predicts the batches of a source. Returns one array for each output of the model.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::{Batches, Compile, Data, Predict};
    /// use horn::optimizers::SGD;
    ///
    /// let model = Sequential::new().add(Input([2])).add(Dense(3)).compile(SGD::new(0.1), (), ())?;
    /// let batches = (0..4).map(|_| Data::new(&ndarray::Array2::<f32>::zeros((10, 2)), ()).into_owned());
    /// let outputs = model.predict_source(&mut Batches::new(batches), Predict::new())?;
    /// assert_eq!(outputs[0].shape(), [40, 3]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an option is invalid, the source has no batch, or a batch does not fit the model; and the errors of the source
    /// and of callbacks.
    pub fn predict_source(&self, source: &mut dyn BatchSource, options: Predict<'_>) -> Result<Vec<ArrayD<f32>>> {
        options.check()?;
        let model = self.at_rest()?;
        source.prepare(&Run::to_predict(&model))?;
        let mut steps = Steps::new(source, options.steps);
        steps.begin(0)?;
        let count = steps.per_epoch();
        let outputs = self.predict_batches(options, model, count, |model| {
            let Some(batch) = steps.next(model.device())? else { return Ok(None) };
            let outputs = model.call(batch.inputs, &mut CallContext::throughout(Mode::Inference))?;
            outputs.into_iter().map(|output| on_host(output.value()?)).collect::<Result<Vec<_>>>().map(Some)
        })?;
        steps.end()?;
        Ok(outputs)
    }

    /// The outputs for a single batch: Keras's `predict_on_batch`.
    ///
    /// # Errors
    ///
    /// As [`predict`](Self::predict).
    pub fn predict_on_batch<'a>(&self, x: impl IntoArrays<'a>) -> Result<ArrayD<f32>> {
        let x = x.into_arrays();
        let samples = x.first().map_or(1, HostArray::len).max(1);
        self.at_rest()?.predict(x, samples)
    }

    /// A model that only predicts, from as many threads as there are, with the weights of now. See [`Predictor`].
    ///
    /// ```
    /// use horn::prelude::*;
    ///
    /// let model = Sequential::new().add(Input([4])).add(Dense(2));
    /// let model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    /// let predictor = model.predictor()?;
    /// let answer = std::thread::spawn(move || predictor.predict_sample(&[1.0, 2.0, 3.0, 4.0])).join().unwrap()?;
    /// assert_eq!(answer.len(), 2);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the model waits for data to be built.
    pub fn predictor(&self) -> Result<Predictor> {
        self.model().map(Model::predictor)
    }

    /// Collects the outputs of batch after batch, with the callbacks around each.
    fn predict_batches(
        &self,
        options: Predict<'_>,
        model: Cow<'_, Model>,
        count: Option<usize>,
        mut next: impl FnMut(&Model) -> Result<Option<Vec<ArrayD<f32>>>>,
    ) -> Result<Vec<ArrayD<f32>>> {
        let mut callbacks = options.callbacks;
        let mut line = Progress::stdout(options.steps.or(count), options.verbose);
        let start = Instant::now();
        let mut parts: Vec<Vec<ArrayD<f32>>> = vec![Vec::new(); model.output_names().len()];
        let prediction = &mut Prediction::new(self, model, count);
        call_each(&mut callbacks, |callback| callback.on_predict_begin(prediction))?;
        let mut values = 0;
        for number in 0..options.steps.unwrap_or(usize::MAX) {
            // The hooks before a batch are only for a batch that there is.
            if count.is_some_and(|count| number >= count) {
                break;
            }
            call_each(&mut callbacks, |callback| callback.on_predict_batch_begin(number, prediction))?;
            let Some(outputs) = next(&prediction.network)? else { break };
            values += outputs.iter().map(|output| output.len() as u64).sum::<u64>();
            check_all_outputs(values)?;
            prediction.outputs = outputs;
            call_each(&mut callbacks, |callback| callback.on_predict_batch_end(number, prediction))?;
            let outputs = std::mem::take(&mut prediction.outputs);
            parts.iter_mut().zip(outputs).for_each(|(parts, output)| parts.push(output));
            if line.step(start.elapsed()) {
                line.draw(&[], start.elapsed());
            }
            if prediction.is_stopped {
                break;
            }
        }
        line.finish(&[], start.elapsed());
        call_each(&mut callbacks, |callback| callback.on_predict_end(prediction))?;
        parts.into_iter().map(joined).collect()
    }
}

/// The outputs of all batches, one after the other.
fn joined(parts: Vec<ArrayD<f32>>) -> Result<ArrayD<f32>> {
    if parts.is_empty() {
        return Err(no_batches());
    }
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    ndarray::concatenate(Axis(0), &views).map_err(|error| {
        Error::data("the batches have no outputs that can be joined")
            .at("x")
            .received(format!("{} batches", parts.len()))
            .expected("outputs of the same shape for each")
            .because(error)
            .hint("check what the source yields")
    })
}

/// The values of an output on the host.
fn on_host(output: AnyTensor) -> Result<ArrayD<f32>> {
    let sizes = output.sizes();
    let values: Vec<f32> = by_rank!(output, |output| output.into_data().iter::<f32>().collect())?;
    Ok(ArrayD::from_shape_vec(sizes, values).expect("a tensor fills its shape"))
}
