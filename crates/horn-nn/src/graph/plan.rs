//! `Plan`: a model without weights, that is, its layers and the calls that connect them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::layer::call::Mode;
use crate::layer::called_as::CalledAs;
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
    /// The calls of `Input` layers, in the order in which the model takes its inputs.
    pub inputs: Vec<usize>,
    pub outputs: Vec<Place>,
    /// The keys of the inputs and outputs, if the Keras model takes or returns dictionaries.
    pub keys: Keys,
    /// Do attentions keep the masks of their inputs, as before Keras 3.8?
    pub keeps_masks: bool,
    pub lookups: Lookups,
}

/// What is found in a plan when it is first asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lookups {
    /// The calls of each layer, in the order of the program.
    calls: OnceLock<Vec<Vec<usize>>>,
    /// The layers by their names.
    names: OnceLock<HashMap<String, usize>>,
}

/// The keys of inputs and outputs in dictionaries; empty for lists and for dictionaries that contain others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// The inputs as Keras's program takes them, if dictionaries or lists are in others, or a list has one tensor: any place
    /// stands for a tensor.
    pub nested_inputs: Option<Value>,
    /// The outputs likewise.
    pub nested_outputs: Option<Value>,
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
        Conventions { module: Some(module), mask_argument, built_for, gives_integers: true, ..Conventions::default() }
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
    /// The layer with the options of this call, if they are not its own.
    pub called_as: Option<CalledAs>,
    /// The inputs of the layer, followed by the masks that are call arguments.
    pub inputs: Vec<Place>,
    /// For each mask among the inputs, the number of the input that it is for.
    pub masked: Vec<usize>,
    /// Does the program give the masks? If not, they are the propagated ones.
    pub gives_masks: bool,
    pub input_shapes: Vec<Shape>,
    pub output_shapes: Vec<Shape>,
}

impl PlannedCall {
    /// The inputs without the masks, and the mask of each input up to the last that has one.
    pub fn parts<'a, T>(&self, inputs: &'a [T]) -> (&'a [T], Vec<Option<&'a T>>) {
        let (own, given) = inputs.split_at(inputs.len() - self.masked.len());
        (own, by_input(&self.masked, given))
    }
}

/// The mask of each input up to the last that has one, from masks with the numbers of the inputs that they are for.
pub(crate) fn by_input<T>(masked: &[usize], masks: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
    let mut found: Vec<Option<T>> = Vec::new();
    found.resize_with(masked.iter().map(|at| at + 1).max().unwrap_or(0), || None);
    for (at, mask) in masked.iter().zip(masks) {
        found[*at] = Some(mask);
    }
    found
}

/// One output of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub call: usize,
    pub output: usize,
}

impl Plan {
    /// The layer of a call, with the options of the call.
    pub fn description<'a>(&'a self, call: &'a PlannedCall) -> &'a dyn Layer {
        let own = self.layers[call.layer].layer.as_ref();
        call.called_as.as_ref().map_or(own, |called| called.layer.as_ref())
    }

    /// The shape of an output.
    pub fn shape(&self, place: Place) -> &Shape {
        &self.calls[place.call].output_shapes[place.output]
    }

    /// The calls of a layer in the order of the program; in the plan they are in the order in which they run.
    pub fn calls_of(&self, layer: usize) -> impl ExactSizeIterator<Item = &PlannedCall> {
        self.calls_by_layer()[layer].iter().map(|&call| &self.calls[call])
    }

    /// The first call of a layer in the order of the program.
    pub fn first_call(&self, layer: usize) -> &PlannedCall {
        self.calls_of(layer).next().expect("a layer of a plan has at least one call")
    }

    /// How many calls of the same layer come before this one in the order of the program.
    pub fn calls_before(&self, call: usize) -> usize {
        let PlannedCall { layer, index, .. } = self.calls[call];
        self.calls_by_layer()[layer].partition_point(|&other| self.calls[other].index < index)
    }

    fn calls_by_layer(&self) -> &[Vec<usize>] {
        self.lookups.calls.get_or_init(|| {
            let mut found = vec![Vec::new(); self.layers.len()];
            self.calls.iter().enumerate().for_each(|(at, call)| found[call.layer].push(at));
            found.iter_mut().for_each(|calls| calls.sort_by_key(|&call| self.calls[call].index));
            found
        })
    }

    /// The index of the layer of this name.
    pub fn layer_of_name(&self, name: &str) -> Option<usize> {
        let names = self.lookups.names.get_or_init(|| {
            // The first one of a name counts.
            self.layers.iter().enumerate().rev().map(|(at, layer)| (layer.name.clone(), at)).collect()
        });
        names.get(name).copied()
    }
}
