//! Submodels: the part of a plan between inner tensors.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::graph::input::Input;
use crate::graph::plan::{Keys, ModelKind, Place, Plan, PlannedCall, PlannedLayer, PlannedOperation, Source};
use crate::layer::description::Layer;
use crate::layer::names::numbered_beside;

impl Plan {
    /// The part of the plan from the starts to the outputs, and for each of its layers the index in this plan. A start that
    /// is not an input is replaced by a new `Input`, whose index is `None`. Without starts, the part has all inputs.
    ///
    /// # Errors
    ///
    /// If an output depends on an input that is not a start.
    pub fn between(&self, starts: &[Place], outputs: &[Place]) -> Result<(Self, Vec<Option<usize>>)> {
        let starts: Vec<Place> = match starts {
            [] => self.inputs.iter().map(|&call| Place { call, output: 0 }).collect(),
            starts => starts.to_vec(),
        };
        let is_input = |place: &&Place| self.calls[place.call].inputs.is_empty();
        let kept = self.calls_between(&starts, outputs)?;
        let stand_ins: Vec<Place> = starts.iter().filter(|start| !is_input(start)).copied().collect();
        let layers_kept = (0..self.layers.len()).filter(|&at| kept.iter().any(|&call| self.calls[call].layer == at));
        let origins: Vec<Option<usize>> = stand_ins.iter().map(|_| None).chain(layers_kept.map(Some)).collect();

        let layer_at = |layer: usize| origins.iter().position(|origin| *origin == Some(layer));
        let moved = |place: &Place| match stand_ins.iter().position(|start| start == place) {
            Some(call) => Some(Place { call, output: 0 }),
            None => {
                let at = kept.iter().position(|&call| call == place.call)?;
                Some(Place { call: stand_ins.len() + at, ..*place })
            }
        };
        let all_moved = |places: &[Place]| places.iter().filter_map(moved).collect::<Vec<_>>();
        let (operations, operation_at) = self.operations_between(&kept, moved, |before| {
            origins.iter().filter(|origin| origin.is_none_or(|layer| layer < before)).count()
        });
        let stand_in_calls = stand_ins.iter().enumerate().map(|(layer, start)| PlannedCall {
            layer,
            index: 0,
            mode: None,
            inputs: Vec::new(),
            masks: 0,
            operations: Vec::new(),
            input_shapes: vec![self.shape(*start).clone()],
            output_shapes: vec![self.shape(*start).clone()],
        });
        let kept_calls = kept.iter().map(|&call| &self.calls[call]).map(|call| PlannedCall {
            layer: layer_at(call.layer).expect("the layers of these calls are part of the submodel"),
            inputs: all_moved(&call.inputs),
            operations: call.operations.iter().filter_map(|at| operation_at.get(at).copied()).collect(),
            ..call.clone()
        });
        let plan = Self {
            name: self.name.clone(),
            named: self.named,
            kind: ModelKind::Functional,
            calls: stand_in_calls.chain(kept_calls).collect(),
            layers: self.layers_between(&stand_ins, &origins)?,
            operations,
            inputs: all_moved(&starts).iter().map(|place| place.call).collect(),
            outputs: all_moved(outputs),
            keys: Keys {
                inputs: if starts.iter().all(|start| self.inputs.contains(&start.call))
                    && starts.len() == self.inputs.len()
                {
                    self.keys.inputs.clone()
                } else {
                    Vec::new()
                },
                outputs: Vec::new(),
            },
        };
        Ok((plan, origins))
    }

    /// The calls between the starts and the outputs, and those of the inputs among the starts.
    fn calls_between(&self, starts: &[Place], outputs: &[Place]) -> Result<Vec<usize>> {
        let mut needed = vec![false; self.calls.len()];
        let need = |needed: &mut [bool], places: &[Place]| {
            places.iter().filter(|place| !starts.contains(place)).for_each(|place| needed[place.call] = true);
        };
        need(&mut needed, outputs);
        for (at, call) in self.calls.iter().enumerate().rev() {
            if needed[at] {
                need(&mut needed, &call.inputs);
            }
        }
        let is_input = |&call: &usize| self.calls[call].inputs.is_empty();
        if let Some(missing) = (0..self.calls.len()).filter(is_input).find(|&call| needed[call]) {
            return Err(Error::model("an output depends on an Input that the part does not begin with")
                .received(format!("{:?} left out", self.layers[self.calls[missing].layer].name))
                .expected("every way to the outputs to begin with one of the first layers")
                .hint("add it to the first layers, or a layer after it"));
        }
        starts.iter().map(|start| start.call).filter(is_input).for_each(|call| needed[call] = true);
        Ok((0..self.calls.len()).filter(|&call| needed[call]).collect())
    }

    /// The layers of a part: new inputs, and layers of this plan.
    fn layers_between(&self, stand_ins: &[Place], origins: &[Option<usize>]) -> Result<Vec<PlannedLayer>> {
        let input = |start: &Place| Arc::new(Input::of(self.shape(*start).clone())) as Arc<dyn Layer>;
        let inputs: Vec<_> = stand_ins.iter().map(input).collect();
        let taken = origins.iter().flatten().map(|&at| self.layers[at].name.as_str()).collect();
        let names = numbered_beside(taken, inputs.iter().map(|input| input.class_name()));
        let inputs = inputs.into_iter().zip(names).map(|(layer, name)| PlannedLayer { name, layer, order: 0 });
        Ok(inputs.chain(origins.iter().flatten().map(|&at| self.layers[at].clone())).collect())
    }

    /// The operations on masks for these calls, with their inputs and positions translated to the part, and their new
    /// indices.
    fn operations_between(
        &self,
        calls: &[usize],
        moved: impl Fn(&Place) -> Option<Place>,
        before: impl Fn(usize) -> usize,
    ) -> (Vec<PlannedOperation>, HashMap<usize, usize>) {
        let mut needed: Vec<usize> = calls.iter().flat_map(|&call| &self.calls[call].operations).copied().collect();
        let mut seen: HashSet<usize> = needed.iter().copied().collect();
        while let Some(at) = needed.pop() {
            for source in &self.operations[at].inputs {
                if let Source::Operation(from) = source
                    && seen.insert(*from)
                {
                    needed.push(*from);
                }
            }
        }
        let (mut kept, mut at) = (Vec::new(), HashMap::new());
        let mut order: Vec<usize> = seen.into_iter().collect();
        order.sort_unstable();
        for old in order {
            let operation = &self.operations[old];
            let inputs = operation.inputs.iter().map(|source| match source {
                Source::Layer(place) => moved(place).map(Source::Layer),
                Source::Operation(from) => at.get(from).copied().map(Source::Operation),
            });
            // The mask of a tensor before the part is unknown in it.
            if let Some(inputs) = inputs.collect::<Option<Vec<_>>>() {
                at.insert(old, kept.len());
                kept.push(PlannedOperation { inputs, before: before(operation.before), ..operation.clone() });
            }
        }
        (kept, at)
    }
}
