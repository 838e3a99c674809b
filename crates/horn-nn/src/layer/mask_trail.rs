//! Where masks go in a model, by the rules of the version of Keras that saved it or by today's: to find out whether the
//! two differ.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::layer::conventions::{Conventions, MaskArgument, OutputMask};

/// How many calls are followed. A model that calls models, which call others, may have any number of them.
const MAX_CALLS: usize = 1_000_000;

/// A mask in a trail. Two that are surely the same have the same number.
pub type MaskNumber = u64;

/// The masks on which results depend, in the order of the calls.
#[derive(Debug)]
pub struct MaskTrail {
    /// By today's rules, whatever those of the file are?
    pub(crate) is_of_today: bool,
    /// The layer that is called.
    pub(crate) layer: String,
    /// Who has seen which masks.
    seen: Vec<(String, Vec<Option<MaskNumber>>)>,
    left: usize,
}

impl MaskTrail {
    pub(crate) fn new(is_of_today: bool) -> Self {
        Self { is_of_today, layer: String::new(), seen: Vec::new(), left: MAX_CALLS }
    }

    /// The first layer that has seen other masks in the other trail.
    pub(crate) fn differs_from<'a>(&'a self, other: &Self) -> Option<&'a str> {
        self.seen.iter().zip(&other.seen).find(|(own, other)| own != other).map(|((layer, _), _)| layer.as_str())
    }

    /// Counts a call; false if there were too many.
    pub(crate) fn count(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    /// Records that the result of the layer depends on these masks.
    pub(crate) fn see(&mut self, masks: &[Option<MaskNumber>]) {
        self.seen.push((self.layer.clone(), masks.to_vec()));
    }

    /// The masks of the outputs of a layer with this rule.
    pub(crate) fn through(
        &mut self,
        rule: &OutputMask,
        conventions: &Conventions,
        masks: &[Option<MaskNumber>],
    ) -> Vec<Option<MaskNumber>> {
        if !matches!(conventions.mask_argument, MaskArgument::None | MaskArgument::Ignored) {
            self.see(masks);
        }
        let first = masks.first().copied().flatten();
        let is_masked = masks.iter().any(Option::is_some);
        let one = match rule {
            OutputMask::None => None,
            OutputMask::Propagated { outputs } => return vec![first; *outputs],
            OutputMask::Converted => first,
            OutputMask::NotEqual(_) | OutputMask::AnyNotEqual(_) => Some(number("new")),
            OutputMask::All { merges_values } => {
                if *merges_values {
                    self.see(if self.is_of_today && is_masked { masks } else { &[] });
                }
                match self.is_of_today {
                    true => either(masks),
                    false => joined("all", masks.iter().filter(|mask| mask.is_some())),
                }
            }
            OutputMask::Any => either(masks),
            OutputMask::Concatenated { .. } if !is_masked => None,
            OutputMask::Concatenated { axis, of_all } => {
                // Only along the last axis, masks of different inputs meet in a timestep.
                let of_all = *of_all && !self.is_of_today && *axis != 1 && *axis != -2;
                joined(if of_all { "all together" } else { "together" }, masks.iter())
            }
        };
        vec![one]
    }
}

/// The logical or of the masks, if all inputs have one.
fn either(masks: &[Option<MaskNumber>]) -> Option<MaskNumber> {
    if masks.iter().all(Option::is_some) { joined("any", masks.iter()) } else { None }
}

/// One mask of several: if they are all the same, that is the one.
fn joined<'a>(how: &str, masks: impl Iterator<Item = &'a Option<MaskNumber>>) -> Option<MaskNumber> {
    let masks: Vec<_> = masks.collect();
    let first = *masks.first()?;
    if masks.iter().all(|mask| *mask == first) { *first } else { Some(number((how, masks))) }
}

/// A number for what a mask was made from.
pub(crate) fn number(origin: impl Hash) -> MaskNumber {
    let mut hasher = DefaultHasher::new();
    origin.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Multiply` of inputs without masks is the same by all rules; of masked ones, today's leave their values out.
    #[test]
    fn merged_values_depend_on_the_masks_that_there_are() {
        let rule = OutputMask::All { merges_values: true };
        for (masks, differs) in [([None, None], false), ([Some(1), None], true), ([Some(1), Some(1)], true)] {
            let [own, today] = [false, true].map(|is_of_today| {
                let mut trail = MaskTrail::new(is_of_today);
                trail.through(&rule, &Conventions::default(), &masks);
                trail
            });
            assert_eq!(own.differs_from(&today).is_some(), differs, "{masks:?}");
        }
    }

    /// Along the steps, a timestep has the mask of one input, so that "any" and "all" are the same.
    #[test]
    fn only_along_features_do_masks_of_several_inputs_meet() {
        let mask = |axis: i64, is_of_today: bool, masks: [Option<MaskNumber>; 2]| {
            let rule = OutputMask::Concatenated { axis: axis.into(), of_all: true };
            MaskTrail::new(is_of_today).through(&rule, &Conventions::default(), &masks)
        };
        let (different, same) = ([Some(1), Some(2)], [Some(1), Some(1)]);
        for axis in [1, -2] {
            assert_eq!(mask(axis, true, different), mask(axis, false, different), "axis {axis}");
        }
        for axis in [2, -1] {
            assert_ne!(mask(axis, true, different), mask(axis, false, different), "axis {axis}");
            assert_eq!(mask(axis, true, same), mask(axis, false, same), "axis {axis}");
        }
    }
}
