//! `Tracer`: from the symbolic inputs and outputs of a model to its plan.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::graph::input::Input;
use crate::graph::keras_tensor::{KerasTensor, Key, LayerCall, Node, Placed};
use crate::graph::plan::{Keys, ModelKind, Place, Plan, PlannedCall, PlannedLayer, PlannedOperation, Source};
use crate::layer::names;

/// Finds the calls between inputs and outputs and sorts them as Keras does: by their distance from the outputs, and at
/// the same distance in the order of a depth-first traversal from the outputs.
pub(crate) struct Tracer {
    /// The `Input` for each input tensor of the model: the `Input` itself, or a new one for an inner tensor.
    given: HashMap<Key, KerasTensor>,
    /// The visited calls, each after those whose outputs it takes.
    finished: Vec<Arc<LayerCall>>,
    seen: HashSet<*const LayerCall>,
    /// The order in which the layers were first visited.
    order_met: HashMap<*const Placed, isize>,
    /// The masks that are computed before an inner tensor that is an input of the model, and so unknown in the model.
    unknown_masks: HashSet<*const LayerCall>,
}

impl Tracer {
    pub fn new(inputs: &[KerasTensor]) -> Result<Self> {
        let stand_in = |input: &KerasTensor| match input.call.inputs.is_empty() {
            true => input.clone(),
            false => KerasTensor::of_input(Input::of(input.shape().clone()), input.shape().clone()),
        };
        let given: HashMap<_, _> = inputs.iter().map(|input| (input.key(), stand_in(input))).collect();
        if given.len() < inputs.len() {
            return Err(Error::argument("an input is given twice")
                .at("model \"functional\"")
                .received(format!("{} inputs, {} of them different", inputs.len(), given.len()))
                .expected("each input once")
                .hint("create another Input"));
        }
        let (finished, seen, order_met, unknown_masks) = Default::default();
        Ok(Self { given, finished, seen, order_met, unknown_masks })
    }

    pub fn trace(mut self, inputs: &[KerasTensor], outputs: &[KerasTensor]) -> Result<Plan> {
        if inputs.is_empty() || outputs.is_empty() {
            return Err(Error::model("a model needs inputs and outputs")
                .at("model \"functional\"")
                .received(format!("{} inputs, {} outputs", inputs.len(), outputs.len()))
                .expected("at least one of each")
                .hint("write `Model::new(x, y)` with tensors of the graph"));
        }
        for output in outputs {
            self.visit(output)?;
        }
        // An input that no output depends on is still an input, and precedes other layers of the same depth.
        for input in inputs {
            let call = self.stand_in(input).call.clone();
            if !self.seen.contains(&Arc::as_ptr(&call)) {
                self.visit(input)?;
                self.order_met.insert(Arc::as_ptr(&call.layer), -1);
            }
        }
        self.plan(inputs, outputs)
    }

    fn stand_in<'a>(&'a self, tensor: &'a KerasTensor) -> &'a KerasTensor {
        self.given.get(&tensor.key()).unwrap_or(tensor)
    }

    /// Records the call that computes the tensor, after all calls that it depends on. Iterative, as recursion over a deep
    /// graph could overflow the stack.
    fn visit(&mut self, tensor: &KerasTensor) -> Result<()> {
        // The calls on the path, each with the number of its inputs that are visited.
        let mut open: Vec<(Arc<LayerCall>, usize)> = self.meet(tensor)?.map(|call| (call, 0)).into_iter().collect();
        while let Some((call, visited)) = open.last_mut() {
            let (call, at) = (call.clone(), *visited);
            let next = self.sources(&call).nth(at).cloned();
            match next {
                Some(input) => {
                    *visited += 1;
                    open.extend(self.meet(&input)?.map(|call| (call, 0)));
                }
                None => self.finished.extend(open.pop().map(|(call, _)| call)),
            }
        }
        Ok(())
    }

    /// The call that computes the tensor, if it is visited for the first time.
    fn meet(&mut self, tensor: &KerasTensor) -> Result<Option<Arc<LayerCall>>> {
        let given = self.given.contains_key(&tensor.key());
        let call = self.stand_in(tensor).call.clone();
        if !self.seen.insert(Arc::as_ptr(&call)) {
            return Ok(None);
        }
        if call.inputs.is_empty() && !given {
            return Err(unreached(tensor));
        }
        let order_met = self.order_met.len() as isize;
        self.order_met.entry(Arc::as_ptr(&call.layer)).or_insert(order_met);
        let unknown = call.implied.iter().filter(|mask| !self.begins_at_inputs(mask));
        let unknown: Vec<_> = unknown.map(|mask| Arc::as_ptr(&mask.call)).collect();
        self.unknown_masks.extend(unknown);
        Ok(Some(call))
    }

    /// The tensors that a call depends on in this model, as in Keras's node.
    fn sources<'a>(&'a self, call: &'a LayerCall) -> impl Iterator<Item = &'a KerasTensor> {
        let known = |mask: &&KerasTensor| !self.unknown_masks.contains(&Arc::as_ptr(&mask.call));
        call.inputs.iter().chain(call.implied.iter().filter(known))
    }

    /// Can the mask be computed from the model's inputs? It can, unless one of them is an inner tensor.
    fn begins_at_inputs(&self, mask: &KerasTensor) -> bool {
        if self.given.iter().all(|(given, stand_in)| *given == stand_in.key()) {
            return true;
        }
        let (mut open, mut seen) = (vec![mask], HashSet::new());
        while let Some(tensor) = open.pop() {
            if self.given.contains_key(&tensor.key()) || !seen.insert(tensor.key()) {
                continue;
            }
            if tensor.call.inputs.is_empty() {
                return false;
            }
            open.extend(&tensor.call.inputs);
        }
        true
    }

    /// The distance of each call from the outputs, and of each layer: the largest of its calls.
    fn depths(&self) -> (HashMap<*const LayerCall, usize>, HashMap<*const Placed, usize>) {
        let mut calls: HashMap<*const LayerCall, usize> = HashMap::new();
        let mut layers: HashMap<*const Placed, usize> = HashMap::new();
        for call in self.finished.iter().rev() {
            let of_layer = layers.entry(Arc::as_ptr(&call.layer)).or_default();
            let depth = calls.entry(Arc::as_ptr(call)).or_default();
            *depth = (*depth).max(*of_layer);
            *of_layer = *depth;
            let before = *depth + 1;
            for input in self.sources(call) {
                let depth = calls.entry(Arc::as_ptr(&self.stand_in(input).call)).or_default();
                *depth = (*depth).max(before);
            }
        }
        (calls, layers)
    }

    fn plan(self, inputs: &[KerasTensor], outputs: &[KerasTensor]) -> Result<Plan> {
        let (call_depths, layer_depths) = self.depths();
        let name = "functional".to_owned();
        let placed = self.layers(&name, &layer_depths)?;
        let (operations, layers): (Vec<_>, Vec<_>) =
            placed.iter().enumerate().partition(|(_, (placed, _))| placed.is_operation());
        let at_layer: HashMap<_, _> =
            layers.iter().enumerate().map(|(at, (_, (layer, _)))| (Arc::as_ptr(layer), at)).collect();
        let at_operation: HashMap<_, _> =
            operations.iter().enumerate().map(|(at, (_, (layer, _)))| (Arc::as_ptr(layer), at)).collect();

        let mut finished: Vec<_> = self.finished.iter().filter(|call| !call.layer.is_operation()).collect();
        finished.sort_by_key(|call| Reverse(call_depths[&Arc::as_ptr(call)]));
        let at_call: HashMap<_, _> = finished.iter().enumerate().map(|(at, call)| (Arc::as_ptr(call), at)).collect();
        let place = |tensor: &KerasTensor| {
            let tensor = self.stand_in(tensor);
            Place { call: at_call[&Arc::as_ptr(&tensor.call)], output: tensor.output }
        };
        let calls = finished.iter().map(|call| PlannedCall {
            layer: at_layer[&Arc::as_ptr(&call.layer)],
            index: call.index,
            mode: call.mode,
            inputs: call.inputs.iter().map(place).collect(),
            masks: call.masks,
            operations: self
                .sources(call)
                .skip(call.inputs.len())
                .map(|mask| at_operation[&Arc::as_ptr(&mask.call.layer)])
                .collect(),
            input_shapes: match call.inputs.as_slice() {
                [] => call.output_shapes.clone(),
                inputs => inputs[..inputs.len() - call.masks].iter().map(|input| input.shape().clone()).collect(),
            },
            output_shapes: call.output_shapes.clone(),
        });
        let source = |tensor: &KerasTensor| match at_operation.get(&Arc::as_ptr(&tensor.call.layer)) {
            Some(&at) => Source::Operation(at),
            None => Source::Layer(place(tensor)),
        };
        let of_placed: HashMap<_, _> = self.finished.iter().map(|call| (Arc::as_ptr(&call.layer), call)).collect();
        let operations = operations.iter().filter_map(|(at, (placed, name))| match &placed.node {
            Node::Operation(operation) => Some((at, placed, name, operation)),
            Node::Layer(_) => None,
        });
        let operations = operations.enumerate().map(|(before, (at, placed, name, operation))| PlannedOperation {
            name: name.clone(),
            class_name: operation.class_name().to_owned(),
            config: operation.object(),
            inputs: of_placed[&Arc::as_ptr(placed)].inputs.iter().map(source).collect(),
            output_shape: of_placed[&Arc::as_ptr(placed)].output_shapes[0].clone(),
            before: at - before,
        });
        Ok(Plan {
            calls: calls.collect(),
            operations: operations.collect(),
            inputs: inputs.iter().map(|input| place(input).call).collect(),
            outputs: outputs.iter().map(place).collect(),
            keys: Keys::default(),
            layers: layers
                .into_iter()
                .filter_map(|(_, (placed, name))| match &placed.node {
                    Node::Layer(layer) => {
                        Some(PlannedLayer { name: name.clone(), layer: layer.clone(), order: placed.order })
                    }
                    Node::Operation(_) => None,
                })
                .collect(),
            name,
            named: false,
            kind: ModelKind::Functional,
        })
    }

    /// The layers and the mask operations in Keras's order, with their names.
    fn layers(&self, model: &str, depths: &HashMap<*const Placed, usize>) -> Result<Vec<(Arc<Placed>, String)>> {
        let mut found = HashSet::new();
        let calls = self.finished.iter().cloned().chain(self.unread_masks());
        let mut layers: Vec<Arc<Placed>> =
            calls.map(|call| call.layer.clone()).filter(|layer| found.insert(Arc::as_ptr(layer))).collect();
        // Names are numbered in the order of the program.
        layers.sort_by_key(|layer| layer.order);
        let names = names::names_of(model, layers.iter().map(|placed| (placed.node.name(), placed.node.class_name())))?;
        let mut named: Vec<_> = layers.into_iter().zip(names).collect();
        named.retain(|(layer, _)| self.order_met.contains_key(&Arc::as_ptr(layer)));
        named.sort_by_key(|(layer, _)| {
            let layer = Arc::as_ptr(layer);
            (Reverse(depths[&layer]), self.order_met[&layer])
        });
        Ok(named)
    }

    /// Masks that no layer takes, which Keras still computes and counts.
    fn unread_masks(&self) -> Vec<Arc<LayerCall>> {
        let masks = self.finished.iter().flat_map(|call| call.output_masks.iter().flatten());
        let mut open: Vec<&KerasTensor> = masks.collect();
        let mut seen = HashSet::new();
        let mut unread = Vec::new();
        while let Some(mask) = open.pop() {
            let call = Arc::as_ptr(&mask.call);
            if mask.call.layer.is_operation() && !self.seen.contains(&call) && seen.insert(call) {
                unread.push(mask.call.clone());
                open.extend(&mask.call.inputs);
            }
        }
        unread
    }
}

fn unreached(tensor: &KerasTensor) -> Error {
    Error::model("an output depends on an Input that the model is not given")
        .at("model \"functional\"")
        .received(format!("{} of shape {}", tensor.call.layer.node.name().unwrap_or("an Input"), tensor.shape()))
        .expected("an Input among the model's inputs")
        .hint("add it to the first argument of `Model::new`")
}
