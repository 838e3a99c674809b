//! `Layer`: a description that builds a Burn module.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::arguments::dtype_policy::DTypePolicy;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call_arguments::CallArgument;
use crate::layer::conventions::{Conventions, OutputMask};
use crate::layer::erased::BuiltLayer;
use crate::layer::lookup_state::LookupState;
use crate::layer::mask_trail::{MaskNumber, MaskTrail, number};
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::shape::{Shape, list};

/// The description of a layer: plain data that corresponds to Keras's `config`.
///
/// A description computes the shape of the output from that of the input, and builds the module that has the weights. A
/// custom layer implements this trait, and its module implements [`Forward`](crate::Forward):
///
/// ```
/// use horn::burn::module::{Module, Param};
/// use horn::burn::{self, tensor::Tensor};
/// use horn::initializers::Ones;
/// use horn::{AnyTensor, LayerBuilder, BuiltLayer, Forward, Layer, Mode, Result, Shape, by_rank};
///
/// /// Multiplies by a trainable factor.
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
/// [`build_for`](Self::build_for) and [`Forward::call`](crate::Forward::call) as well.
pub trait Layer: fmt::Debug + Send + Sync + 'static {
    /// The name of the class in Keras, such as `Dense`.
    fn class_name(&self) -> &str;

    /// The name, if one was given. The model names layers without one after their class: `dense`, `dense_1`.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Are the weights trainable? A built model can freeze and unfreeze its layers.
    fn trainable(&self) -> bool {
        true
    }

    /// Does the layer use or propagate masks? If not, its outputs have no mask.
    fn supports_masking(&self) -> bool {
        false
    }

    /// The regularizer for the layer's outputs, whose penalty is added to the loss.
    fn activity_regularizer(&self) -> Option<&Regularizer> {
        None
    }

    /// In which dtypes the layer computes; `None` for float32.
    fn dtype_policy(&self) -> Option<DTypePolicy> {
        None
    }

    /// The shape of the output for an input of this shape.
    ///
    /// # Errors
    ///
    /// If the layer does not support the shape, or its arguments are invalid.
    fn output_shape(&self, input: &Shape) -> Result<Shape>;

    /// The shapes of all outputs for inputs of these shapes. A plain layer has one input and one output.
    ///
    /// # Errors
    ///
    /// As for [`output_shape`](Self::output_shape), and if the layer takes another number of inputs.
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        only(self.output_shape(one(inputs)?))
    }

    /// Builds the module for an input of this shape, with its initial weights. [`output_shape`](Self::output_shape) is
    /// called before.
    ///
    /// # Errors
    ///
    /// If the weights can't be created.
    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer>;

    /// Builds the module for inputs of these shapes.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build), and if the layer takes another number of inputs.
    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        self.build(one(inputs)?, build)
    }

    /// The shape of the input, if the layer defines it; only `Input` does.
    fn input_shape(&self) -> Option<&Shape> {
        None
    }

    /// Does the layer take strings? Only layers that convert strings to numbers do; for an input of numbers, their output
    /// shape is an error.
    fn takes_strings(&self) -> bool {
        false
    }

    /// The state of a lookup layer that files store besides its arguments: its adapted vocabulary.
    fn lookup_state(&self) -> Option<LookupState> {
        None
    }

    /// The sizes of the states, if the layer is a recurrent cell: it takes one timestep of the sequence and its states, and
    /// returns an output and the new states.
    fn state_sizes(&self) -> Option<Vec<usize>> {
        None
    }

    /// The call arguments of the layer in Keras for this number of inputs, and how many inputs each one takes. Files use
    /// these names. In most layers one argument takes all inputs, as a list if there are several.
    fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
        vec![CallArgument::new("inputs", inputs)]
    }

    /// The keys of [`config`](Self::config) that are call arguments in Keras.
    fn call_options(&self) -> &'static [&'static str] {
        &[]
    }

    /// The arguments of a call as Keras records them, `{"args": .., "kwargs": ..}`, with these objects of the tensors; `None`
    /// if they follow from [`call_arguments`](Self::call_arguments), as for all layers. Functions on tensors may have
    /// constants between the tensors.
    #[doc(hidden)]
    fn recorded_call(&self, _tensors: Vec<Value>) -> Option<Value> {
        None
    }

    /// The layer's configuration, with Keras's names and values, as Keras's `get_config()` returns it.
    fn config(&self) -> Value {
        Value::Null
    }

    /// Keras's conventions for the class, which the arguments do not determine.
    fn conventions(&self) -> Conventions {
        Conventions::default()
    }

    /// How the masks of the outputs follow from those of the inputs. By default the mask of the first input is propagated
    /// if the layer [supports masking](Self::supports_masking).
    fn output_mask(&self) -> OutputMask {
        if self.supports_masking() { OutputMask::Propagated { outputs: 1 } } else { OutputMask::None }
    }

    /// The masks of the outputs for those of the inputs. The trail records on which masks results depend.
    #[doc(hidden)]
    fn follow_masks(&self, masks: &[Option<MaskNumber>], trail: &mut MaskTrail) -> Vec<Option<MaskNumber>> {
        follow_parts(&self.parts(), trail);
        trail.through(&self.output_mask(), &self.conventions(), masks)
    }

    /// The inner layers, if the layer is a wrapper.
    fn parts(&self) -> Vec<Part> {
        Vec::new()
    }

    /// A copy of the layer with other values for some arguments, under Keras's names. `Bidirectional` creates its backward
    /// layer this way.
    ///
    /// # Errors
    ///
    /// If the layer has no such arguments, or can't be created from a configuration.
    fn with_arguments(&self, _arguments: &Map<String, Value>) -> Result<Box<dyn Layer>> {
        Err(Error::argument("the layer can't be copied with other arguments")
            .received(self.class_name())
            .hint("implement `Layer::with_arguments`"))
    }
}

/// An inner layer of a wrapper.
#[derive(Debug, Clone)]
pub struct Part {
    /// The path of the inner layer in the configuration: `layer`, `cells/0`.
    pub path: String,
    /// The inner layer.
    pub layer: Arc<dyn Layer>,
    /// What the inner layer takes as its input.
    pub input: PartInput,
}

/// What an inner layer takes as its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartInput {
    /// The input of the outer layer.
    Whole,
    /// One timestep of the input of the outer layer.
    Step,
    /// The output of the part before it.
    Previous,
}

/// The single shape that a plain layer takes.
pub(crate) fn one(inputs: &[Shape]) -> Result<&Shape> {
    match inputs {
        [input] => Ok(input),
        inputs => Err(Error::shape("the layer takes one input")
            .received(format!("{} inputs: {}", inputs.len(), list(inputs)))
            .expected("one")
            .hint("join the inputs by a layer such as `Concatenate` first")),
    }
}

/// The shapes of the outputs of a layer with one output.
fn only(output: Result<Shape>) -> Result<Vec<Shape>> {
    Ok(vec![output?])
}

/// Records the inner layers, which get no masks.
fn follow_parts(parts: &[Part], trail: &mut MaskTrail) {
    for part in parts {
        part.layer.follow_masks(&[None], trail);
    }
}

/// Implements the methods of [`Layer`] for one input by those for several, in a layer that takes or returns several.
#[macro_export]
macro_rules! many_inputs {
    () => {
        fn output_shape(&self, input: &$crate::Shape) -> $crate::Result<$crate::Shape> {
            let shapes = $crate::Layer::output_shapes(self, std::slice::from_ref(input))?;
            Ok(shapes.into_iter().next().expect("a built-in layer has at least one output"))
        }

        fn build(&self, input: &$crate::Shape, build: &mut $crate::LayerBuilder) -> $crate::Result<$crate::BuiltLayer> {
            $crate::Layer::build_for(self, std::slice::from_ref(input), build)
        }
    };
}

/// The masks of the outputs of call number `at` of a layer. None reach a layer that does not support them, and a mask that
/// the call makes is another one than that of another call.
pub(crate) fn masks_after(
    layer: &dyn Layer,
    at: usize,
    mut masks: Vec<Option<MaskNumber>>,
    trail: &mut MaskTrail,
) -> Vec<Option<MaskNumber>> {
    if !layer.supports_masking() {
        masks.fill(None);
    }
    let outputs = layer.follow_masks(&masks, trail);
    let made = |mask: MaskNumber| if masks.contains(&Some(mask)) { mask } else { number((mask, at)) };
    outputs.into_iter().map(|mask| mask.map(made)).collect()
}
