//! `Lambda`: a function as a layer.

use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::{Conventions, MaskArgument};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::core_layers::probe;
use crate::layers::core_layers::tensors::Tensors;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

type Function = Arc<dyn Fn(Vec<AnyTensor>) -> Result<AnyTensor> + Send + Sync>;

/// Applies a function of tensors, without weights.
///
/// The function takes one tensor, or several if the layer has several inputs: an array if all have the same rank, else a
/// tuple.
///
/// The output shape is determined by running the function on zeros. A function can't be written to a file, so a model with
/// a `Lambda` can't be saved, only its weights. A custom [`Layer`] can be saved.
///
/// # Shapes
///
/// - input: of the rank that the function takes, the batch first; or several
/// - output: of the rank that it returns, the batch first
///
/// # Masks
///
/// Masks are not propagated, as in Keras.
///
/// ```
/// use horn::burn::tensor::{Distribution, Tensor};
/// use horn::layers::{Dense, Input, Lambda};
/// use horn::{Apply, Layer, Shape};
///
/// let antirectifier = Lambda(|x: Tensor<2>| Tensor::cat(vec![x.clone().clamp_min(0.0), x.neg().clamp_min(0.0)], 1));
/// assert_eq!(antirectifier.output_shape(&Shape::batched([8]))?.to_string(), "(None, 16)");
///
/// // The middle of a variational autoencoder.
/// let x = Input([784]);
/// let (z_mean, z_log_var) = (Dense(2).apply(&x)?, Dense(2).apply(&x)?);
/// let sampling = Lambda(|[mean, log_var]: [Tensor<2>; 2]| {
///     let noise = mean.random_like(Distribution::Normal(0.0, 1.0));
///     mean + (log_var * 0.5).exp() * noise
/// });
/// let z = sampling.apply((&z_mean, &z_log_var))?;
/// assert_eq!(z.shape().to_string(), "(None, 2)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Clone)]
pub struct Lambda {
    name: Option<String>,
    function: Function,
    /// The output shape for inputs of these shapes.
    probe: fn(&[Shape], &Function) -> Result<Shape>,
}

/// `keras.layers.Lambda(function)`. See [`Lambda`](struct@Lambda).
#[allow(non_snake_case)]
pub fn Lambda<T: Tensors, const O: usize>(function: impl Fn(T) -> Tensor<O> + Send + Sync + 'static) -> Lambda {
    Lambda::new(function)
}

impl Lambda {
    /// A layer that applies this function.
    pub fn new<T: Tensors, const O: usize>(function: impl Fn(T) -> Tensor<O> + Send + Sync + 'static) -> Self {
        Self {
            name: None,
            function: Arc::new(move |inputs| Ok(function(T::from_list(inputs)?).into())),
            probe: |inputs, function| probe::output_shape::<T>(inputs, &Device::default(), &**function),
        }
    }

    /// Names the layer; the default is `lambda`, numbered within the model.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// The error for a `Lambda` in a file.
pub(crate) fn unreadable() -> Error {
    Error::argument("a function can't be read from a file")
        .received("Lambda")
        .expected("a layer that is described by its arguments")
        .hint("replace it with a custom layer that implements `Layer`, and register that")
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lambda").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Layer for Lambda {
    crate::many_inputs!();

    fn class_name(&self) -> &str {
        "Lambda"
    }

    fn conventions(&self) -> Conventions {
        Conventions { mask_argument: MaskArgument::Ignored, ..Conventions::of_keras() }
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![(self.probe)(inputs, &self.function)?])
    }

    fn build_for(&self, _: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(LambdaModule { function: Held(self.function.clone()) }))
    }

    /// Null, as a function has no configuration.
    fn config(&self) -> Value {
        Value::Null
    }
}

/// The function as a field of a module.
#[derive(Clone)]
struct Held(Function);

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fn")
    }
}

#[derive(Module, Debug)]
struct LambdaModule {
    #[module(skip)]
    function: Held,
}

impl Forward for LambdaModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let inputs = inputs.into_iter().map(Signal::value).collect::<Result<_>>()?;
        Ok(vec![(self.function.0)(inputs)?.into()])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Apply;
    use crate::Model;
    use crate::layers::check::infer;
    use crate::layers::{Input, from_config};

    #[test]
    fn applies_the_function() {
        let layer = Lambda(|x: Tensor<3>| x.sum_dim(2).squeeze_dim::<2>(2) * 2.0);
        let (sizes, y) = infer(layer.clone(), &[1.0, 2.0, 3.0, 4.0], &[1, 2, 2]).unwrap();
        assert_eq!((sizes, y), (vec![1, 2], vec![6.0, 14.0]));
        let unknown = Shape::new([None, None, Some(2)]);
        assert_eq!(layer.output_shape(&unknown).unwrap().to_string(), "(None, None)");
    }

    #[test]
    fn applies_a_function_of_several_tensors() {
        let (a, b, c) = (Input([2]), Input([2]), Input([3, 2]));
        let sum = Lambda(|[a, b]: [Tensor<2>; 2]| a + b * 10.0).apply((&a, &b)).unwrap();
        let mixed = Lambda(|(a, c): (Tensor<2>, Tensor<3>)| c + a.unsqueeze_dim(1)).apply((&a, &c)).unwrap();
        assert_eq!(mixed.shape().to_string(), "(None, 3, 2)");

        let model = Model::new((&a, &b), &sum).unwrap().build(&Device::default()).unwrap();
        let rows = |values: [f32; 2]| ndarray::arr2(&[values]);
        let y = model.predict((&rows([1.0, 2.0]), &rows([3.0, 4.0])), 32).unwrap();
        assert_eq!(y, rows([31.0, 42.0]).into_dyn());

        let error = Lambda(|[a, b]: [Tensor<2>; 2]| a + b).apply((&a, &c)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer Lambda: the function takes inputs of another rank or number; received (None, 2), (None, 3, 2), \
             expected rank 2, rank 2. Hint: put `Reshape` or `Flatten` before it, or change what the function takes."
        );
        assert!(Lambda(|x: Tensor<2>| x).apply((&a, &b)).unwrap_err().is_shape());
    }

    #[test]
    fn keeps_a_known_batch() {
        let layer = Lambda(|x: Tensor<2>| x * 2.0);
        let shape = |batch| layer.output_shape(&Shape::new([batch, Some(4)])).unwrap().to_string();
        assert_eq!((shape(Some(2)), shape(None)), ("(2, 4)".to_owned(), "(None, 4)".to_owned()));
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
