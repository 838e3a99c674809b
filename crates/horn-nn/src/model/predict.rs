//! Predictions from arrays, batch by batch.

use ndarray::{ArrayD, IxDyn};

use crate::by_rank;
use crate::data::by_name::inputs_in_order;
use crate::data::host_array::HostArray;
use crate::data::into_arrays::IntoArrays;
use crate::error::{Error, Result};
use crate::layer::call::{CallContext, Mode};
use crate::layer::signal::Signal;
use crate::memory;
use crate::model::model::Model;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, sizes};

/// An output of a model, for all samples.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputArray {
    /// Numbers, as most layers give them.
    Numbers(ArrayD<f32>),
    /// Strings, as a `StringLookup` that inverts its vocabulary gives them.
    Strings(ArrayD<String>),
}

impl From<ArrayD<f32>> for OutputArray {
    fn from(numbers: ArrayD<f32>) -> Self {
        Self::Numbers(numbers)
    }
}

impl OutputArray {
    /// The shape of the array, the samples first.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Numbers(numbers) => numbers.shape(),
            Self::Strings(strings) => strings.shape(),
        }
    }

    /// How much memory it takes, in values of four bytes.
    #[doc(hidden)]
    pub fn memory(&self) -> u64 {
        match self {
            Self::Numbers(numbers) => numbers.len() as u64,
            Self::Strings(strings) => strings.iter().map(|string| of_string(string)).sum(),
        }
    }
}

/// The memory of a string, in values of four bytes, with its place.
fn of_string(string: &str) -> u64 {
    (size_of::<String>() + string.len()).div_ceil(4) as u64
}

/// What the batches have given of an output.
#[derive(Default)]
struct Collected {
    sizes: Vec<usize>,
    rows: usize,
    numbers: Vec<f32>,
    strings: Vec<String>,
    memory: u64,
}

impl Collected {
    /// Takes the output of a batch.
    fn take(&mut self, output: Signal) -> Result<()> {
        self.sizes = output.sizes();
        // A function along the batch axis may give more or fewer rows than there are samples.
        self.rows += self.sizes.first().copied().unwrap_or_default();
        if output.is_strings() {
            let strings = output.strings()?.values;
            self.memory += strings.iter().map(|string| of_string(string)).sum::<u64>();
            memory::check_all_outputs(self.memory)?;
            self.strings.extend(strings.iter().cloned());
            return Ok(());
        }
        self.memory += memory::values(&self.sizes);
        memory::check_all_outputs(self.memory)?;
        self.numbers.append(&mut read_values(output.value()?)?);
        Ok(())
    }

    /// The whole output, which was announced with this shape.
    fn finish(self, shape: &Shape, name: &str) -> Result<OutputArray> {
        let Self { mut sizes, rows, numbers, strings, .. } = self;
        match sizes.first_mut() {
            Some(batch) => *batch = rows,
            None => sizes = shape.with_batch(0)?,
        }
        let array = match shape.is_strings() {
            true => ArrayD::from_shape_vec(IxDyn(&sizes), strings).map(OutputArray::Strings),
            false => ArrayD::from_shape_vec(IxDyn(&sizes), numbers).map(OutputArray::Numbers),
        };
        array.map_err(|error| {
            Error::shape("the model's output has another shape than announced")
                .at(format!("model {name:?}"))
                .expected(shape)
                .because(error)
                .hint("check `output_shape` of custom layers")
        })
    }
}

impl Model {
    /// Computes the outputs of all samples, `batch_size` at a time, for a model with one output. All layers are in
    /// inference mode, as in Keras's `predict`.
    ///
    /// # Errors
    ///
    /// If the samples do not fit the input, the model has several outputs, or the batch size is 0.
    pub fn predict<'a>(&self, x: impl IntoArrays<'a>, batch_size: usize) -> Result<ArrayD<f32>> {
        let mut outputs = self.predict_all(x, batch_size)?;
        match outputs.len() {
            1 => Ok(outputs.remove(0)),
            outputs => Err(Error::argument("the model has several outputs")
                .at(format!("model {:?}", self.name()))
                .received(format!("{outputs} outputs"))
                .expected("one")
                .hint("call `predict_all`, which returns all outputs")),
        }
    }

    /// Computes all outputs of all samples, `batch_size` at a time. Takes one array for each input, and returns one for
    /// each output. All layers are in inference mode.
    ///
    /// # Errors
    ///
    /// If the samples do not fit the inputs, or the batch size is 0.
    pub fn predict_all<'a>(&self, x: impl IntoArrays<'a>, batch_size: usize) -> Result<Vec<ArrayD<f32>>> {
        let numbers = |(output, name): (OutputArray, &str)| match output {
            OutputArray::Numbers(numbers) => Ok(numbers),
            OutputArray::Strings(strings) => Err(Error::data("the values are strings")
                .at(format!("output {name:?}"))
                .received(format!("strings of shape {}", sizes(strings.shape())))
                .expected("numbers")
                .hint("call `predict_values`, which also gives strings")),
        };
        self.predict_values(x, batch_size)?.into_iter().zip(self.output_names()).map(numbers).collect()
    }

    /// Computes all outputs of all samples as [`predict_all`](Self::predict_all) does, of which some may be strings.
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::layers::{Input, StringLookup};
    /// use horn::{OutputArray, Sequential};
    ///
    /// let words = StringLookup().vocabulary(["cat", "dog"]).invert(true);
    /// let model = Sequential::new().add(Input([1])).add(words).build(&Device::default())?;
    /// let outputs = model.predict_values(&[[2.0_f32], [0.0]], 32)?;
    /// let OutputArray::Strings(words) = &outputs[0] else { panic!("{outputs:?}") };
    /// assert_eq!(words.iter().collect::<Vec<_>>(), ["dog", "[UNK]"]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the samples do not fit the inputs, or the batch size is 0.
    pub fn predict_values<'a>(&self, x: impl IntoArrays<'a>, batch_size: usize) -> Result<Vec<OutputArray>> {
        let x = inputs_in_order(x.into_arrays(), &self.names_of_inputs())?;
        self.check_inputs(&x.iter().map(HostArray::shape).collect::<Vec<_>>())?;
        if batch_size == 0 {
            return Err(zero_batch_size());
        }
        let len = x.first().map_or(0, HostArray::len);
        if let Some(other) = x.iter().find(|x| x.len() != len) {
            return Err(Error::data("the inputs are of different lengths")
                .at("x")
                .received(format!("{len} and {} samples", other.len()))
                .expected("as many samples in each")
                .hint("check that they come from the same data"));
        }
        let mut found: Vec<Collected> = self.graph.plan.outputs.iter().map(|_| Collected::default()).collect();
        let samples: Vec<usize> = (0..len).collect();
        for batch in samples.chunks(batch_size) {
            let inputs = x.iter().map(|x| x.batch(batch, self.device()));
            let outputs = self.call(inputs.collect::<Result<_>>()?, &mut CallContext::throughout(Mode::Inference))?;
            for (found, output) in found.iter_mut().zip(outputs) {
                found.take(output).map_err(|error| error.at(format!("model {:?}", self.name())))?;
            }
        }
        found.into_iter().zip(self.output_shapes()).map(|(found, shape)| found.finish(shape, self.name())).collect()
    }
}

/// The error for a batch size of 0.
#[doc(hidden)]
pub fn zero_batch_size() -> Error {
    Error::argument("batch_size must be at least 1")
        .at("batch_size")
        .received(0)
        .expected("at least 1")
        .hint("leave batch_size out for Keras's 32")
}

/// Copies a tensor from its device to an array.
pub(super) fn read_values(tensor: AnyTensor) -> Result<Vec<f32>> {
    by_rank!(tensor, |x| {
        let data = x.into_data();
        match data.as_slice::<f32>() {
            Ok(values) => values.to_vec(),
            // Half floats are converted to f32.
            Err(_) => data.iter::<f32>().collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::layers::{BatchNormalization, Conv2D, Dense, DepthwiseConv2D, Input, ReLU};
    use crate::{Activation, Sequential, ops};

    /// Numbers of both signs that repeat late.
    fn numbers(start: usize) -> impl FnMut() -> f32 {
        let mut at = start;
        move || {
            at = (at * 37 + 11) % 101;
            at as f32 / 50.0 - 1.0
        }
    }

    #[test]
    fn what_is_computed_late_is_what_the_layers_compute_one_by_one() {
        let image = || Sequential::new().add(Input([4, 4, 2]));
        let relu = || Dense(5).activation(Activation::Relu);
        for layers in [
            image().add(Conv2D(3, 2).activation(Activation::Relu)).add(BatchNormalization()),
            image().add(Conv2D(3, 2)).add(BatchNormalization()).add(ReLU()).add(BatchNormalization()),
            image().add(Conv2D(3, 2)).add(ReLU()).add(BatchNormalization()).add(ReLU()),
            image().add(DepthwiseConv2D(2).activation(Activation::Relu)).add(BatchNormalization()),
            Sequential::new()
                .add(Input([32]))
                .add(relu())
                .add(Dense(5))
                .add(relu())
                .add(relu())
                .add(relu())
                .add(relu()),
        ] {
            let mut model = layers.build(&Device::default()).unwrap();
            let is_variance: Vec<bool> = model.weights().map(|weight| weight.name.ends_with("variance")).collect();
            let weights = model.get_weights().into_iter().zip(is_variance).enumerate();
            let weights: Vec<_> = weights
                .map(|(at, (weight, is_variance))| {
                    let mut next = numbers(at);
                    weight.mapv(|_| if is_variance { next().abs() + 0.5 } else { next() })
                })
                .collect();
            model.set_weights(&weights).unwrap();
            let names: Vec<String> = model.layers().map(|layer| layer.name().to_owned()).collect();
            let sizes: Vec<usize> =
                [3].into_iter().chain(model.input_shape().sample().iter().flatten().copied()).collect();
            let mut next = numbers(5);
            let x = ArrayD::from_shape_simple_fn(IxDyn(&sizes), &mut next);
            let one_by_one = names.windows(2).fold(x.clone(), |x, pair| {
                model.submodel(&[pair[0].as_str()], &[pair[1].as_str()]).unwrap().predict(&x, 3).unwrap()
            });
            let whole = model.predict(&x, 3).unwrap();
            let largest = |values: &ArrayD<f32>| values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let difference = largest(&(&whole - &one_by_one)) / largest(&one_by_one);
            assert!(difference < 1e-5, "{names:?}: {difference}");
        }
    }

    /// As in Keras, the outputs of the batches come after each other, however many rows each has.
    #[test]
    fn functions_along_the_batch_axis_give_other_rows_than_there_are_samples() {
        let x = Input([1]);
        let twice = ops::concatenate((&x, &x), 0).unwrap();
        let sum = ops::sum(&x, 0, true).unwrap();
        let model = Model::new(&x, (twice, sum)).unwrap().build(&Device::default()).unwrap();
        let found = model.predict_all(&ndarray::array![[1.0_f32], [2.0], [4.0], [8.0], [16.0]], 2).unwrap();
        let shapes: Vec<&[usize]> = found.iter().map(ArrayD::shape).collect();
        assert_eq!(shapes, [[10, 1], [3, 1]]);
        let values: Vec<Vec<f32>> = found.into_iter().map(|output| output.into_raw_vec_and_offset().0).collect();
        assert_eq!(values, [vec![1.0, 2.0, 1.0, 2.0, 4.0, 8.0, 4.0, 8.0, 16.0, 16.0], vec![3.0, 12.0, 16.0]]);
    }
}
