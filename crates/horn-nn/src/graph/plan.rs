//! `Plan`: a model without weights, that is, its layers and the calls that connect them.

use std::sync::Arc;

use serde_json::Value;

use crate::layer::call::Mode;
use crate::layer::conventions::{BuiltFor, Conventions, MaskArgument};
use crate::layer::description::Layer;
use crate::tensor::shape::Shape;

/// The layers of a model and their calls, in an order in which each call follows those whose outputs it takes.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub name: String,
    /// Was the name given? If not, an outer model numbers this one like other layers.
    pub named: bool,
    pub kind: ModelKind,
    pub layers: Vec<PlannedLayer>,
    pub calls: Vec<PlannedCall>,
    /// The operations of Keras's graph on masks, which Horn propagates together with the values.
    pub operations: Vec<PlannedOperation>,
    /// The calls of `Input` layers, in the order in which the model takes its inputs.
    pub inputs: Vec<usize>,
    pub outputs: Vec<Place>,
    /// The keys of the inputs and outputs, if the Keras model takes or returns dictionaries.
    pub keys: Keys,
}

/// The keys of inputs and outputs in dictionaries; empty for lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

/// The API that the model was made with, which Keras's summary distinguishes.
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

    /// Keras's conventions for such a model as a layer of another one.
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
    /// The position in the order in which weights are created: that of the program.
    pub order: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct PlannedCall {
    /// The index of the layer.
    pub layer: usize,
    /// The index of the call among all calls of the layer, in all models.
    pub index: usize,
    /// The mode of this call, whatever the mode of the model: Keras's `training` argument.
    pub mode: Option<Mode>,
    /// The inputs of the layer, followed by the masks that are call arguments.
    pub inputs: Vec<Place>,
    /// How many of the inputs are masks.
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
    /// Keras's object for the operation: its module and its arguments.
    pub config: Value,
    pub inputs: Vec<Source>,
    pub output_shape: Shape,
    /// How many layers precede it.
    pub before: usize,
}

/// The source of an operation's input.
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
    /// The shape of an output.
    pub fn shape(&self, place: Place) -> &Shape {
        &self.calls[place.call].output_shapes[place.output]
    }

    /// The first call of each layer.
    pub fn first_calls(&self) -> Vec<&PlannedCall> {
        let mut first: Vec<Option<&PlannedCall>> = vec![None; self.layers.len()];
        for call in &self.calls {
            first[call.layer].get_or_insert(call);
        }
        first.into_iter().map(|call| call.expect("a layer of a plan has at least one call")).collect()
    }
}
