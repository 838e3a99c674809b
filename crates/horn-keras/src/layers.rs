//! Walks over the layers of the model in a file, and finds where the file keeps each layer's weights.

use horn_nn::{Result, numbered_classes};
use serde_json::{Map, Value};

/// Where the object of a layer says by which class the file names its weights, if that is not the layer's own: a layer of
/// Keras 2 may have become one of another class.
pub(crate) const STORED_AS: &str = "stored_as";

/// Where the object of a layer says under which path the file keeps its state, if that is not among the layers of a model.
pub(crate) const STORED_AT: &str = "stored_at";

/// Where the object of a model says that its graph adds a loss. Layers that only lead to it are none of the model.
pub(crate) const ADDS_A_LOSS: &str = "adds_a_loss";

/// A layer in the object of a model.
pub(crate) struct Listed<'a> {
    pub object: &'a Value,
    /// The location in the model's object, as a JSON pointer.
    pub pointer: String,
    /// The prefix under which the file keeps the layers of the model that contains this layer: empty or
    /// `layers/functional/`.
    pub model: &'a str,
    /// The path under which the file keeps this layer's weights: `layers/dense_1`.
    pub path: String,
}

/// Visits the layers of a model and of all models inside. Layers of a class are numbered in the order in which the file
/// lists them. Horn's order may be another, as Keras's order has changed between versions.
pub(crate) fn each(model: &Value, mut visit: impl FnMut(Listed<'_>)) {
    let mut open = vec![(model, String::new(), String::new())];
    while let Some((model, model_pointer, model_path)) = open.pop() {
        let lists_inputs = model["class_name"] != "Sequential";
        let layers = model["config"]["layers"].as_array().into_iter().flatten().enumerate();
        let listed: Vec<_> = layers.filter(|(_, layer)| lists_inputs || layer["class_name"] != "InputLayer").collect();
        let names = numbered_classes(listed.iter().map(|(_, layer)| class_in_file(layer)));
        for ((at, object), name) in listed.into_iter().zip(names) {
            let pointer = format!("{model_pointer}/config/layers/{at}");
            let stored_at = object[STORED_AT].as_str().map(str::to_owned);
            let path = stored_at.unwrap_or_else(|| format!("{model_path}layers/{name}"));
            if object["config"]["layers"].is_array() {
                open.push((object, pointer.clone(), format!("{path}/")));
            }
            visit(Listed { object, pointer, model: &model_path, path });
        }
    }
}

/// Visits the class and the configuration of each layer at any depth, so also of those inside of other layers, which no
/// model lists. The configuration can be changed. Where the file keeps the weights is not said.
///
/// # Errors
///
/// The first one of `visit`.
pub(crate) fn each_at_any_depth(
    value: &mut Value,
    visit: &mut impl FnMut(&str, &mut Map<String, Value>) -> Result<()>,
) -> Result<()> {
    match value {
        Value::Object(object) => {
            let class = object.get("class_name").and_then(Value::as_str).map(str::to_owned);
            if let (Some(class), Some(config)) = (class, object.get_mut("config").and_then(Value::as_object_mut))
                && config.contains_key("name")
            {
                visit(&class, config)?;
            }
            object.values_mut().try_for_each(|value| each_at_any_depth(value, visit))
        }
        Value::Array(values) => values.iter_mut().try_for_each(|value| each_at_any_depth(value, visit)),
        _ => Ok(()),
    }
}

fn class_in_file(layer: &Value) -> &str {
    layer[STORED_AS].as_str().or(layer["class_name"].as_str()).unwrap_or_default()
}

/// The name of a layer without its activation.
pub(crate) fn linear(name: &str) -> String {
    format!("{name}_linear")
}

/// The layers of the outermost model whose activations became layers of their own.
pub(crate) fn split_ones(model: &Value) -> Vec<&str> {
    let layers = model["config"]["layers"].as_array().into_iter().flatten();
    let is_split = |layer: &&Value| layer[STORED_AT].as_str().is_some_and(|path| path.ends_with("/activation"));
    layers.filter(is_split).filter_map(|layer| layer["config"]["name"].as_str()).collect()
}
