//! Translates what Keras 2 writes differently into Keras 3's form.
//!
//! Keras 2 stands for Keras before version 3 and for `tf.keras` up to TensorFlow 2.15, which writes legacy `.h5` files
//! and, from version 2.12 on, `.keras` files. A model read from them computes what Keras 2 computed: where Keras 3 gives
//! a name another meaning, the translation says in Keras 3's words what Keras 2 meant.

pub(crate) mod calls;
mod composed;
mod functions;
pub(crate) mod layers;
pub(crate) mod names;
pub(crate) mod optimizer;
mod picked;
mod pictures;
mod samples;
mod shapes;
pub(crate) mod sizes;
pub(crate) mod training;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

/// The names of the layers that give the outputs of a model; those of a dictionary are in the order of its keys.
pub(crate) fn outputs(object: &Value) -> Vec<String> {
    let places: Vec<&Value> = match &object["config"]["output_layers"] {
        Value::Array(places) => places.iter().collect(),
        Value::Object(places) => places.iter().collect::<BTreeMap<_, _>>().into_values().collect(),
        _ => Vec::new(),
    };
    places.into_iter().filter_map(|place| place[0].as_str().map(str::to_owned)).collect()
}

/// Is this a version before 3? Files have had the version since Keras 1.
pub(crate) fn is_version(version: Option<&str>) -> bool {
    version.is_some_and(|version| version.starts_with("2.") || version.starts_with("1."))
}
