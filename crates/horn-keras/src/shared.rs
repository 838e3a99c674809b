//! Layers that a model shares with the models inside of it.
//!
//! Keras keeps the weights of such a layer once, in the group of the model where it finds the layer first. The object of
//! the model has the layer at each of its places, and marks all but the first with a `shared_object_id`. (Keras 3.15 does
//! not find the first one again, and can't load such a file.) So the places are found by the name and the arguments of the
//! layer. Horn reads the weights for each of them, and trains them as one ([`Model::shared_weights`]).

use std::collections::{HashMap, HashSet};

use horn_nn::Model;
use serde_json::Value;

use crate::layers;

/// Keras's mark of an object that it has written before.
const MARK: &str = "shared_object_id";

/// Horn's mark of the same, which Keras does not know: it could not load a model with its own. Horn writes the weights at
/// each place.
const OWN_MARK: &str = "is_shared";

/// How often the weights of a file may be read, at most: a limit for the memory.
const MAX_TIMES: usize = 16;

/// The places of the layers that are at several ones.
#[derive(Debug)]
pub(crate) struct Shared {
    layers: Vec<Layer>,
    /// The layer at each place.
    at: HashMap<String, usize>,
}

#[derive(Debug)]
struct Layer {
    name: String,
    /// The paths under which a file may keep the layer's weights.
    places: Vec<String>,
    is_marked: bool,
}

impl Shared {
    /// Finds the shared layers in the object of a model.
    pub fn of(object: &Value) -> Self {
        let mut layers: HashMap<String, Layer> = HashMap::new();
        layers::each(object, |layer| {
            if layer.object["class_name"] == "InputLayer" || layer.object["config"]["layers"].is_array() {
                return;
            }
            let mut config = layer.object["config"].clone();
            remove_marks(&mut config);
            let of_class = format!("{}{config}", layer.object["class_name"]);
            let name = config["name"].as_str().unwrap_or_default().to_owned();
            let found = layers.entry(of_class).or_insert_with(|| Layer { name, places: Vec::new(), is_marked: false });
            found.places.push(layer.path);
            found.is_marked |= layer.object[MARK].is_number() || layer.object[OWN_MARK] == true;
        });
        let mut layers: Vec<Layer> =
            layers.into_values().filter(|layer| layer.is_marked && layer.places.len() > 1).collect();
        layers.sort_by(|one, other| one.name.cmp(&other.name));
        let places =
            layers.iter().enumerate().flat_map(|(at, layer)| layer.places.iter().map(move |place| (place, at)));
        let at = places.map(|(place, at)| (place.clone(), at)).collect();
        Self { layers, at }
    }

    /// The names of the shared layers.
    pub fn names(&self) -> Vec<&str> {
        self.layers.iter().map(|layer| layer.name.as_str()).collect()
    }

    /// How often a weight of the file may be needed.
    pub fn times(&self) -> u64 {
        self.layers.iter().map(|layer| layer.places.len()).max().unwrap_or(1).min(MAX_TIMES) as u64
    }

    /// The shared layer of a group, and the rest of the group's path.
    pub fn layer_of<'a>(&self, group: &'a str) -> Option<(usize, &'a str)> {
        let mut ends = std::iter::once(group.len()).chain(group.rmatch_indices('/').map(|(at, _)| at));
        ends.find_map(|end| Some((*self.at.get(&group[..end])?, &group[end..])))
    }

    /// The paths that a group has because its layer is shared.
    pub fn others(&self, group: &str) -> impl Iterator<Item = String> {
        let ends = std::iter::once(group.len()).chain(group.rmatch_indices('/').map(|(at, _)| at));
        let layers = ends.filter_map(|end| Some((&self.layers[*self.at.get(&group[..end])?], &group[end..])));
        layers.flat_map(|(layer, rest)| layer.places.iter().map(move |place| format!("{place}{rest}")))
    }
}

/// The object of a model with marks at the layers that it shares with models inside, but at the first place of each.
pub(crate) fn marked(mut object: Value, model: &Model) -> Value {
    let shared = model.shared_weights();
    if shared.is_empty() {
        return object;
    }
    let follows: HashSet<usize> = shared.iter().flat_map(|places| &places[1..]).copied().collect();
    let groups = model.weight_groups().into_iter().filter(|group| group.weights.iter().any(|at| follows.contains(at)));
    let groups: Vec<String> = groups.map(|group| group.path).collect();
    let mut pointers = Vec::new();
    layers::each(&object, |layer| {
        let is_own = |group: &String| {
            group.strip_prefix(&layer.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !layer.object["config"]["layers"].is_array() && groups.iter().any(is_own) {
            pointers.push(layer.pointer);
        }
    });
    for pointer in pointers {
        if let Some(layer) = object.pointer_mut(&pointer) {
            layer[OWN_MARK] = true.into();
        }
    }
    object
}

/// Removes the marks of all objects in a configuration, such as those of initializers.
fn remove_marks(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.remove(MARK);
            object.values_mut().for_each(remove_marks);
        }
        Value::Array(values) => values.iter_mut().for_each(remove_marks),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn layers_are_found_by_their_names_and_arguments() {
        let dense = |name: &str, units: u64| json!({"class_name": "Dense", "config": {"name": name, "units": units}});
        let mut again = dense("b", 2);
        again[MARK] = 7.into();
        let inner = json!({"class_name": "Sequential", "config": {"layers": [dense("a", 1), dense("b", 2)]}});
        let model =
            |last: Value| json!({"class_name": "Functional", "config": {"layers": [inner, dense("a", 1), last]}});
        let shared = Shared::of(&model(again));
        assert_eq!((shared.names(), shared.times()), (vec!["b"], 2));
        let mut others: Vec<String> = shared.others("layers/dense_1/cell").collect();
        others.sort_unstable();
        assert_eq!(others, ["layers/dense_1/cell", "layers/sequential/layers/dense_1/cell"]);
        assert_eq!(shared.others("layers/dense").count(), 0);
        // A layer of another size is another one, and without a mark no layer is shared.
        let mut larger = dense("b", 3);
        larger[MARK] = 7.into();
        for other in [larger, dense("b", 2), json!({})] {
            assert_eq!(Shared::of(&model(other)).times(), 1);
        }
    }
}
