//! The groups in which Keras's files store the weights and the lookup states of a model.

use crate::layer::lookup_state::LookupState;
use crate::layer::names;
use crate::layer::weight::Weight;
use crate::model::layer_ref::LayerRef;
use crate::model::model::Model;

/// A group in a file of weights: a layer, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightGroup {
    /// The path, such as `layers/lstm/cell`. It has class names instead of layer names, numbered within each model.
    pub path: String,
    /// The name of the layer, which files record next to the weights.
    pub name: String,
    /// The indices of its weights in [`Model::weights`], the trainable ones first.
    pub weights: Vec<usize>,
}

impl Model {
    /// The groups in which Keras's files store the weights, in the order of the layers. Layers without weights have a group,
    /// too.
    ///
    /// ```
    /// use horn::burn::tensor::Device;
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input, LSTM};
    ///
    /// let model = Sequential::new().add(Input([5, 4])).add(LSTM(3)).add(Dense(2).name("out"));
    /// let groups = model.build(&Device::default())?.weight_groups();
    /// assert_eq!(groups.iter().map(|group| group.path.as_str()).collect::<Vec<_>>(), [
    ///     "layers/lstm", "layers/lstm/cell", "layers/dense",
    /// ]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn weight_groups(&self) -> Vec<WeightGroup> {
        let mut groups = Vec::new();
        self.collect_groups("", 0, &mut groups);
        groups
    }

    /// The states of all lookup layers, each with the groups in which Keras's files store it.
    pub fn lookup_states(&self) -> Vec<(Vec<String>, LookupState)> {
        let mut found = Vec::new();
        self.collect_lookup_states("", &mut found);
        found
    }

    fn collect_lookup_states(&self, prefix: &str, found: &mut Vec<(Vec<String>, LookupState)>) {
        for (layer, path) in self.listed(prefix) {
            if let Some(model) = layer.as_model() {
                model.collect_lookup_states(&format!("{path}/"), found);
            } else if let Some(state) = layer.layer().lookup_state() {
                found.push((state.parts.iter().map(|part| part_of(&path, part)).collect(), state));
            }
        }
    }

    /// The layers that have a group, with its path.
    fn listed(&self, prefix: &str) -> impl Iterator<Item = (LayerRef<'_>, String)> {
        // The Input of a Sequential has no group.
        let listed: Vec<_> = self.layers().filter(|layer| self.lists_inputs() || !layer.is_input()).collect();
        let names = names::numbered(listed.iter().map(|layer| layer.layer().class_name()));
        listed.into_iter().zip(names).map(move |(layer, name)| (layer, format!("{prefix}layers/{name}")))
    }

    fn collect_groups(&self, prefix: &str, start: usize, groups: &mut Vec<WeightGroup>) {
        let mut next = start;
        for (layer, path) in self.listed(prefix) {
            let weights = layer.weights();
            match layer.as_model() {
                Some(model) => {
                    groups.push(WeightGroup { path: path.clone(), name: layer.name().to_owned(), weights: vec![] });
                    model.collect_groups(&format!("{path}/"), next, groups);
                }
                None => groups.extend(layer_groups(&path, layer.name(), next, weights)),
            }
            next += weights.len();
        }
    }

    /// The paths of the groups of each weight; the last one is its own group.
    pub(crate) fn group_paths(&self) -> Vec<Vec<String>> {
        let mut paths = vec![Vec::new(); self.weights().count()];
        for group in self.weight_groups() {
            group.weights.iter().for_each(|&at| paths[at].push(group.path.clone()));
        }
        paths
    }
}

/// The path of the group of a part, or of the layer itself for `""`.
fn part_of(path: &str, part: &str) -> String {
    if part.is_empty() { path.to_owned() } else { format!("{path}/{part}") }
}

/// The groups of a layer that is not a model: its own, and those of its parts.
fn layer_groups(path: &str, name: &str, start: usize, weights: &[Weight]) -> Vec<WeightGroup> {
    let mut groups = vec![WeightGroup { path: path.to_owned(), name: name.to_owned(), weights: Vec::new() }];
    for (weight, at) in weights.iter().zip(start..) {
        for group in weight.also_in.iter().chain([&weight.group]) {
            let path = part_of(path, group);
            match groups.iter_mut().find(|group| group.path == path) {
                Some(group) => group.weights.push(at),
                None => {
                    let name = weight.name.rsplit('/').nth(1).unwrap_or(name).to_owned();
                    groups.push(WeightGroup { path, name, weights: vec![at] });
                }
            }
        }
    }
    groups.iter_mut().for_each(|group| group.weights.sort_by_key(|at| !weights[at - start].trainable));
    groups
}
