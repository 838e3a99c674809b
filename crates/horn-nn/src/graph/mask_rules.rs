//! Whether a model that was read by the mask rules of an old version of Keras computes the same by today's.

use crate::error::{Error, Result};
use crate::graph::plan::{Place, Plan};
use crate::layer::description::masks_after;
use crate::layer::mask_trail::{MaskNumber, MaskTrail, number};

impl Plan {
    /// The masks of the outputs for those of the inputs.
    pub fn follow_masks(&self, masks: &[Option<MaskNumber>], trail: &mut MaskTrail) -> Vec<Option<MaskNumber>> {
        let mut values: Vec<Vec<Option<MaskNumber>>> = vec![Vec::new(); self.calls.len()];
        let read =
            |values: &[Vec<Option<MaskNumber>>], place: &Place| values[place.call].get(place.output).copied().flatten();
        for (&at, mask) in self.inputs.iter().zip(masks) {
            values[at] = vec![*mask];
        }
        for (at, call) in self.calls.iter().enumerate() {
            if call.inputs.is_empty() || !trail.count() {
                continue;
            }
            let layer = self.description(call);
            let (own, given) = call.parts(&call.inputs);
            let mut masks: Vec<_> = own.iter().map(|place| read(&values, place)).collect();
            for (mask, given) in masks.iter_mut().zip(given) {
                *mask = given.map(|place| number(("given", place))).or(*mask);
            }
            trail.layer.clone_from(&self.layers[call.layer].name);
            values[at] = masks_after(layer, at, masks, trail);
            if layer.conventions().removes_masks && (trail.is_of_today || !self.keeps_masks) {
                for place in own {
                    values[place.call].iter_mut().skip(place.output).take(1).for_each(|mask| *mask = None);
                }
            }
        }
        self.outputs.iter().map(|place| read(&values, place)).collect()
    }

    /// Checks that all layers get the same masks by today's rules as by those of the file that the model was read from.
    ///
    /// # Errors
    ///
    /// Where a layer gets another mask.
    pub fn check_mask_rules(&self) -> Result<()> {
        let [own, today] = [false, true].map(|is_of_today| {
            let mut trail = MaskTrail::new(is_of_today);
            let outputs = self.follow_masks(&[], &mut trail);
            // The losses depend on the masks of the outputs.
            trail.layer = self
                .outputs
                .first()
                .map_or_else(String::new, |place| self.layers[self.calls[place.call].layer].name.clone());
            trail.see(&outputs);
            trail
        });
        let Some(layer) = own.differs_from(&today) else { return Ok(()) };
        Err(Error::model("a file of today's Keras would give the layer another mask, and so other results")
            .at(format!("layer {layer:?}"))
            .received("a model with the masks of Keras 2, or of Keras 3 before version 3.8")
            .expected("masks that are the same by the rules of both versions")
            .hint(
                "keep the file that the model was read from, and save its weights alone, by `save_weights`; or build the \
                 model with Horn's layers, and load these weights",
            ))
    }
}
