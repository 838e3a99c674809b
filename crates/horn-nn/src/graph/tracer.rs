//! `Tracer`: from the symbolic inputs and outputs of a model to its plan.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::graph::input::Input;
use crate::graph::keras_tensor::{KerasTensor, Key, LayerCall, Placed};
use crate::graph::plan::{Keys, Lookups, ModelKind, Place, Plan, PlannedCall, PlannedLayer};
use crate::layer::names;

/// For each call its distance from the outputs, and its number among the calls.
type CallDepths = HashMap<*const LayerCall, (usize, usize)>;

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
            // What carries an error has no shape.
            if output.checked()?.shape().rank() == 0 {
                return Err(Error::shape("an output is a single number, and no tensor with samples")
                    .at("model \"functional\"")
                    .received(format!("{output:?}"))
                    .expected("outputs whose first axis is the samples")
                    .hint("reduce the axes of each sample only, as `ops::mean(&x, -1, false)`"));
            }
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
        let call = self.stand_in(tensor).checked()?.call.clone();
        if !self.seen.insert(Arc::as_ptr(&call)) {
            return Ok(None);
        }
        if call.inputs.is_empty() && !given {
            return Err(unreached(tensor));
        }
        let order_met = self.order_met.len() as isize;
        self.order_met.entry(Arc::as_ptr(&call.layer)).or_insert(order_met);
        let implied = call.masks.iter().flatten().filter(|_| !call.gives_masks);
        let unknown = implied.filter(|mask| !self.begins_at_inputs(mask));
        let unknown: Vec<_> = unknown.map(|mask| Arc::as_ptr(&mask.call)).collect();
        self.unknown_masks.extend(unknown);
        Ok(Some(call))
    }

    /// The tensors that a call depends on in this model, as in Keras's node.
    fn sources<'a>(&'a self, call: &'a LayerCall) -> impl Iterator<Item = &'a KerasTensor> {
        call.inputs.iter().chain(self.masks(call).map(|(_, mask)| mask))
    }

    /// The masks of a call that are known in this model, each with the number of the input that it is for.
    fn masks<'a>(&'a self, call: &'a LayerCall) -> impl Iterator<Item = (usize, &'a KerasTensor)> {
        let masks = call.masks.iter().enumerate().filter_map(|(at, mask)| Some((at, mask.as_ref()?)));
        masks.filter(|(_, mask)| call.gives_masks || !self.unknown_masks.contains(&Arc::as_ptr(&mask.call)))
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

    /// The distance of each call from the outputs with its number in the order in which Keras meets them, and the distance
    /// of each layer: the largest of its calls.
    fn depths(&self) -> (CallDepths, HashMap<*const Placed, usize>) {
        let mut calls = CallDepths::new();
        let mut layers: HashMap<*const Placed, usize> = HashMap::new();
        for call in self.finished.iter().rev() {
            let of_layer = layers.entry(Arc::as_ptr(&call.layer)).or_default();
            let met = calls.len();
            let (depth, _) = calls.entry(Arc::as_ptr(call)).or_insert((0, met));
            *depth = (*depth).max(*of_layer);
            *of_layer = *depth;
            // In Keras's graph there is no node between an array and the call that takes it.
            let before = *depth + usize::from(!call.layer.layer.conventions().is_constant);
            for input in self.sources(call) {
                let met = calls.len();
                let (depth, _) = calls.entry(Arc::as_ptr(&self.stand_in(input).call)).or_insert((0, met));
                *depth = (*depth).max(before);
            }
        }
        (calls, layers)
    }

    fn plan(self, inputs: &[KerasTensor], outputs: &[KerasTensor]) -> Result<Plan> {
        let (call_depths, layer_depths) = self.depths();
        let name = "functional".to_owned();
        let layers = self.layers(&name, &layer_depths)?;
        let at_layer: HashMap<_, _> =
            layers.iter().enumerate().map(|(at, (layer, _))| (Arc::as_ptr(layer), at)).collect();
        let mut finished: Vec<_> = self.finished.iter().collect();
        // Calls of one depth run in Keras's order, which matters for layers that remove masks.
        finished.sort_by_key(|call| {
            let (depth, met) = call_depths[&Arc::as_ptr(call)];
            (Reverse(depth), met)
        });
        let at_call: HashMap<_, _> = finished.iter().enumerate().map(|(at, call)| (Arc::as_ptr(call), at)).collect();
        let place = |tensor: &KerasTensor| {
            let tensor = self.stand_in(tensor);
            Place { call: at_call[&Arc::as_ptr(&tensor.call)], output: tensor.output }
        };
        let calls = finished.iter().map(|call| PlannedCall {
            layer: at_layer[&Arc::as_ptr(&call.layer)],
            index: call.index,
            mode: call.mode,
            called_as: call.called_as.clone(),
            inputs: self.sources(call).map(place).collect(),
            masked: self.masks(call).map(|(at, _)| at).collect(),
            gives_masks: call.gives_masks,
            input_shapes: match call.inputs.as_slice() {
                [] => call.output_shapes.clone(),
                inputs => inputs.iter().map(|input| input.shape().clone()).collect(),
            },
            output_shapes: call.output_shapes.clone(),
        });
        Ok(Plan {
            calls: calls.collect(),
            inputs: inputs.iter().map(|input| place(input).call).collect(),
            outputs: outputs.iter().map(place).collect(),
            keys: Keys::default(),
            keeps_masks: false,
            lookups: Lookups::default(),
            layers: layers
                .into_iter()
                .map(|(placed, name)| PlannedLayer { name, layer: placed.layer.clone(), order: placed.order })
                .collect(),
            name,
            named: false,
            kind: ModelKind::Functional,
        })
    }

    /// The layers and the functions on tensors in Keras's order, with their names.
    fn layers(&self, model: &str, depths: &HashMap<*const Placed, usize>) -> Result<Vec<(Arc<Placed>, String)>> {
        let mut found = HashSet::new();
        let calls = self.finished.iter().cloned().chain(self.unread_masks());
        let mut layers: Vec<Arc<Placed>> =
            calls.map(|call| call.layer.clone()).filter(|layer| found.insert(Arc::as_ptr(layer))).collect();
        // Names are numbered in the order of the program.
        layers.sort_by_key(|layer| layer.order);
        let names = names::names(model, layers.iter().map(|placed| placed.layer.as_ref()))?;
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
        .received(format!("{} of shape {}", tensor.call.layer.layer.name().unwrap_or("an Input"), tensor.shape()))
        .expected("an Input among the model's inputs")
        .hint("add it to the first argument of `Model::new`")
}
