//! `Activation`: the type that layers take as an argument and that files name.

use crate::activations::custom::CustomActivation;
use crate::activations::functions::*;
use crate::activations::tuned::Tuned;
use crate::error::{Error, Result};
use burn::tensor::Tensor;
use std::fmt;

/// What a layer does to its output, element by element or, for a few, row by row.
///
/// A plain variant has the defaults of Keras's function; where those can be changed there is a constructor of the
/// function's own name:
///
/// ```
/// use horn::burn::tensor::{Device, Tensor};
/// use horn::Activation;
///
/// let x = Tensor::<1>::from_floats([-1.0, 2.0], &Device::default());
/// let y = Activation::LeakyRelu.forward(x.clone()).into_data();
/// assert_eq!(y.try_to_vec::<f32>().unwrap(), [-0.2, 2.0]);
/// let y = Activation::leaky_relu(0.5).forward(x).into_data();
/// assert_eq!(y.try_to_vec::<f32>().unwrap(), [-0.5, 2.0]);
/// ```
///
/// In a layer's configuration, a plain variant is written as its name, as in Keras (`"relu"`). Keras's configuration
/// cannot store the arguments of a function. Where a layer of Keras has the same arguments, a [`Tuned`] activation is
/// written as that layer, which Keras takes as an activation, too: `Dense(8, activation=LeakyReLU(0.5))`. The others are
/// an extension of Horn: `{"name": "celu", "alpha": 0.5}`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Activation {
    /// [`celu`] with `alpha` 1.
    Celu,
    /// [`elu`] with `alpha` 1.
    Elu,
    /// [`exponential`].
    Exponential,
    /// [`gelu`], not approximate.
    Gelu,
    /// [`glu`] over the last axis, whose size it halves.
    Glu,
    /// [`hard_shrink`] with `threshold` 0.5.
    HardShrink,
    /// [`hard_sigmoid`].
    HardSigmoid,
    /// [`hard_silu`]; Keras also names it `hard_swish`.
    HardSilu,
    /// [`hard_tanh`].
    HardTanh,
    /// [`leaky_relu`] with `negative_slope` 0.2.
    LeakyRelu,
    /// The identity: the default of layers that take an activation.
    #[default]
    Linear,
    /// [`log_sigmoid`].
    LogSigmoid,
    /// [`log_softmax`] over the last axis.
    LogSoftmax,
    /// [`mish`].
    Mish,
    /// [`relu`].
    Relu,
    /// [`relu6`].
    Relu6,
    /// [`selu`].
    Selu,
    /// [`sigmoid`].
    Sigmoid,
    /// [`silu`]; Keras also names it `swish`.
    Silu,
    /// [`soft_shrink`] with `threshold` 0.5.
    SoftShrink,
    /// [`softmax`] over the last axis.
    Softmax,
    /// [`softplus`].
    Softplus,
    /// [`softsign`].
    Softsign,
    /// [`sparse_plus`].
    SparsePlus,
    /// [`sparse_sigmoid`].
    SparseSigmoid,
    /// [`sparsemax`] over the last axis.
    Sparsemax,
    /// [`squareplus`] with `b` 4.
    Squareplus,
    /// [`tanh`].
    Tanh,
    /// [`tanh_shrink`].
    TanhShrink,
    /// An activation with custom arguments, made by the constructors, such as [`Activation::leaky_relu`].
    Tuned(Tuned),
    /// A custom activation, made by [`Activation::custom`].
    Custom(CustomActivation),
}

impl Activation {
    /// Applies the activation. [`Activation::output_size`] checks beforehand whether it can be applied:
    /// [`Glu`](Self::Glu) needs a last axis of even size, all others take any tensor.
    pub fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Celu => celu(x, 1.0),
            Self::Elu => elu(x, 1.0),
            Self::Exponential => exponential(x),
            Self::Gelu => gelu(x, false),
            Self::Glu => glu(x, -1),
            Self::HardShrink => hard_shrink(x, 0.5),
            Self::HardSigmoid => hard_sigmoid(x),
            Self::HardSilu => hard_silu(x),
            Self::HardTanh => hard_tanh(x),
            Self::LeakyRelu => leaky_relu(x, 0.2),
            Self::Linear => x,
            Self::LogSigmoid => log_sigmoid(x),
            Self::LogSoftmax => log_softmax(x, -1),
            Self::Mish => mish(x),
            Self::Relu => relu(x),
            Self::Relu6 => relu6(x),
            Self::Selu => selu(x),
            Self::Sigmoid => sigmoid(x),
            Self::Silu => silu(x),
            Self::SoftShrink => soft_shrink(x, 0.5),
            Self::Softmax => softmax(x, -1),
            Self::Softplus => softplus(x),
            Self::Softsign => softsign(x),
            Self::SparsePlus => sparse_plus(x),
            Self::SparseSigmoid => sparse_sigmoid(x),
            Self::Sparsemax => sparsemax(x, -1),
            Self::Squareplus => squareplus(x, 4.0),
            Self::Tanh => tanh(x),
            Self::TanhShrink => tanh_shrink(x),
            Self::Tuned(tuned) => tuned.forward(x),
            Self::Custom(own) => own.forward(x),
        }
    }

    /// The size of the output's last axis, given the input's: the same, or half of it for [`Glu`](Self::Glu).
    ///
    /// # Errors
    ///
    /// If the size is odd and the activation is [`Glu`](Self::Glu).
    pub fn output_size(self, last: usize) -> Result<usize> {
        match self {
            Self::Glu if last.is_multiple_of(2) => Ok(last / 2),
            Self::Glu => Err(Error::shape("the last axis cannot be split into two equal parts")
                .at("activation \"glu\"")
                .received(last)
                .expected("an even size")
                .hint(format!("make it {}: glu gives half as many", last + 1))),
            _ => Ok(last),
        }
    }

    /// Is it the softmax over the last axis? A loss then starts from the logits.
    pub fn is_softmax(self) -> bool {
        self == Self::Softmax
    }

    /// Is it the sigmoid? A loss then starts from the logits.
    pub fn is_sigmoid(self) -> bool {
        self == Self::Sigmoid
    }

    /// Does each output value depend on one input value only? Then the order of the axes does not matter.
    pub(crate) fn is_elementwise(self) -> bool {
        !matches!(self, Self::Glu | Self::LogSoftmax | Self::Softmax | Self::Sparsemax)
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tuned(tuned) => tuned.fmt(f),
            plain => f.write_str(plain.as_str()),
        }
    }
}

impl From<Tuned> for Activation {
    /// The plain variant where the arguments are Keras's defaults, so that equal activations compare equal.
    fn from(tuned: Tuned) -> Self {
        match tuned {
            Tuned::Celu { alpha: 1.0 } => Self::Celu,
            Tuned::Elu { alpha: 1.0 } => Self::Elu,
            Tuned::Gelu { approximate: false } => Self::Gelu,
            Tuned::HardShrink { threshold: 0.5 } => Self::HardShrink,
            Tuned::HardSigmoid { slope } if slope == 1.0 / 6.0 => Self::HardSigmoid,
            Tuned::LeakyRelu { negative_slope: 0.2 } => Self::LeakyRelu,
            Tuned::Relu { negative_slope: 0.0, max_value: None, threshold: 0.0 } => Self::Relu,
            Tuned::SoftShrink { threshold: 0.5 } => Self::SoftShrink,
            Tuned::Squareplus { b: 4.0 } => Self::Squareplus,
            _ => Self::Tuned(tuned),
        }
    }
}

impl Activation {
    /// A custom activation: a function that computes each value by itself. It gets all values in one row, whatever their
    /// shape, and returns as many. Files hold the name; [`register`](Self::register) it before they are read. In Python it is
    /// a function with `keras.saving.register_keras_serializable()`.
    ///
    /// ```
    /// use horn::Activation;
    /// use horn::layers::Dense;
    ///
    /// let squared_relu = Activation::custom("squared_relu", |x| x.clamp_min(0.0).square());
    /// let layer = Dense(8).activation(squared_relu);
    /// ```
    ///
    /// A function of whole rows, as a softmax is, is a layer of its own: `layers::Lambda`.
    pub fn custom(name: &'static str, function: fn(Tensor<1>) -> Tensor<1>) -> Self {
        Self::Custom(CustomActivation::new(name, function))
    }

    /// Registers a [custom](Self::custom) activation, so that it can be read from files by its name, or by Keras's registered
    /// name, `package>name`.
    pub fn register(self) {
        if let Self::Custom(own) = self {
            own.register();
        }
    }

    /// [`celu`](crate::activations::celu) with this `alpha`.
    pub fn celu(alpha: f64) -> Self {
        Tuned::Celu { alpha }.into()
    }

    /// [`elu`](crate::activations::elu) with this `alpha`.
    pub fn elu(alpha: f64) -> Self {
        Tuned::Elu { alpha }.into()
    }

    /// [`gelu`](crate::activations::gelu), approximate or not.
    pub fn gelu(approximate: bool) -> Self {
        Tuned::Gelu { approximate }.into()
    }

    /// [`hard_shrink`](crate::activations::hard_shrink) with this `threshold`.
    pub fn hard_shrink(threshold: f64) -> Self {
        Tuned::HardShrink { threshold }.into()
    }

    /// [`hard_sigmoid_with`](crate::activations::hard_sigmoid_with) this `slope`. That of Keras 2 was 0.2; Keras 3's
    /// [`HardSigmoid`](Self::HardSigmoid) has 1/6.
    pub fn hard_sigmoid(slope: f64) -> Self {
        Tuned::HardSigmoid { slope }.into()
    }

    /// [`leaky_relu`](crate::activations::leaky_relu) with this `negative_slope`.
    pub fn leaky_relu(negative_slope: f64) -> Self {
        Tuned::LeakyRelu { negative_slope }.into()
    }

    /// [`relu_with`](crate::activations::relu_with) these arguments.
    pub fn relu(negative_slope: f64, max_value: impl Into<Option<f64>>, threshold: f64) -> Self {
        Tuned::Relu { negative_slope, max_value: max_value.into(), threshold }.into()
    }

    /// [`soft_shrink`](crate::activations::soft_shrink) with this `threshold`.
    pub fn soft_shrink(threshold: f64) -> Self {
        Tuned::SoftShrink { threshold }.into()
    }

    /// [`squareplus`](crate::activations::squareplus) with this `b`.
    pub fn squareplus(b: f64) -> Self {
        Tuned::Squareplus { b }.into()
    }

    /// [`threshold`](crate::activations::threshold) with these arguments, which have no defaults.
    pub fn threshold(threshold: f64, default_value: f64) -> Self {
        Tuned::Threshold { threshold, default_value }.into()
    }
}
