//! What a layer is: a description that builds a Burn module.

use std::fmt;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::graph::shared_layer::SharedLayer;
use crate::layer::builder::LayerBuilder;
use crate::layer::erased::BuiltLayer;
use crate::layer::given::Given;
use crate::layer::lookup_state::LookupState;
use crate::regularizers::Regularizer;
use crate::tensor::shape::{Shape, list};

/// The description of a layer: plain data, equal to the `config` that Keras writes for it.
///
/// Given the shape of its input it says that of its output, and given a device it builds the module that holds the
/// weights. A user's own layer implements this trait and [`Forward`], and is a layer like any other:
///
/// ```
/// use burn::module::{Module, Param};
/// use burn::tensor::Tensor;
/// use horn_nn::initializers::Ones;
/// use horn_nn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Layer, Mode, Result, Shape, by_rank};
///
/// /// Multiplies by a number that it learns.
/// #[derive(Debug, Clone)]
/// struct Scale;
///
/// impl Layer for Scale {
///     fn class_name(&self) -> &str {
///         "Scale"
///     }
///     fn output_shape(&self, input: &Shape) -> Result<Shape> {
///         Ok(input.clone())
///     }
///     fn build(&self, _input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
///         Ok(BuiltLayer::new(ScaleModule { factor: build.add_weight("factor", [1], &Ones::new().into())? }))
///     }
/// }
///
/// #[derive(Module, Debug)]
/// struct ScaleModule {
///     factor: Param<Tensor<1>>,
/// }
///
/// impl Forward for ScaleModule {
///     fn forward(&self, input: AnyTensor, _mode: Mode) -> Result<AnyTensor> {
///         by_rank!(input, |x| (x * self.factor.val().unsqueeze()).into())
///     }
/// }
/// ```
///
/// A layer of several inputs or outputs implements [`output_shapes`](Self::output_shapes),
/// [`build_for`](Self::build_for) and [`Forward::call`] as well.
pub trait Layer: fmt::Debug + Send + Sync + 'static {
    /// Keras's name of the class, `Dense`.
    fn class_name(&self) -> &str;

    /// The name that the user gave. The model names layers without one after their class: `dense`, `dense_1`.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Do its weights learn? A model can change that later, layer by layer.
    fn trainable(&self) -> bool {
        true
    }

    /// Does the layer take a mask, or let it pass? Where it does not, the mask of its input ends there.
    fn supports_masking(&self) -> bool {
        false
    }

    /// What is added to the loss for the layer's outputs.
    fn activity_regularizer(&self) -> Option<&Regularizer> {
        None
    }

    /// The shape of the output for an input of this shape.
    ///
    /// # Errors
    ///
    /// Where the layer can't take such an input, or its own arguments are impossible.
    fn output_shape(&self, input: &Shape) -> Result<Shape>;

    /// The shapes of all outputs for inputs of these shapes. A plain layer has one of each.
    ///
    /// # Errors
    ///
    /// As [`output_shape`](Self::output_shape), and where the layer takes another number of inputs.
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.output_shape(one(inputs)?)?])
    }

    /// Makes the module for an input of this shape, with its initial weights. [`output_shape`](Self::output_shape) has
    /// been asked before.
    ///
    /// # Errors
    ///
    /// Where the weights can't be made.
    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer>;

    /// Makes the module for inputs of these shapes.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and where the layer takes another number of inputs.
    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        self.build(one(inputs)?, build)
    }

    /// The shape of the input that the layer itself fixes; only `Input` does.
    fn input_shape(&self) -> Option<&Shape> {
        None
    }

    /// Does the layer take texts? Only layers that make numbers of them do; their output shape is an error where the
    /// input is none of texts.
    fn takes_texts(&self) -> bool {
        false
    }

    /// What files keep beside the arguments of a layer that looks tokens up: a vocabulary that it has learned.
    fn lookup_state(&self) -> Option<LookupState> {
        None
    }

    /// How many values each state of a recurrent cell has, if the layer is one: it takes a step of the sequence and its
    /// states, and returns an output and the new states.
    fn state_sizes(&self) -> Option<Vec<usize>> {
        None
    }

    /// The arguments by which Keras's program gives the layer so many inputs, and how many each takes. Files name them
    /// so; in most layers one argument takes all inputs, as a list where there are several.
    fn call_arguments(&self, inputs: usize) -> Vec<(&'static str, usize)> {
        vec![("inputs", inputs)]
    }

    /// Those keys of [`config`](Self::config) that Keras takes with the call.
    fn call_options(&self) -> &'static [&'static str] {
        &[]
    }

    /// The layer's arguments under Keras's names, as Keras writes them to a file.
    fn config(&self) -> Value {
        Value::Null
    }

    /// The layer with a name. Keras's own layers have a method [`name`](method@crate::layers::Dense::name) for that; this
    /// is for those whose authors gave them no such argument.
    ///
    /// ```
    /// # use burn::module::Module;
    /// # use horn_nn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Mode, Result, Shape};
    /// use horn_nn::Layer;
    /// # #[derive(Debug, Clone)]
    /// # struct Scale;
    /// # impl Layer for Scale {
    /// #     fn class_name(&self) -> &str { "Scale" }
    /// #     fn output_shape(&self, input: &Shape) -> Result<Shape> { Ok(input.clone()) }
    /// #     fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> { Ok(BuiltLayer::new(Same {})) }
    /// # }
    /// # #[derive(Module, Debug)]
    /// # struct Same {}
    /// # impl Forward for Same {
    /// #     fn forward(&self, x: AnyTensor, _: Mode) -> Result<AnyTensor> { Ok(x) }
    /// # }
    ///
    /// assert_eq!(Scale.named("louder").name(), Some("louder"));
    /// ```
    fn named(self, name: impl Into<String>) -> Box<dyn Layer>
    where
        Self: Sized,
    {
        let trainable = self.trainable();
        Box::new(Given { name: Some(name.into()), trainable, layer: Box::new(self) })
    }

    /// Puts the layer into a graph, after the tensor that it takes; an array, a tuple or a `Vec` where it takes several.
    ///
    /// ```
    /// use horn_nn::Layer;
    /// use horn_nn::layers::{Dense, Input};
    ///
    /// let x = Input([784]);
    /// let y = Dense(10).apply(&x)?;
    /// assert_eq!(y.shape().to_string(), "(None, 10)");
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs, or has several outputs.
    fn apply(self, inputs: impl IntoTensors) -> Result<KerasTensor>
    where
        Self: Sized,
    {
        self.shared().apply(inputs)
    }

    /// Puts the layer into a graph as [`apply`](Self::apply) does, and returns all its outputs.
    ///
    /// # Errors
    ///
    /// Where the layer does not fit its inputs.
    fn apply_all(self, inputs: impl IntoTensors) -> Result<Vec<KerasTensor>>
    where
        Self: Sized,
    {
        self.shared().apply_all(inputs)
    }

    /// The layer as one that is applied more than once, always with the same weights.
    ///
    /// ```
    /// use horn_nn::Layer;
    /// use horn_nn::layers::{Dense, Input};
    ///
    /// let (left, right) = (Input([8]), Input([8]));
    /// let encoder = Dense(4).shared();
    /// let (left, right) = (encoder.apply(&left)?, encoder.apply(&right)?);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    ///
    /// Nobody shares weights by accident: a layer that is not shared is used up where it is applied.
    ///
    /// ```compile_fail,E0382
    /// use horn_nn::Layer;
    /// use horn_nn::layers::{Dense, Input};
    ///
    /// let (left, right) = (Input([8]), Input([8]));
    /// let encoder = Dense(4);
    /// let (left, right) = (encoder.apply(&left)?, encoder.apply(&right)?);
    /// # Ok::<(), horn_nn::Error>(())
    /// ```
    fn shared(self) -> SharedLayer
    where
        Self: Sized,
    {
        SharedLayer::new(self)
    }
}

/// The one shape that a plain layer takes.
pub(crate) fn one(inputs: &[Shape]) -> Result<&Shape> {
    match inputs {
        [input] => Ok(input),
        inputs => Err(Error::shape("the layer takes one input")
            .received(format!("{} inputs: {}", inputs.len(), list(inputs)))
            .expected("one")
            .hint("join the inputs by a layer such as `Concatenate` first")),
    }
}

/// The methods that a layer of several inputs or outputs has only for the sake of [`Layer`]: all go to those for many.
#[macro_export]
macro_rules! many_inputs {
    () => {
        fn output_shape(&self, input: &$crate::Shape) -> $crate::Result<$crate::Shape> {
            let shapes = $crate::layer::description::Layer::output_shapes(self, std::slice::from_ref(input))?;
            Ok(shapes.into_iter().next().expect("a layer has an output"))
        }

        fn build(&self, input: &$crate::Shape, build: &mut $crate::LayerBuilder) -> $crate::Result<$crate::BuiltLayer> {
            $crate::layer::description::Layer::build_for(self, std::slice::from_ref(input), build)
        }
    };
}
