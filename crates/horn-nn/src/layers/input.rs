//! `Input`: the shape of a sample.

use burn::module::Module;
use serde_json::{Value, json};

use super::named;
use crate::{AnyTensor, Build, BuiltLayer, Forward, Layer, Mode, Result, Shape};

/// Says the shape of one sample, without the batch axis. Always the first layer.
///
/// ```
/// use horn_nn::layers::Input;
///
/// let images = Input([28, 28]).name("images");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    name: Option<String>,
    shape: Shape,
}

/// `keras.Input(shape)`.
#[allow(non_snake_case)]
pub fn Input(shape: impl AsRef<[usize]>) -> Input {
    Input::new(shape)
}

impl Input {
    /// An input of samples of this shape.
    pub fn new(shape: impl AsRef<[usize]>) -> Self {
        Self::of(Shape::batched(shape))
    }

    /// An input of batches of this shape.
    pub(crate) fn of(shape: Shape) -> Self {
        Self { name: None, shape }
    }
}

named!(Input);

impl Layer for Input {
    fn class_name(&self) -> &'static str {
        "InputLayer"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &Build) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(InputModule {}))
    }

    fn input_shape(&self) -> Option<&Shape> {
        Some(&self.shape)
    }

    fn config(&self) -> Value {
        json!({"name": self.name, "batch_shape": self.shape.sizes(), "dtype": "float32", "sparse": false})
    }
}

/// Passes on what comes in.
#[derive(Module, Debug)]
struct InputModule {}

impl Forward for InputModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        Ok(input)
    }
}
