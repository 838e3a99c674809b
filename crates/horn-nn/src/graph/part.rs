//! Submodels: the part of a plan between inner tensors.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::graph::input::Input;
use crate::graph::plan::{Keys, Lookups, ModelKind, Place, Plan, PlannedCall, PlannedLayer};
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
        let known = self.known_from(&starts);
        let kept = self.calls_between(&starts, outputs, &known)?;
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
        let stand_in_calls = stand_ins.iter().enumerate().map(|(layer, start)| PlannedCall {
            called_as: None,
            layer,
            index: 0,
            mode: None,
            inputs: Vec::new(),
            masked: Vec::new(),
            gives_masks: false,
            input_shapes: vec![self.shape(*start).clone()],
            output_shapes: vec![self.shape(*start).clone()],
        });
        let kept_calls = kept.iter().map(|&call| {
            let call = self.with_known_masks(&self.calls[call], &known);
            PlannedCall {
                layer: layer_at(call.layer).expect("the layers of these calls are part of the submodel"),
                inputs: all_moved(&call.inputs),
                ..call
            }
        });
        let plan = Self {
            name: self.name.clone(),
            named: self.named,
            kind: ModelKind::Functional,
            calls: stand_in_calls.chain(kept_calls).collect(),
            layers: self.layers_between(&stand_ins, &origins)?,
            inputs: all_moved(&starts).iter().map(|place| place.call).collect(),
            outputs: all_moved(outputs),
            keys: if starts.iter().all(|start| self.inputs.contains(&start.call)) && starts.len() == self.inputs.len() {
                Keys { outputs: Vec::new(), nested_outputs: None, ..self.keys.clone() }
            } else {
                Keys::default()
            },
            keeps_masks: self.keeps_masks,
            lookups: Lookups::default(),
        };
        Ok((plan, origins))
    }

    /// For each call: can it be computed from the starts?
    fn known_from(&self, starts: &[Place]) -> Vec<bool> {
        let mut known: Vec<bool> = Vec::with_capacity(self.calls.len());
        for (at, call) in self.calls.iter().enumerate() {
            let inputs = if call.gives_masks { &call.inputs[..] } else { call.parts(&call.inputs).0 };
            let is_known = |place: &Place| starts.contains(place) || known[place.call];
            known.push(match inputs {
                [] => starts.contains(&Place { call: at, output: 0 }),
                inputs => inputs.iter().all(is_known),
            });
        }
        known
    }

    /// The call without propagated masks that can't be computed from the starts: the mask of a tensor before the part is
    /// unknown in it.
    fn with_known_masks(&self, call: &PlannedCall, known: &[bool]) -> PlannedCall {
        let mut call = call.clone();
        let masks = call.inputs.split_off(call.inputs.len() - call.masked.len());
        let kept = masks.into_iter().zip(&call.masked).filter(|(mask, _)| call.gives_masks || known[mask.call]);
        let (masks, masked): (Vec<Place>, Vec<usize>) = kept.unzip();
        call.inputs.extend(masks);
        PlannedCall { masked, ..call }
    }

    /// The calls between the starts and the outputs, and those of the inputs among the starts.
    fn calls_between(&self, starts: &[Place], outputs: &[Place], known: &[bool]) -> Result<Vec<usize>> {
        let mut needed = vec![false; self.calls.len()];
        let need = |needed: &mut [bool], places: &[Place]| {
            places.iter().filter(|place| !starts.contains(place)).for_each(|place| needed[place.call] = true);
        };
        need(&mut needed, outputs);
        for (at, call) in self.calls.iter().enumerate().rev() {
            if needed[at] {
                need(&mut needed, &self.with_known_masks(call, known).inputs);
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
}
