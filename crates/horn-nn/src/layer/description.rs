//! What a layer is: a description that builds a Burn module.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::conventions::{Conventions, OutputMask};
use crate::layer::erased::BuiltLayer;
use crate::layer::lookup_state::LookupState;
use crate::regularizers::regularizer::Regularizer;
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
    fn takes_strings(&self) -> bool {
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

    /// What Keras's programs and files do with the class, beyond what the arguments say.
    fn conventions(&self) -> Conventions {
        Conventions::default()
    }

    /// What becomes of the masks of the inputs; by default the first input's is the output's where the layer
    /// [supports masking](Self::supports_masking).
    fn output_mask(&self) -> OutputMask {
        if self.supports_masking() { OutputMask::Propagated { outputs: 1 } } else { OutputMask::None }
    }

    /// The layers inside of this one, where it is a wrapper.
    fn parts(&self) -> Vec<Part> {
        Vec::new()
    }

    /// The same layer with some arguments changed, by Keras's names. `Bidirectional` makes the layer for the way back so.
    ///
    /// # Errors
    ///
    /// Where the layer has no such arguments, or can't be made from a configuration.
    fn with_arguments(&self, _arguments: &Map<String, Value>) -> Result<Box<dyn Layer>> {
        Err(Error::argument("the layer can't be made anew with other arguments")
            .received(self.class_name())
            .hint("implement `Layer::with_arguments`"))
    }
}

/// A layer inside of another one.
#[derive(Debug, Clone)]
pub struct Part {
    /// Where it stands in the configuration, as a path: `layer`, `cells/0`.
    pub path: String,
    /// The layer.
    pub layer: Arc<dyn Layer>,
    /// What it takes.
    pub input: PartInput,
}

/// What a layer inside of another one takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartInput {
    /// What the outer layer takes.
    Whole,
    /// One step of what the outer layer takes.
    Step,
    /// What the part before it gives.
    Previous,
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
