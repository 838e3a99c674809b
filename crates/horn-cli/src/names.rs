//! The names that assign arrays to a model's inputs and outputs.

use std::collections::{HashMap, HashSet};

use horn::Model;

/// The names of a model's inputs or outputs, in the model's order.
pub struct Names {
    /// The keys, if the Keras program used a dictionary; otherwise the names of the layers. Names are unique.
    shown: Vec<String>,
    /// The names of the layers, which are accepted, too.
    layers: Vec<String>,
}

impl Names {
    /// The names of the inputs.
    pub fn of_inputs(model: &Model) -> Self {
        Self::new(model.input_keys().to_vec(), model.input_names().map(str::to_owned).collect())
    }

    /// The names of the outputs.
    pub fn of_outputs(model: &Model) -> Self {
        Self::new(model.output_keys().to_vec(), model.output_names().map(str::to_owned).collect())
    }

    fn new(keys: Vec<String>, layers: Vec<String>) -> Self {
        let layers = numbered(layers);
        let shown = if keys.is_empty() { layers.clone() } else { numbered(keys) };
        Self { shown, layers }
    }

    /// The names that are shown to users.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &str> {
        self.shown.iter().map(String::as_str)
    }

    /// The index of the array for each name.
    ///
    /// # Errors
    ///
    /// The first name for which there is no array.
    pub fn places(&self, found: &[String]) -> Result<Vec<usize>, &str> {
        let mut at: HashMap<&str, usize> = HashMap::new();
        for (place, name) in found.iter().enumerate() {
            at.entry(name).or_insert(place);
        }
        let place = |name: &String| at.get(name.as_str()).copied();
        if let Some(places) = self.layers.iter().map(place).collect::<Option<Vec<_>>>()
            && !self.shown.iter().all(|name| at.contains_key(name.as_str()))
        {
            return Ok(places);
        }
        self.shown.iter().map(|name| place(name).ok_or(name.as_str())).collect()
    }
}

/// Makes names unique, as a layer may have several outputs. The second output of `lstm` is `lstm_1`, if no layer has
/// that name.
fn numbered(names: Vec<String>) -> Vec<String> {
    let given: HashSet<String> = names.iter().cloned().collect();
    let mut taken = HashSet::new();
    // The next number of each name, as a model may have the same output ten thousand times.
    let mut next: HashMap<String, usize> = HashMap::new();
    let free = |name: String| {
        if taken.insert(name.clone()) {
            return name;
        }
        let number = next.entry(name.clone()).or_insert(1);
        let free = loop {
            let free = format!("{name}_{number}");
            *number += 1;
            if !given.contains(&free) && !taken.contains(&free) {
                break free;
            }
        };
        taken.insert(free.clone());
        free
    };
    names.into_iter().map(free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn each_name_is_there_once() {
        assert_eq!(numbered(texts(&["a", "b"])), ["a", "b"]);
        assert_eq!(numbered(texts(&["a", "a", "a_1", "a", "b"])), ["a", "a_2", "a_1", "a_3", "b"]);
    }

    #[test]
    fn keys_and_names_of_layers_are_taken() {
        let names = Names::new(texts(&["w", "d"]), texts(&["wide", "deep"]));
        assert_eq!(names.places(&texts(&["d", "w"])), Ok(vec![1, 0]));
        assert_eq!(names.places(&texts(&["wide", "deep"])), Ok(vec![0, 1]));
        assert_eq!(names.places(&texts(&["w", "deep"])), Err("d"));
        // If a key is also the name of another layer, it is taken as the key.
        let names = Names::new(texts(&["b", "a"]), texts(&["a", "b"]));
        assert_eq!(names.places(&texts(&["a", "b"])), Ok(vec![1, 0]));
        assert_eq!(names.shown().collect::<Vec<_>>(), ["b", "a"]);
    }
}
