//! `Lambda`: a function as a layer.

use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde_json::Value;

use super::probe;
use crate::{AnyTensor, Build, BuiltLayer, Error, Forward, Layer, Mode, Result, Shape};

type Function<const I: usize, const O: usize> = Arc<dyn Fn(Tensor<I>) -> Tensor<O> + Send + Sync>;

/// Applies a function of tensors, without weights.
///
/// The output shape is found by a run on zeros. A function can't be written to a file, so a model with a `Lambda` can't
/// be saved as one; its weights can. A layer of one's own ([`Layer`]) has a name and arguments, and can.
///
/// # Shapes
///
/// - input: of rank `I`, the batch first
/// - output: of rank `O`, the batch first
///
/// # Masks
///
/// They end here, as in Keras.
///
/// ```
/// use burn::tensor::Tensor;
/// use horn_nn::{Layer, Shape, layers::Lambda};
///
/// let antirectifier = Lambda(|x: Tensor<2>| Tensor::cat(vec![x.clone().clamp_min(0.0), x.neg().clamp_min(0.0)], 1));
/// assert_eq!(antirectifier.output_shape(&Shape::batched([8]))?.to_string(), "(None, 16)");
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[derive(Clone)]
pub struct Lambda<const I: usize, const O: usize> {
    name: Option<String>,
    function: Function<I, O>,
}

/// `keras.layers.Lambda(function)`.
#[allow(non_snake_case)]
pub fn Lambda<const I: usize, const O: usize>(
    function: impl Fn(Tensor<I>) -> Tensor<O> + Send + Sync + 'static,
) -> Lambda<I, O> {
    Lambda::new(function)
}

impl<const I: usize, const O: usize> Lambda<I, O> {
    /// A layer that applies this function.
    pub fn new(function: impl Fn(Tensor<I>) -> Tensor<O> + Send + Sync + 'static) -> Self {
        Self { name: None, function: Arc::new(function) }
    }

    /// Names the layer; the default is `lambda`, numbered within the model.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// The error for a `Lambda` in a file.
pub(in crate::layers) fn unreadable() -> Error {
    Error::argument("a function can't be read from a file")
        .received("Lambda")
        .expected("a layer that is described by its arguments")
        .mend("make it a layer of your own, by `Layer`, and register it")
}

impl<const I: usize, const O: usize> fmt::Debug for Lambda<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lambda").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<const I: usize, const O: usize> Layer for Lambda<I, O> {
    fn class_name(&self) -> &str {
        "Lambda"
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        probe::output_shape(input, &Device::default(), &*self.function)
    }

    fn build(&self, _: &Shape, _: &mut Build) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(LambdaModule { function: Held(self.function.clone()) }))
    }

    /// Nothing: there is no configuration that could say what a function does.
    fn config(&self) -> Value {
        Value::Null
    }
}

/// The function, as a module's field.
#[derive(Clone)]
struct Held<const I: usize, const O: usize>(Function<I, O>);

impl<const I: usize, const O: usize> fmt::Debug for Held<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fn")
    }
}

#[derive(Module, Debug)]
struct LambdaModule<const I: usize, const O: usize> {
    #[module(skip)]
    function: Held<I, O>,
}

impl<const I: usize, const O: usize> Forward for LambdaModule<I, O> {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        Ok((self.function.0)(input.float()?).into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::layers::check::infer;
    use crate::layers::from_config;

    #[test]
    fn applies_the_function() {
        let layer = Lambda(|x: Tensor<3>| x.sum_dim(2).squeeze_dim::<2>(2) * 2.0);
        let (sizes, y) = infer(layer.clone(), &[1.0, 2.0, 3.0, 4.0], &[1, 2, 2]).unwrap();
        assert_eq!((sizes, y), (vec![1, 2], vec![6.0, 14.0]));
        let unknown = Shape::new([None, None, Some(2)]);
        assert_eq!(layer.output_shape(&unknown).unwrap().to_string(), "(None, None)");
    }

    #[test]
    fn what_a_function_does_not_take_is_an_error() {
        let layer = Lambda(|x: Tensor<2>| x.reshape([1, 7]));
        assert!(layer.output_shape(&Shape::batched([3])).unwrap_err().is_shape());
        assert!(layer.output_shape(&Shape::batched([3, 3])).unwrap_err().is_shape());
    }

    #[test]
    fn a_file_holds_no_function() {
        let error = from_config("Lambda", &json!({"name": "lambda"})).unwrap_err();
        assert!(error.to_string().contains("a function can't be read from a file"), "{error}");
    }
}
