//! `EinsumDense`: a fully connected layer over any axes.

use burn::module::Module;
use serde::{Deserialize, Deserializer, Serialize};

use crate::activations::activation::Activation;
use crate::by_rank;
use crate::constraints::constraint::Constraint;
use crate::error::Result;
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::initializers::scaled::GlorotUniform;
use crate::layer::any_weight::AnyWeight;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::rounding::Rounding;
use crate::layer::signal::Logits;
use crate::layers::common::{Common, arguments, common_arguments, described, weight_arguments};
use crate::layers::core_layers::equation::{Analysis, Equation};
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::Shape;

/// `output = activation(einsum(equation, input, kernel) + bias)`.
///
/// The equation has a letter for each axis of the input, of the kernel and of the output. Letters that the output lacks are
/// summed over: `"abc,cd->abd"` is [`Dense`](struct@super::Dense) for sequences. An ellipsis stands for any number of axes
/// that are kept: `"...c,cd->...d"`.
///
/// # Shapes
///
/// - input: the first part of the equation
/// - output: the last part of the equation, with the sizes of `output_shape`
/// - weights: kernel, the second part of the equation; bias, the output's axes from the first of `bias_axes` on, with size
///   1 for axes that are not in `bias_axes`
///
/// For initializers such as `GlorotUniform`, the fan-in of the kernel is the product of the sizes that are summed over, and
/// the fan-out that of the sizes that the output has.
///
/// ```
/// use horn::{Layer, Shape, layers::EinsumDense};
///
/// // Eight heads of 16 values for each timestep.
/// let layer = EinsumDense("abc,cde->abde", [None, Some(8), Some(16)]).bias_axes("de");
/// assert_eq!(layer.output_shape(&Shape::batched([10, 64]))?.to_string(), "(None, None, 8, 16)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EinsumDense {
    #[serde(flatten)]
    common: Common,
    equation: String,
    output_shape: OutputSizes,
    activation: Activation,
    bias_axes: Option<String>,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    kernel_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
    kernel_constraint: Option<Constraint>,
    bias_constraint: Option<Constraint>,
    quantization_config: Option<()>,
}

/// The sizes of the output's axes without the batch; `None` if a size is unknown, or is that of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OutputSizes(Vec<Option<usize>>);

impl From<usize> for OutputSizes {
    fn from(size: usize) -> Self {
        Self(vec![Some(size)])
    }
}

impl<const N: usize> From<[usize; N]> for OutputSizes {
    fn from(sizes: [usize; N]) -> Self {
        Self(sizes.map(Some).to_vec())
    }
}

impl<const N: usize> From<[Option<usize>; N]> for OutputSizes {
    fn from(sizes: [Option<usize>; N]) -> Self {
        Self(sizes.to_vec())
    }
}

impl From<Vec<Option<usize>>> for OutputSizes {
    fn from(sizes: Vec<Option<usize>>) -> Self {
        Self(sizes)
    }
}

impl<'de> Deserialize<'de> for OutputSizes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(usize),
            Each(Vec<Option<usize>>),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::One(size) => size.into(),
            Written::Each(sizes) => Self(sizes),
        })
    }
}

/// `keras.layers.EinsumDense(equation, output_shape)`. See [`EinsumDense`](struct@EinsumDense).
#[allow(non_snake_case)]
pub fn EinsumDense(equation: impl Into<String>, output_shape: impl Into<OutputSizes>) -> EinsumDense {
    EinsumDense::new(equation, output_shape)
}

impl EinsumDense {
    /// A layer of this equation, whose output has this shape without the batch and the axes of an ellipsis. No
    /// activation, no bias, `GlorotUniform`.
    pub fn new(equation: impl Into<String>, output_shape: impl Into<OutputSizes>) -> Self {
        Self {
            common: Common::default(),
            equation: equation.into(),
            output_shape: output_shape.into(),
            activation: Activation::Linear,
            bias_axes: None,
            kernel_initializer: GlorotUniform::new().into(),
            bias_initializer: Zeros::new().into(),
            kernel_regularizer: None,
            bias_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
            quantization_config: None,
        }
    }

    /// Sets the letters of the output's axes along which the bias varies; no bias by default.
    #[must_use]
    pub fn bias_axes(mut self, axes: impl Into<String>) -> Self {
        self.bias_axes = Some(axes.into());
        self
    }

    fn analyze(&self, input: &Shape) -> Result<(Equation, Analysis)> {
        let equation = Equation::parse(&self.equation, input.rank())?;
        let analysis = equation.analyze(input, &self.output_shape.0)?;
        Ok((equation, analysis))
    }
}

common_arguments!(EinsumDense);

arguments!(EinsumDense {
    /// Sets the activation; none by default.
    activation: Activation,
});

weight_arguments!(
    EinsumDense,
    "kernel",
    kernel: kernel_initializer = "GlorotUniform",
    kernel_regularizer,
    kernel_constraint
);

weight_arguments!(EinsumDense, "bias", bias: bias_initializer = "Zeros", bias_regularizer, bias_constraint);

impl Layer for EinsumDense {
    described!("EinsumDense", activity; independent_samples: true, computes_in_half: true, ends_in_activation: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let (equation, analysis) = self.analyze(input)?;
        if let Some(axes) = &self.bias_axes {
            equation.bias(axes, &analysis)?;
        }
        if analysis.output.rank() > MAX_RANK {
            return Err(unsupported_rank(analysis.output.rank()));
        }
        match analysis.output.last() {
            Some(last) => Ok(analysis.output.with_last(self.activation.output_size(last)?)),
            None => Ok(analysis.output),
        }
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (equation, analysis) = self.analyze(input)?;
        let initializer = self.kernel_initializer.for_axes(&analysis.input_axes, &analysis.output_axes);
        let spec = crate::layer::weight::WeightSpec { initializer: &initializer, ..self.kernel() };
        let kernel = AnyWeight::new(build, "kernel", &analysis.weight, spec)?;
        let bias = match &self.bias_axes {
            Some(axes) => Some(AnyWeight::new(build, "bias", &equation.bias(axes, &analysis)?, self.bias())?),
            None => None,
        };
        let (activation, rounding) = (self.activation, build.rounding());
        Ok(BuiltLayer::new(EinsumDenseModule { kernel, bias, equation, activation, rounding }))
    }
}

#[derive(Module, Debug)]
struct EinsumDenseModule {
    kernel: AnyWeight,
    bias: Option<AnyWeight>,
    #[module(skip)]
    equation: Equation,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    rounding: Rounding,
}

impl EinsumDenseModule {
    fn linear(&self, input: AnyTensor) -> Result<AnyTensor> {
        let product = self.equation.multiply(input, self.kernel.value())?;
        let Some(bias) = &self.bias else { return self.rounding.apply_any(product) };
        let bias = bias.with_rank(product.rank())?;
        by_rank!(product, |y| bias.float().map(|bias| AnyTensor::from(self.rounding.add_bias(y, Some(bias)))))?
    }
}

impl Forward for EinsumDenseModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(self.linear(input)?, |y| self.activation.forward(y).into())
    }

    fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        if self.activation.is_softmax() || self.activation.is_sigmoid() {
            return Ok(Logits { value: self.linear(input)?, activation: self.activation });
        }
        Ok(Logits { value: self.forward(input, mode)?, activation: Activation::Linear })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initializers::constant::Ones;
    use crate::layers::check::infer;

    #[test]
    fn sums_over_what_the_output_lacks() {
        let layer = EinsumDense("ab,bc->ac", 2).kernel_initializer(Ones::new());
        assert_eq!(infer(layer, &[1.0, 2.0, 3.0], &[1, 3]).unwrap(), (vec![1, 2], vec![6.0, 6.0]));
        let layer = EinsumDense("abc,cd->ad", 1).kernel_initializer(Ones::new());
        assert_eq!(infer(layer, &[1.0, 2.0, 3.0, 4.0], &[1, 2, 2]).unwrap(), (vec![1, 1], vec![10.0]));
        let layer = EinsumDense("abc,bcd->abd", [2, 1]).kernel_initializer(Ones::new());
        assert_eq!(infer(layer, &[1.0, 2.0, 3.0, 4.0], &[1, 2, 2]).unwrap(), (vec![1, 2, 1], vec![3.0, 7.0]));
    }

    #[test]
    fn the_fans_are_those_of_the_equation() {
        // Fans 3 and 8: the limit is sqrt(6 / 11); the last two axes alone would have 6 and 12, sqrt(6 / 18).
        crate::random::set_random_seed(1);
        let layer = EinsumDense("ab,bcd->acd", [2, 4]);
        let (_, y) = infer(layer, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], &[3, 3]).unwrap();
        let largest = y.iter().fold(0.0_f32, |largest, y| largest.max(y.abs()));
        assert!(largest > 0.577 && largest < 0.739, "{largest}");
    }

    #[test]
    fn impossible_arguments_are_errors() {
        let input = Shape::batched([3]);
        assert!(EinsumDense("ab,cd->ad", 2).output_shape(&input).unwrap_err().is_argument());
        assert!(EinsumDense("ab,bc->ac", [2, 2]).output_shape(&input).unwrap_err().is_shape());
        assert!(EinsumDense("ab,bc->ac", 0).output_shape(&input).unwrap_err().is_shape());
        assert!(EinsumDense("ab,bc->ac", 2).bias_axes("b").output_shape(&input).unwrap_err().is_argument());
    }
}
