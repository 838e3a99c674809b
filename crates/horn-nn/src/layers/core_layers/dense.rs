//! `Dense`: the fully connected layer.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::by_rank;
use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::initializers::scaled::GlorotUniform;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Logits;
use crate::layers::common::{Common, arguments, common_arguments, described, weight_arguments};
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `output = activation(input · kernel + bias)`, over the last axis.
///
/// # Shapes
///
/// - input: `[batch, …, features]`
/// - output: `[batch, …, units]`
/// - weights: kernel `[features, units]`, bias `[units]`
///
/// ```
/// use horn::layers::Dense;
/// use horn::{Activation, initializers::HeNormal};
///
/// let hidden = Dense(128).activation(Activation::Relu).kernel_initializer(HeNormal::new());
/// let output = Dense(10).activation(Activation::Softmax).name("digits");
/// ```
///
/// Activations are an enum, so a misspelt one does not compile:
///
/// ```compile_fail,E0308
/// use horn::layers::Dense;
///
/// let output = Dense(10).activation("sofmax");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    #[serde(flatten)]
    common: Common,
    units: usize,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    kernel_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
    kernel_constraint: Option<Constraint>,
    bias_constraint: Option<Constraint>,
    quantization_config: Option<()>,
}

/// `keras.layers.Dense(units)`. See [`Dense`](struct@Dense).
#[allow(non_snake_case)]
pub fn Dense(units: usize) -> Dense {
    Dense::new(units)
}

impl Dense {
    /// A layer with this number of units and Keras's defaults: no activation, a bias, `GlorotUniform` and `Zeros`.
    pub fn new(units: usize) -> Self {
        Self {
            common: Common::default(),
            units,
            activation: Activation::Linear,
            use_bias: true,
            kernel_initializer: GlorotUniform::new().into(),
            bias_initializer: Zeros::new().into(),
            kernel_regularizer: None,
            bias_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
            quantization_config: None,
        }
    }

    fn features(&self, input: &Shape) -> Result<usize> {
        let misfit = |problem: &str| {
            Error::shape(problem)
                .received(input)
                .expected("(None, …, features)")
                .hint("put `Input([features])` or `Flatten()` before it")
        };
        if input.rank() < 2 {
            return Err(misfit("a Dense layer needs an axis of features besides the batch axis"));
        }
        match input.last() {
            Some(0) | None => Err(misfit("the number of input features must be known and not zero")),
            Some(features) => Ok(features),
        }
    }
}

common_arguments!(Dense);

arguments!(Dense {
    /// Sets the activation; none by default.
    activation: Activation,
    /// Sets whether a bias is added; `true` by default.
    use_bias: bool,
});

weight_arguments!(Dense, "kernel", kernel: kernel_initializer = "GlorotUniform", kernel_regularizer, kernel_constraint);

weight_arguments!(Dense, "bias", bias: bias_initializer = "Zeros", bias_regularizer, bias_constraint);

impl Layer for Dense {
    described!("Dense", masking; independent_samples: true, computes_in_half: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.units == 0 {
            return Err(Error::argument("a Dense layer needs units")
                .received("units = 0")
                .expected("at least 1")
                .hint("give it the number of outputs, as in `Dense(10)`"));
        }
        self.features(input)?;
        let units = self.activation.output_size(self.units)?;
        Ok(input.clone().with_last(units))
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let weight = build.add_weight("kernel", [self.features(input)?, self.units], self.kernel())?;
        let bias = if self.use_bias { Some(build.add_weight("bias", [self.units], self.bias())?) } else { None };
        Ok(BuiltLayer::new(DenseModule { linear: Linear { weight, bias }, activation: self.activation }))
    }
}

/// Burn's `Linear`, whose weights have the same layout as Keras's, and an activation.
#[derive(Module, Debug)]
struct DenseModule {
    linear: Linear,
    #[module(skip)]
    activation: Activation,
}

impl DenseModule {
    /// The output for an activation: in one operation with relu, where there is a kernel for it.
    fn compute<const D: usize>(&self, x: Tensor<D>, activation: Activation) -> Tensor<D> {
        let Linear { weight, bias } = &self.linear;
        let (bias, relu) = (bias.as_ref().map(Param::val), activation == Activation::Relu);
        match horn_kernels::dense(&x, &weight.val(), bias.as_ref(), relu) {
            Some(y) if relu => y,
            Some(y) => activation.forward(y),
            None => activation.forward(self.linear.forward(x)),
        }
    }
}

impl Forward for DenseModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| self.compute(x, self.activation).into())
    }

    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        if self.activation.is_softmax() || self.activation.is_sigmoid() {
            let value = by_rank!(input, |x| self.compute(x, Activation::Linear).into())?;
            return Ok(Logits { value, activation: self.activation });
        }
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initializers::constant::{Constant, Ones};
    use crate::layers::check::infer;

    #[test]
    fn multiplies_and_adds() {
        let layer = Dense(2).kernel_initializer(Ones::new()).bias_initializer(Constant::new(0.5));
        assert_eq!(infer(layer, &[1.0, 2.0, 3.0, 4.0], &[2, 2]).unwrap(), (vec![2, 2], vec![3.5, 3.5, 7.5, 7.5]));
    }

    #[test]
    fn works_over_the_last_axis_of_any_rank() {
        let layer = Dense(1).kernel_initializer(Ones::new()).use_bias(false).activation(Activation::Relu);
        let (sizes, values) = infer(layer, &[1.0, -2.0, 3.0, 4.0], &[1, 2, 2]).unwrap();
        assert_eq!((sizes, values), (vec![1, 2, 1], vec![0.0, 7.0]));
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(Dense(0), &[1.0], &[1, 1]).unwrap_err().is_argument());
        let error = Dense(3).output_shape(&Shape::batched([])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a Dense layer needs an axis of features besides the batch axis; received (None,), \
             expected (None, …, features). Hint: put `Input([features])` or `Flatten()` before it."
        );
    }
}
