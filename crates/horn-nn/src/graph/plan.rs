//! What a model is before it has weights: its layers, and the calls that connect them.

use std::sync::Arc;

use serde_json::Value;

use crate::layer::call::Mode;
use crate::layer::conventions::{BuiltFor, Conventions, MaskArgument};
use crate::layer::description::Layer;
use crate::tensor::shape::Shape;

/// The layers of a model and their calls. Each call takes outputs of calls before it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub name: String,
    /// Did the user give the name? If not, a model around this one numbers it as it does other layers.
    pub named: bool,
    pub kind: ModelKind,
    pub layers: Vec<PlannedLayer>,
    pub calls: Vec<PlannedCall>,
    /// How Keras's graph computes the masks, which here go along with the values.
    pub operations: Vec<PlannedOperation>,
    /// The calls of `Input` layers, in the order in which the model takes its inputs.
    pub inputs: Vec<usize>,
    pub outputs: Vec<Place>,
    /// Under which keys Keras's program takes the inputs and gives the outputs, where that is by dictionaries.
    pub keys: Keys,
}

/// Names of inputs and of outputs; empty where they come in lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

/// How the user made the model, which Keras's summary tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// A list of layers.
    Sequential,
    /// A graph of layers.
    Functional,
}

impl ModelKind {
    /// Keras's name of the class.
    pub(crate) fn class_name(self) -> &'static str {
        match self {
            Self::Sequential => "Sequential",
            Self::Functional => "Functional",
        }
    }

    /// What Keras does with such a model where it is a layer of another.
    pub(crate) fn conventions(self) -> Conventions {
        let (module, built_for) = match self {
            Self::Sequential => ("keras", BuiltFor::Inputs),
            Self::Functional => ("keras.src.models.functional", BuiltFor::Itself),
        };
        let mask_argument = MaskArgument::Leading;
        Conventions { module: Some(module), mask_argument, built_for, ..Conventions::default() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PlannedLayer {
    pub name: String,
    pub layer: Arc<dyn Layer>,
    /// Weights are made in this order: that of the user's program.
    pub order: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct PlannedCall {
    /// Which layer is called.
    pub layer: usize,
    /// Which call of the layer it is, counted from 0 over all models that it is in.
    pub index: usize,
    /// How the layer acts in this call, whether the model is learning or not: Keras's `training` argument.
    pub mode: Option<Mode>,
    /// What the layer takes; after it the masks that the program gives with the call.
    pub inputs: Vec<Place>,
    /// How many of the inputs are such masks.
    pub masks: usize,
    /// The operations whose masks Keras passes to the layer.
    pub operations: Vec<usize>,
    pub input_shapes: Vec<Shape>,
    pub output_shapes: Vec<Shape>,
}

/// One of Keras's operations on masks.
#[derive(Debug, Clone)]
pub(crate) struct PlannedOperation {
    pub name: String,
    pub class_name: String,
    /// What Keras writes for it: its module and its arguments.
    pub config: Value,
    pub inputs: Vec<Source>,
    pub output_shape: Shape,
    /// How many layers come before it.
    pub before: usize,
}

/// Where an operation takes a tensor from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    Layer(Place),
    Operation(usize),
}

/// One output of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub call: usize,
    pub output: usize,
}

impl Plan {
    /// The shape at a place.
    pub fn shape(&self, place: Place) -> &Shape {
        &self.calls[place.call].output_shapes[place.output]
    }

    /// The first call of each layer.
    pub fn first_calls(&self) -> Vec<&PlannedCall> {
        let mut first: Vec<Option<&PlannedCall>> = vec![None; self.layers.len()];
        for call in &self.calls {
            first[call.layer].get_or_insert(call);
        }
        first.into_iter().map(|call| call.expect("every layer is called")).collect()
    }
}
