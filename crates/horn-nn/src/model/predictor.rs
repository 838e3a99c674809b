//! `Predictor`: a model that answers from many threads.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use ndarray::ArrayD;

use crate::data::into_arrays::IntoArrays;
use crate::error::{Error, Result};
use crate::layer::call::{CallContext, Mode};
use crate::layer::signal::Signal;
use crate::model::model::Model;
use crate::model::predict::{read_values, zero_batch_size};
use crate::tensor::any_tensor::AnyTensor;

/// A model that only predicts, made by [`Model::predictor`] and by `predictor` of a compiled model.
///
/// It has the weights that the model had then, and the model can be trained further. Clones share them, so a clone for each
/// thread costs nothing, and threads do not wait for each other: memory for results is kept for each thread. For requests
/// of one sample each, [`predict_sample`](Self::predict_sample) is the fastest way.
///
/// ```
/// use horn::prelude::*;
/// use std::thread;
///
/// let model = Sequential::new().add(Input([4])).add(Dense(8).activation(Activation::Relu)).add(Dense(2));
/// let model = model.build(&horn::default_device()?)?;
/// let predictor = model.predictor();
///
/// let answers: Vec<Vec<f32>> = thread::scope(|scope| {
///     let requests = (0..4).map(|request| {
///         let predictor = predictor.clone();
///         scope.spawn(move || predictor.predict_sample(&[request as f32, 0.0, 1.0, 2.0]))
///     });
///     let requests: Vec<_> = requests.collect();
///     requests.into_iter().map(|request| request.join().unwrap()).collect::<Result<_, _>>()
/// })?;
/// assert_eq!((answers.len(), answers[0].len()), (4, 2));
///
/// // Many samples in an array, as with `predict`.
/// let x = ndarray::Array2::<f32>::zeros((100, 4));
/// assert_eq!(predictor.predict(&x)?.shape(), [100, 2]);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// Layers that keep a state from batch to batch, such as a stateful `LSTM`, keep one for all threads.
#[derive(Clone, Debug)]
pub struct Predictor {
    model: Arc<Model>,
    batch_size: usize,
}

impl Model {
    /// A model that only predicts, from as many threads as there are. See [`Predictor`].
    pub fn predictor(&self) -> Predictor {
        Predictor { model: Arc::new(self.valid()), batch_size: 32 }
    }
}

impl Predictor {
    /// Sets how many samples of an array are computed at a time; 32 by default.
    ///
    /// # Errors
    ///
    /// If it is 0.
    pub fn batch_size(self, batch_size: usize) -> Result<Self> {
        if batch_size == 0 {
            return Err(zero_batch_size());
        }
        Ok(Self { batch_size, ..self })
    }

    /// The model, in inference mode.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The outputs of all samples of an array, for a model with one output. They are those of [`Model::predict`].
    ///
    /// # Errors
    ///
    /// As [`Model::predict`].
    pub fn predict<'a>(&self, x: impl IntoArrays<'a>) -> Result<ArrayD<f32>> {
        self.model.predict(x, self.batch_size)
    }

    /// All outputs of all samples, for a model with several inputs or outputs.
    ///
    /// # Errors
    ///
    /// As [`Model::predict_all`].
    pub fn predict_all<'a>(&self, x: impl IntoArrays<'a>) -> Result<Vec<ArrayD<f32>>> {
        self.model.predict_all(x, self.batch_size)
    }

    /// The output of one sample, whose values are given in row-major order, for a model with one input and one output.
    ///
    /// # Errors
    ///
    /// If there are more or fewer values than the input takes, or the model has several inputs or outputs, an input of
    /// strings, or axes of unknown size.
    pub fn predict_sample(&self, values: &[f32]) -> Result<Vec<f32>> {
        let input = self.sample(values)?;
        let mut outputs = self.model.call(vec![input], &mut CallContext::throughout(Mode::Inference))?;
        match (outputs.pop(), outputs.is_empty()) {
            (Some(output), true) => read_values(output.value()?),
            _ => Err(self.misfit("the model has several outputs", "a model with one output")),
        }
    }

    /// A batch of one sample.
    fn sample(&self, values: &[f32]) -> Result<Signal> {
        let inputs = self.model.input_shapes().len();
        if inputs != 1 {
            return Err(self.misfit("the model has several inputs", "a model with one input"));
        }
        let shape = self.model.input_shape();
        if shape.is_strings() {
            return Err(self.misfit("the model takes strings", "a model that takes numbers"));
        }
        let wanted = shape.sample().iter().try_fold(1_usize, |values, size| values.checked_mul((*size)?));
        if wanted != Some(values.len()) {
            return Err(Error::shape("the sample does not fit the model's input")
                .at(format!("model {:?}", self.model.name()))
                .received(format!("{} values", values.len()))
                .expected(match wanted {
                    Some(wanted) => format!("{wanted} values, for {shape}"),
                    None => format!("an input of known size, and not {shape}"),
                })
                .hint("give all values of one sample, or an array to `predict`"));
        }
        let flat = TensorData::new(values.to_vec(), [values.len()]);
        let flat = AnyTensor::from(Tensor::<1>::from_data(flat, self.model.device()));
        let sizes: Vec<usize> = std::iter::once(1).chain(shape.sample().iter().flatten().copied()).collect();
        Ok(flat.reshape(&sizes)?.into())
    }

    fn misfit(&self, problem: &str, expected: &str) -> Error {
        Error::argument(problem)
            .at(format!("model {:?}", self.model.name()))
            .received(format!(
                "{} inputs, {} outputs",
                self.model.input_shapes().len(),
                self.model.output_shapes().len()
            ))
            .expected(expected)
            .hint("call `predict_all` with an array for each input")
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use burn::tensor::Device;
    use ndarray::{Array2, s};

    use super::*;
    use crate::layers::{BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, LSTM};
    use crate::{Activation, Apply, Sequential};

    fn models() -> Vec<Model> {
        let dense = Sequential::new()
            .add(Input([12]))
            .add(Dense(64).activation(Activation::Relu))
            .add(Dropout(0.5))
            .add(Dense(64).activation(Activation::Relu))
            .add(Dense(3).activation(Activation::Softmax));
        let images = Sequential::new()
            .add(Input([2, 3, 2]))
            .add(Conv2D(4, 2))
            .add(BatchNormalization())
            .add(Flatten())
            .add(Dense(3));
        let sequence = Sequential::new().add(Input([4, 3])).add(LSTM(5)).add(Dense(1).activation(Activation::Sigmoid));
        [dense, images, sequence].map(|model| model.build(&Device::default()).unwrap()).into()
    }

    #[test]
    fn eight_threads_get_what_predict_gives() {
        for model in models() {
            let predictor = model.predictor().batch_size(7).unwrap();
            let shape: Vec<usize> = model.input_shape().sample().iter().flatten().copied().collect();
            let x = Array2::from_shape_fn((40, 12), |(row, column)| ((row * 7 + column * 3) % 11) as f32 / 11.0);
            let batch = |rows| x.slice(s![..rows, ..]).to_owned().into_shape_with_order([&[rows], &shape[..]].concat());
            let (all, one) = (batch(40).unwrap(), batch(1).unwrap());
            let (of_all, of_one) = (model.predict(&all, 7).unwrap(), model.predict(&one, 1).unwrap());
            let sample: Vec<f32> = one.iter().copied().collect();
            thread::scope(|scope| {
                for _ in 0..8 {
                    let predictor = predictor.clone();
                    let (all, of_all, of_one, sample) = (&all, &of_all, &of_one, &sample);
                    scope.spawn(move || {
                        for _ in 0..20 {
                            assert_eq!(predictor.predict(all).unwrap(), *of_all);
                            assert_eq!(predictor.predict_sample(sample).unwrap(), *of_one.as_slice().unwrap());
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn training_goes_on_without_it() {
        let mut model = models().remove(0);
        let predictor = model.predictor();
        let before = predictor.predict_sample(&[1.0; 12]).unwrap();
        let zeros: Vec<_> = model.get_weights().iter().map(|weight| weight * 0.0).collect();
        model.set_weights(&zeros).unwrap();
        assert_eq!(predictor.predict_sample(&[1.0; 12]).unwrap(), before);
        assert_ne!(model.predictor().predict_sample(&[1.0; 12]).unwrap(), before);
    }

    #[test]
    fn a_mode_that_was_given_to_a_call_does_not_count_in_predictions() {
        let x = Input([64]);
        let y = Dropout(0.5).shared().in_mode(Mode::Training).apply(&x).unwrap();
        let model = Model::new(&x, y).unwrap().build(&Device::default()).unwrap();
        let ones = Array2::<f32>::ones((1, 64));
        assert_eq!(model.predict(&ones, 1).unwrap(), ones.clone().into_dyn());
        assert_eq!(model.predictor().predict_sample(&[1.0; 64]).unwrap(), [1.0; 64]);
        let called = model.forward(Tensor::<2>::ones([1, 64], &Device::default()).into(), Mode::Inference).unwrap();
        assert_ne!(read_values(called).unwrap(), [1.0; 64]);
    }

    #[test]
    fn a_batch_has_32_samples_unless_it_is_told() {
        // A row for each batch.
        let x = Input([1]);
        let mean = crate::ops::mean(&x, 0, true).unwrap();
        let predictor = Model::new(&x, mean).unwrap().build(&Device::default()).unwrap().predictor();
        let rows = |predictor: Predictor| predictor.predict(&Array2::<f32>::ones((40, 1))).unwrap().len();
        assert_eq!((rows(predictor.clone()), rows(predictor.batch_size(10).unwrap())), (2, 4));
    }

    #[test]
    fn misfits_are_errors() {
        let predictor = models().remove(0).predictor();
        assert_eq!(
            predictor.predict_sample(&[1.0; 5]).unwrap_err().to_string(),
            "model \"sequential\": the sample does not fit the model's input; received 5 values, expected 12 values, for \
             (None, 12). Hint: give all values of one sample, or an array to `predict`."
        );
        assert!(predictor.clone().batch_size(0).unwrap_err().is_argument());
        let input = Input([2]);
        let (a, b) = (Dense(1).apply(&input).unwrap(), Dense(1).apply(&input).unwrap());
        let two = Model::new(&input, [a, b]).unwrap().build(&Device::default()).unwrap().predictor();
        assert!(two.predict_sample(&[1.0, 2.0]).unwrap_err().is_argument());
        assert_eq!(two.predict_all(&Array2::<f32>::zeros((3, 2))).unwrap().len(), 2);
    }
}
