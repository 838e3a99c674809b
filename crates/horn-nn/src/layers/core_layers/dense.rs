//! `Dense`: the fully connected layer.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;
use horn_kernels::DenseLayer;
use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::by_rank;
use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::initializers::scaled::GlorotUniform;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::deferred::Deferred;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, plain_call, single};
use crate::layer::rounding::Rounding;
use crate::layer::signal::{Logits, Signal};
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
/// Activations are an enum, so a misspelt one does not compile.
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
    described!("Dense", masking; independent_samples: true, computes_in_half: true, ends_in_activation: true);

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
        let linear = Linear { weight, bias };
        Ok(BuiltLayer::new(DenseModule { linear, activation: self.activation, rounding: build.rounding() }))
    }
}

/// Burn's `Linear`, whose weights have the same layout as Keras's, and an activation.
#[derive(Module, Debug)]
struct DenseModule {
    linear: Linear,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    rounding: Rounding,
}

impl DenseModule {
    /// The layer as one of several that are computed together, and its activation if that is applied later; `None` if it is
    /// computed by itself.
    fn in_stack(&self) -> Option<(DenseLayer, Activation)> {
        let is_late = self.activation.is_softmax() || self.activation.is_sigmoid();
        let is_plain = is_late || matches!(self.activation, Activation::Linear | Activation::Relu);
        if !horn_kernels::enabled() || !is_plain || !self.rounding.is_none() {
            return None;
        }
        let Linear { weight, bias } = &self.linear;
        let layer =
            DenseLayer { kernel: weight.val(), bias: bias.as_ref()?.val(), relu: self.activation == Activation::Relu };
        layer.is_small().then_some((layer, if is_late { self.activation } else { Activation::Linear }))
    }

    /// The output for an activation: in one operation with relu, where there is a kernel for it.
    fn compute<const D: usize>(&self, x: Tensor<D>, activation: Activation) -> Tensor<D> {
        let Linear { weight, bias } = &self.linear;
        if !self.rounding.is_none() {
            let product = Linear { weight: weight.clone(), bias: None }.forward(x);
            let bias = bias.as_ref().map(|bias| bias.val().unsqueeze());
            return activation.forward(self.rounding.add_bias(product, bias));
        }
        let (bias, relu) = (bias.as_ref().map(Param::val), activation == Activation::Relu);
        match horn_kernels::dense(&x, &weight.val(), bias.as_ref(), relu) {
            Some(y) if relu => y,
            Some(y) => activation.forward(y),
            None => activation.forward(self.linear.forward(x)),
        }
    }
}

impl Forward for DenseModule {
    /// Computed late, together with the dense layers that follow.
    fn call(&self, mut signals: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let Some((layer, activation)) = self.in_stack() else { return plain_call(self, signals, call) };
        let mut signal = single(&mut signals)?;
        if !signal.deferred_mut().is_some_and(|operation| operation.then(&layer)) {
            let mask = signal.mask().cloned();
            signal = Signal::deferred(Deferred::dense(layer, signal.value()?)).with_mask(mask);
        }
        signals.push(signal.before(activation));
        Ok(signals)
    }

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
    use burn::tensor::Device;
    use ndarray::{Array2, ArrayD};

    use super::*;
    use crate::initializers::constant::{Constant, Ones};
    use crate::layers::check::infer;
    use crate::layers::{Activation as ActivationLayer, Input};
    use crate::model::model::Model;
    use crate::regularizers::L2;
    use crate::{Apply, HostArray, KerasTensor};

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

    /// A graph with all that can stand between dense layers: an activity loss, two readers, other activations, more layers
    /// than are computed at once, one without a bias, a frozen one. If `apart`, nothing is computed together.
    fn graph(apart: bool) -> Model {
        let separate = |y: KerasTensor| if apart { ActivationLayer(Activation::Linear).apply(&y).unwrap() } else { y };
        let one = |layer: Dense, input: &KerasTensor| separate(layer.apply(input).unwrap());
        let relu = |units| Dense(units).activation(Activation::Relu);
        let input = Input([6]);
        let first = separate(relu(8).activity_regularizer(L2::new(0.1)).apply(&input).unwrap());
        let twice = one(Dense(7), &first);
        let mut x = ActivationLayer(Activation::Relu).apply(&twice).unwrap();
        for layer in [Dense(9).activation(Activation::Tanh), relu(5), Dense(6).use_bias(false), relu(4), relu(4)] {
            x = one(layer, &x);
        }
        for units in [5, 6, 7] {
            x = one(relu(units).name(format!("dense_of_{units}")), &x);
        }
        let classes = one(Dense(3).activation(Activation::Softmax), &x);
        let other = one(Dense(2), &twice);
        let mut model = Model::new(&input, [classes, other]).unwrap().build(&Device::default()).unwrap();
        model.set_layer_trainable("dense_of_6", false).unwrap();
        model
    }

    #[test]
    fn layers_that_are_computed_together_give_what_each_of_them_gives() {
        let (together, mut apart) = (graph(false), graph(true));
        apart.set_weights(&together.get_weights()).unwrap();
        for samples in [1, 50] {
            let x =
                Array2::from_shape_fn((samples, 6), |(row, column)| ((row * 5 + column * 7) % 13) as f32 / 6.0 - 1.0);
            let near = |a: &ArrayD<f32>, b: &ArrayD<f32>| {
                assert_eq!(a.shape(), b.shape());
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{a} {b}");
            };
            let outputs = |model: &Model| model.predict_all(&x, 32).unwrap();
            outputs(&together).iter().zip(&outputs(&apart)).for_each(|(a, b)| near(a, b));
            let activity = |model: &Model| {
                let mut call = CallContext::new(Mode::Training);
                let input = HostArray::from(&x).batch(&(0..samples).collect::<Vec<_>>(), &Device::default()).unwrap();
                model.call(vec![input], &mut call).unwrap();
                call.losses().iter().map(|loss| loss.clone().into_scalar::<f32>()).collect::<Vec<_>>()
            };
            assert_eq!(activity(&together).len(), 1);
            assert!((activity(&together)[0] - activity(&apart)[0]).abs() < 1e-5);
            let gradients = |model: &Model| {
                let loss = |outputs: Vec<Signal>| {
                    let squares = |signal: &Signal| Ok(signal.float::<2>()?.square().sum());
                    Ok(squares(&outputs[0])? + squares(&outputs[1])?)
                };
                model.gradients(&x, Mode::Training, loss).unwrap()
            };
            let (a, b) = (gradients(&together), gradients(&apart));
            near(a.by_input(0).unwrap(), b.by_input(0).unwrap());
            assert_eq!(a.by_weights().len(), together.get_weights().len() - 2);
            a.by_weights().iter().zip(b.by_weights()).for_each(|(a, b)| near(a, b));
        }
    }

    #[test]
    fn the_layer_waits_for_the_next_one() {
        let module = Dense(2).build(&Shape::batched([3]), &mut LayerBuilder::new(&Device::default())).unwrap();
        let mut call = CallContext::new(Mode::Training);
        let x = Signal::new(Tensor::<2>::ones([4, 3], &Device::default()));
        let mut y = module.call(vec![x], &mut call).unwrap();
        assert_eq!(y[0].deferred_mut().is_some(), horn_kernels::enabled());
        assert_eq!(y[0].sizes(), [4, 2]);
        // A large kernel is better split over the threads itself.
        let large = Dense(1 << 16).build(&Shape::batched([5]), &mut LayerBuilder::new(&Device::default())).unwrap();
        let mut y = large.call(vec![Tensor::<2>::ones([1, 5], &Device::default()).into()], &mut call).unwrap();
        assert!(y[0].deferred_mut().is_none());
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
