//! `Input`: the shape of the samples that a model takes.

use std::sync::{Arc, OnceLock};

use burn::module::Module;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arguments::sample_shape::IntoSampleShape;
use crate::by_rank;
use crate::error::{Error, Result};
use crate::graph::keras_tensor::{IntoTensors, KerasTensor, Placed};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::conventions::Conventions;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

impl KerasTensor {
    /// The symbolic tensor of an `Input`.
    pub(crate) fn of_input(input: Input, shape: Shape) -> Self {
        Self::of_call(Placed::new(Arc::new(input)), Vec::new(), shape)
    }

    /// The tensor of an operator that failed. What takes it returns the error.
    pub(crate) fn failed(error: Error) -> Self {
        let input = Self::of_input(Input::of(Shape::new([])), Shape::new([]));
        let mut call = Arc::into_inner(input.call).expect("nothing else has the tensor yet");
        call.failure = Some(error);
        Self { call: Arc::new(call), output: 0 }
    }
}

impl IntoTensors for Input {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self.tensor()]
    }
}

impl From<Input> for KerasTensor {
    fn from(input: Input) -> Self {
        input.tensor()
    }
}

impl IntoTensors for &Input {
    fn into_tensors(self) -> Vec<KerasTensor> {
        vec![self.tensor()]
    }
}

/// The input of a model: the shape of one sample, without the batch axis. It is always the first layer.
///
/// ```
/// use horn::layers::Input;
///
/// let images = Input((28, 28)).name("images");
/// let words = Input((None, 16));
/// ```
///
/// An input of strings is for a model that converts them to numbers itself:
///
/// ```
/// use horn::Sequential;
/// use horn::layers::{Embedding, GlobalAveragePooling1D, Input, InputDtype, TextVectorization};
/// use horn::burn::tensor::Device;
///
/// let mut words = TextVectorization().output_sequence_length(4);
/// words.adapt(&["a good film", "a bad film"])?;
/// let model = Sequential::new()
///     .add(Input([1]).dtype(InputDtype::String))
///     .add(words)
///     .add(Embedding(10, 2))
///     .add(GlobalAveragePooling1D())
///     .build(&Device::default())?;
/// assert_eq!(model.predict(&["what a film", "bad"], 32)?.shape(), [2, 2]);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Input {
    batch_shape: Shape,
    dtype: InputDtype,
    sparse: bool,
    ragged: bool,
    name: Option<String>,
    optional: bool,
    /// The symbolic tensor, created on first use.
    #[serde(skip)]
    tensor: Arc<OnceLock<KerasTensor>>,
}

/// An input as files store it.
#[derive(Deserialize)]
struct Written {
    batch_shape: Shape,
    #[serde(default)]
    dtype: InputDtype,
    #[serde(default)]
    sparse: bool,
    #[serde(default)]
    ragged: bool,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    optional: bool,
}

impl From<Written> for Input {
    fn from(written: Written) -> Self {
        let Written { batch_shape, dtype, sparse, ragged, name, optional } = written;
        Self { sparse, ragged, name, optional, ..Self::of(batch_shape) }.dtype(dtype)
    }
}

/// The dtype of an [`Input`](struct@Input). Data is converted to it: for an input of integers to integers, which layers such
/// as `Embedding` and `IntegerLookup` take as they are, for one of booleans to 0 and 1, and for all others to float32, in
/// which Horn computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum InputDtype {
    Float16,
    Bfloat16,
    #[default]
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Bool,
    /// Strings, for a layer that converts them to numbers.
    String,
}

impl InputDtype {
    /// Are the values integers?
    pub fn is_integer(self) -> bool {
        self.values().are_integers()
    }

    fn values(self) -> Values {
        match self {
            Self::Float16 | Self::Bfloat16 | Self::Float32 | Self::Float64 => Values::Floats,
            Self::Bool => Values::Bools,
            Self::String => Values::Strings,
            Self::Uint8 => Values::Bytes,
            Self::Int64 | Self::Uint64 | Self::Uint32 => Values::Longs,
            _ => Values::Ints,
        }
    }
}

/// `keras.Input(shape)`. See [`Input`](struct@Input).
#[allow(non_snake_case)]
pub fn Input(shape: impl IntoSampleShape) -> Input {
    Input::new(shape)
}

impl Input {
    /// An input of samples of this shape, without the batch axis. A size that is only known when the model runs, such as the
    /// number of timesteps, is `None`.
    pub fn new(shape: impl IntoSampleShape) -> Self {
        let mut sizes = shape.into_sizes();
        sizes.insert(0, None);
        Self::of(Shape::new(sizes))
    }

    /// An input of batches of this shape.
    pub(crate) fn of(shape: Shape) -> Self {
        let dtype = match shape.values() {
            Values::Bools => InputDtype::Bool,
            Values::Bytes => InputDtype::Uint8,
            Values::Ints => InputDtype::Int32,
            Values::Longs => InputDtype::Int64,
            Values::Floats => InputDtype::Float32,
            Values::Strings => InputDtype::String,
        };
        Self {
            batch_shape: shape,
            dtype,
            sparse: false,
            ragged: false,
            name: None,
            optional: false,
            tensor: Arc::default(),
        }
    }

    /// An input whose samples have axes of unknown size, `None`, such as the timesteps of a sequence.
    ///
    /// ```
    /// use horn::layers::Input;
    ///
    /// let words = Input::with_unknown([None]);
    /// assert_eq!(words.tensor().shape().to_string(), "(None, None)");
    /// ```
    pub fn with_unknown(shape: impl AsRef<[Option<usize>]>) -> Self {
        Self::of(Shape::new([&[None], shape.as_ref()].concat()))
    }

    /// An input whose batches have this shape, including the batch size: Keras's `batch_shape`. Stateful layers need it if
    /// their output shape is to include the batch size.
    ///
    /// ```
    /// use horn::layers::Input;
    ///
    /// let words = Input::batch_shape([Some(32), None, Some(16)]);
    /// assert_eq!(words.tensor().shape().to_string(), "(32, None, 16)");
    /// ```
    pub fn batch_shape(shape: impl Into<Vec<Option<usize>>>) -> Self {
        Self::of(Shape::new(shape))
    }

    /// Sets the number of samples in a batch, for stateful layers; any number by default.
    ///
    /// ```
    /// use horn::layers::Input;
    ///
    /// assert_eq!(Input([28, 28]).batch_size(32).tensor().shape().to_string(), "(32, 28, 28)");
    /// ```
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        let sizes = [&[Some(batch_size)], self.batch_shape.sample()].concat();
        self.batch_shape = Shape::new(sizes);
        let dtype = self.dtype;
        self.dtype(dtype)
    }

    /// Sets the dtype of the values; float32 by default.
    #[must_use]
    pub fn dtype(mut self, dtype: InputDtype) -> Self {
        self.batch_shape = self.batch_shape.with_values(dtype.values());
        self.dtype = dtype;
        self.tensor = Arc::default();
        self
    }

    /// Names the input; the default is `input_layer`, numbered within the model.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self.tensor = Arc::default();
        self
    }

    /// The symbolic tensor of the input. [`Apply::apply`](crate::Apply::apply) also takes the input itself.
    pub fn tensor(&self) -> KerasTensor {
        // The layer in the graph must not refer to the tensor: a cycle of `Arc`s is never freed.
        let layer = || Self { tensor: Arc::default(), ..self.clone() };
        self.tensor.get_or_init(|| KerasTensor::of_input(layer(), self.batch_shape.clone())).clone()
    }
}

/// Compares the descriptions. In a graph, equal inputs are still different inputs.
impl PartialEq for Input {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.batch_shape == other.batch_shape && self.dtype == other.dtype
    }
}

impl Layer for Input {
    fn class_name(&self) -> &str {
        "InputLayer"
    }

    fn conventions(&self) -> Conventions {
        Conventions { gives_integers: true, ..Conventions::of_keras() }
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn supports_masking(&self) -> bool {
        true
    }

    fn takes_strings(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(InputModule { values: self.dtype.values() }))
    }

    fn input_shape(&self) -> Option<&Shape> {
        Some(&self.batch_shape)
    }

    fn config(&self) -> Value {
        serde_json::to_value(self).expect("a description is plain data")
    }
}

/// Converts the data to the numbers of the dtype: integers, 0 and 1, or floats.
#[derive(Module, Debug)]
struct InputModule {
    #[module(skip)]
    values: Values,
}

impl Forward for InputModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        match self.values {
            Values::Bytes | Values::Ints | Values::Longs => input.integers(),
            Values::Bools => by_rank!(input.floats()?, |x| x.not_equal_elem(0.0).float().into()),
            Values::Floats | Values::Strings => input.floats(),
        }
    }

    fn takes_integers(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use ndarray::{arr2, array};

    use super::*;
    use crate::layers::{Dense, Embedding, Flatten, Identity};
    use crate::{HostArray, Sequential};

    /// `keras.layers.Dense(1, kernel_initializer="ones")` on an int32 input of `[[0.5, 1.5, -0.5]]`: 1.0; on one of bools: 3.0.
    #[test]
    fn data_becomes_what_the_dtype_says() {
        let sum = |dtype| {
            let dense = Dense(1).kernel_initializer(crate::initializers::Ones::new());
            let model = Sequential::new().add(Input([3]).dtype(dtype)).add(dense).build(&Device::default()).unwrap();
            (
                model.predict(&arr2(&[[0.5_f32, 1.5, -0.5]]), 1).unwrap()[[0, 0]],
                model.predict(&arr2(&[[16_777_217_i32, 0, -16_777_216]]), 1).unwrap()[[0, 0]],
            )
        };
        assert_eq!(sum(InputDtype::Int32), (1.0, 0.0));
        assert_eq!(sum(InputDtype::Float32), (1.5, 0.0));
        assert_eq!(sum(InputDtype::Bool), (3.0, 2.0));
    }

    #[test]
    fn an_input_of_strings_stays_one_whatever_else_is_said_of_it() {
        let input = Input([1]).dtype(InputDtype::String);
        for input in [input.clone().batch_size(2), input.clone().name("words"), input] {
            let read: Input = serde_json::from_value(input.config()).unwrap();
            for input in [&input, &read] {
                assert!(input.tensor().shape().is_strings(), "{input:?}");
            }
            assert_eq!(read.config(), input.config());
        }
    }

    #[test]
    fn integers_come_to_the_layer_that_takes_them() {
        let layers = Sequential::new().add(Input([1, 2]).dtype(InputDtype::Int64)).add(Identity()).add(Flatten());
        let model = layers.add(Embedding(20_000_000, 1)).build(&Device::default()).unwrap();
        let ids = array![[[16_777_217_i64, 16_777_216]]];
        let batch = HostArray::from(&ids).batch(&[0], &Device::default()).unwrap();
        let outputs = model.call(vec![batch], &mut crate::layer::call::CallContext::new(Mode::Inference)).unwrap();
        let [output] = crate::layer::forward::signals(outputs).unwrap();
        let vectors: Vec<f32> = output.value().unwrap().float::<3>().unwrap().into_data().iter().collect();
        assert_ne!(vectors[0], vectors[1]);
    }
}
