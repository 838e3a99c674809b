//! `LayerRef`: a layer in a built model.

use burn::module::Module;
use ndarray::ArrayD;

use crate::error::{Error, Result};
use crate::graph::plan::{Plan, PlannedCall};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::weight::Weight;
use crate::layer::weights;
use crate::model::model::{LayerState, Model};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// A view of a layer in a built model: its name, shapes and weights.
#[derive(Debug, Clone, Copy)]
pub struct LayerRef<'a> {
    plan: &'a Plan,
    at: usize,
    state: &'a LayerState,
    module: &'a BuiltLayer,
}

impl<'a> LayerRef<'a> {
    pub(crate) fn new(plan: &'a Plan, at: usize, state: &'a LayerState, module: &'a BuiltLayer) -> Self {
        Self { plan, at, state, module }
    }

    /// The layer's name, unique in the model.
    pub fn name(&self) -> &'a str {
        &self.plan.layers[self.at].name
    }

    /// The layer's description.
    pub fn layer(&self) -> &'a dyn Layer {
        self.plan.layers[self.at].layer.as_ref()
    }

    /// Is it an `Input`?
    pub(crate) fn is_input(&self) -> bool {
        self.layer().input_shape().is_some()
    }

    /// The shape of the output, or of the first one if there are several.
    pub fn output_shape(&self) -> &'a Shape {
        &self.plan.first_call(self.at).output_shapes[0]
    }

    /// The shapes of all outputs.
    pub fn output_shapes(&self) -> impl ExactSizeIterator<Item = &'a Shape> + use<'a> {
        self.plan.first_call(self.at).output_shapes.iter()
    }

    /// The calls of the layer in this model, in the order of the program.
    pub(crate) fn calls(&self) -> impl ExactSizeIterator<Item = &'a PlannedCall> + use<'a> {
        self.plan.calls_of(self.at)
    }

    /// Is the layer trainable, that is, not frozen?
    pub fn trainable(&self) -> bool {
        self.state.trainable
    }

    /// The number of parameters: all values of all weights.
    pub fn count_params(&self) -> usize {
        self.module.num_params()
    }

    /// The metadata of each weight.
    pub fn weights(&self) -> &'a [Weight] {
        &self.state.weights
    }

    /// For each weight, is it trainable? In a frozen layer, none is.
    pub fn trainable_flags(&self) -> Vec<bool> {
        let own = match self.as_model() {
            Some(nested) => nested.trainable_flags(),
            None => self.weights().iter().map(|weight| weight.trainable).collect(),
        };
        own.into_iter().map(|trainable| trainable && self.trainable()).collect()
    }

    /// Copies of the weights.
    pub fn get_weights(&self) -> Vec<ArrayD<f32>> {
        weights::get(self.module, &self.state.weights)
    }

    /// The states that a stateful recurrent layer keeps between batches; empty before the first batch.
    pub fn states(&self) -> Vec<AnyTensor> {
        self.module.states()
    }

    /// Replaces the states; an empty slice resets the layer.
    ///
    /// # Errors
    ///
    /// If the layer has other states.
    pub fn set_states(&self, states: &[AnyTensor]) -> Result<()> {
        self.module.set_states(states)
    }

    /// The nested model, if the layer is one.
    pub fn as_model(&self) -> Option<&'a Model> {
        self.module.downcast_ref()
    }
}

impl Model {
    /// The layers in Keras's order, inputs included. Functions on tensors (`ops`) are not layers.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = LayerRef<'_>> {
        self.nodes().filter(|node| !node.layer().conventions().is_operation).collect::<Vec<_>>().into_iter()
    }

    /// The layers and the functions on tensors in Keras's order.
    pub(crate) fn nodes(&self) -> impl ExactSizeIterator<Item = LayerRef<'_>> {
        (0..self.layers.len()).map(|at| self.layer_at(at))
    }

    /// The layer with this name.
    ///
    /// # Errors
    ///
    /// If the model has no such layer.
    pub fn get_layer(&self, name: &str) -> Result<LayerRef<'_>> {
        self.position(name).map(|at| self.layer_at(at))
    }

    pub(super) fn layer_at(&self, at: usize) -> LayerRef<'_> {
        LayerRef::new(&self.graph.plan, at, &self.graph.states[at], &self.layers[at])
    }

    pub(super) fn position(&self, name: &str) -> Result<usize> {
        let plan = &self.graph.plan;
        plan.layer_of_name(name).ok_or_else(|| {
            let names: Vec<_> = plan.layers.iter().map(|layer| layer.name.as_str()).collect();
            Error::argument("there is no layer of this name")
                .at(format!("model {:?}", self.name()))
                .received(format!("{name:?}"))
                .expected(names.join(", "))
                .hint("write one of these names")
        })
    }
}
