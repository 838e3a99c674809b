//! `Conventions::independent_samples`: what a layer says of its samples is so.

use std::collections::{BTreeMap, BTreeSet};

use horn::burn::tensor::Device;
use horn::{AnyTensor, CallContext, Layer, Mode, by_rank};

use super::check::{Entry, build, layer, tensor};
use super::{FILES, is_different};
use crate::fixtures::{read, values};

/// Layers that make the same of a sample in every batch, but do not say so: `TimeDistributed` calls them step by step. Some
/// could say so; others have a state or a loss of the whole batch, which outputs alone do not show.
const UNSAID: &[&str] = &[
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "ConvLSTM3D",
    "Identity",
    "Masking",
    "Normalization",
    "STFTSpectrogram",
    "SpectralNormalization",
];

#[test]
fn layers_say_whether_samples_are_independent() {
    let (mut found, mut said) = (BTreeMap::new(), BTreeMap::new());
    for file in FILES {
        let entries: Vec<Entry> = read(file);
        for entry in entries.iter().filter(|entry| !is_different(entry)) {
            let layer = layer(entry);
            said.insert(entry.class_name.clone(), layer.conventions().independent_samples);
            if let Some(independent) = is_independent(entry, layer) {
                *found.entry(entry.class_name.clone()).or_insert(true) &= independent;
            }
        }
    }
    let only_if = |says: bool| said.iter().filter(move |(_, said)| **said == says).map(|(class, _)| class.as_str());
    let dependent: Vec<&str> = only_if(true).filter(|class| found.get(*class) != Some(&true)).collect();
    assert_eq!(dependent, [""; 0], "layers that say so, and whose samples depend on each other, or have no case");
    let unsaid: BTreeSet<&str> = only_if(false).filter(|class| found.get(*class) == Some(&true)).collect();
    assert_eq!(unsaid, UNSAID.iter().copied().collect(), "layers that do not say so, and could");
}

/// Does the layer, in training, make the same of each sample by itself as of all together? A case of several inputs, of
/// one sample or with states can't tell.
fn is_independent(entry: &Entry, layer: Box<dyn Layer>) -> Option<bool> {
    let [input] = entry.only_input()? else { return None };
    // Where an argument says that the layer goes along the samples, `TimeDistributed` looks at that.
    let axis = &entry.config["axis"];
    let over_samples = *axis == 0 || axis.as_array().is_some_and(|axes| axes.contains(&0.into()));
    if over_samples || input.shape.len() < 2 || input.shape[0] < 2 {
        return None;
    }
    let device = Device::default();
    let model = build(entry, layer, &device);
    let whole = tensor(input, &device);
    // A clone has its own noise, which begins anew.
    let outputs = |input: AnyTensor| -> Vec<f32> {
        let outputs = model.clone().call(vec![input.into()], &mut CallContext::new(Mode::Training));
        // A stateful layer takes batches of one size: it does not take a sample by itself.
        outputs.map(|outputs| values(outputs[0].clone().value().unwrap())).unwrap_or_default()
    };
    let together = outputs(whole.clone());
    let sample = |at: usize| by_rank!(whole.clone(), |x| AnyTensor::from(x.narrow(0, at, 1))).unwrap();
    let apart: Vec<f32> = (0..input.shape[0]).flat_map(|at| outputs(sample(at))).collect();
    let limit = 1e-5 * together.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
    let close = |(one, other): (&f32, &f32)| (one - other).abs() <= limit || one.to_bits() == other.to_bits();
    Some(together.len() == apart.len() && together.iter().zip(&apart).all(close))
}
