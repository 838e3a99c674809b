//! What a layer is: a description that builds a Burn module.

use std::fmt;

use burn::module::{Module, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

use crate::activations::Activation;
use crate::initializers::Initializer;
use crate::{AnyTensor, BuiltLayer, Result, Shape, random};

/// Is the model learning, or used?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Layers such as `Dropout` act; tensors carry gradients.
    Training,
    /// The model is evaluated or predicts.
    Inference,
}

/// The description of a layer: plain data, equal to the `config` that Keras writes for it.
///
/// Given the shape of its input it says that of its output, and given a device it builds the module that holds the
/// weights. A user's own layer implements this trait and [`Forward`], and is a layer like any other:
///
/// ```
/// use burn::module::Module;
/// use horn_nn::{AnyTensor, Build, BuiltLayer, Forward, Layer, Mode, Result, Shape, by_rank};
///
/// /// Multiplies by a constant.
/// #[derive(Debug, Clone)]
/// struct Scale(f64);
///
/// impl Layer for Scale {
///     fn class_name(&self) -> &'static str {
///         "Scale"
///     }
///     fn output_shape(&self, input: &Shape) -> Result<Shape> {
///         Ok(input.clone())
///     }
///     fn build(&self, _input: &Shape, _build: &Build) -> Result<BuiltLayer> {
///         Ok(BuiltLayer::new(ScaleModule { factor: self.0 }))
///     }
/// }
///
/// #[derive(Module, Debug)]
/// struct ScaleModule {
///     factor: f64,
/// }
///
/// impl Forward for ScaleModule {
///     fn forward(&self, input: AnyTensor, _mode: Mode) -> Result<AnyTensor> {
///         by_rank!(input, |x| (x * self.factor).into())
///     }
/// }
/// ```
pub trait Layer: fmt::Debug + Send + Sync + 'static {
    /// Keras's name of the class, `Dense`.
    fn class_name(&self) -> &'static str;

    /// The name that the user gave. The model names layers without one after their class: `dense`, `dense_1`.
    fn name(&self) -> Option<&str> {
        None
    }

    /// The shape of the output for an input of this shape.
    ///
    /// # Errors
    ///
    /// Where the layer can't take such an input, or its own arguments are impossible.
    fn output_shape(&self, input: &Shape) -> Result<Shape>;

    /// Makes the module for an input of this shape, with its initial weights. [`output_shape`](Self::output_shape) has
    /// been asked before.
    ///
    /// # Errors
    ///
    /// Where the weights can't be made.
    fn build(&self, input: &Shape, build: &Build) -> Result<BuiltLayer>;

    /// The shape of the input that the layer itself fixes; only `Input` does.
    fn input_shape(&self) -> Option<&Shape> {
        None
    }

    /// The layer's arguments under Keras's names, as Keras writes them to a file.
    fn config(&self) -> Value {
        Value::Null
    }
}

/// What a layer needs to build its module.
#[derive(Debug, Clone)]
pub struct Build {
    /// Where the weights lie.
    pub device: Device,
}

impl Build {
    /// A trainable weight with initial values. Random initializers without a seed of their own draw the next one, in
    /// the order of the calls, as Keras's do.
    ///
    /// # Errors
    ///
    /// Where the initializer can't fill such a shape.
    pub fn add_weight<const D: usize>(&self, sizes: [usize; D], initializer: &Initializer) -> Result<Param<Tensor<D>>> {
        let seed = if initializer.is_random() { random::next_seed() } else { 0 };
        let values = initializer.sample(&sizes, seed)?;
        let weight = Tensor::from_data(TensorData::new(values, sizes), &self.device.clone().without_autodiff());
        // On a device without autodiff this is remembered until the model trains.
        Ok(Param::initialized(ParamId::new(), weight).set_require_grad(true))
    }
}

/// A built layer: a Burn module that says how it goes forward.
pub trait Forward: Module + Sync + 'static {
    /// Computes the output of the layer.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the layer.
    fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor>;

    /// Computes what goes into the layer's last activation, where that is a softmax or a sigmoid: a crossentropy is
    /// exact only from there. A layer without such an activation says what [`forward`](Self::forward) says.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the layer.
    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }
}

/// A layer's value before its last activation.
#[derive(Debug, Clone)]
pub struct Logits {
    /// What the activation is applied to.
    pub value: AnyTensor,
    /// `Softmax`, `Sigmoid`, or `Linear` for none.
    pub activation: Activation,
}
