//! The layers of the model that a file describes, and where the file keeps what is theirs.

use horn_nn::numbered_classes;
use serde_json::Value;

/// A layer that a model in a file lists.
pub(crate) struct Listed<'a> {
    pub object: &'a Value,
    /// Where it is in the model's object, as a JSON pointer.
    pub pointer: String,
    /// Where the file keeps the layers of the model that lists it: `` or `layers/functional/`.
    pub model: &'a str,
    /// Where the file keeps what is the layer's own: `layers/dense_1`.
    pub path: String,
}

/// Visits the layers of a model and of all models in it. Layers of a class are numbered in the order in which the file
/// lists them. That is not always Horn's order, as other versions of Keras have had others.
pub(crate) fn each(model: &Value, mut visit: impl FnMut(Listed<'_>)) {
    let mut open = vec![(model, String::new(), String::new())];
    while let Some((model, model_pointer, model_path)) = open.pop() {
        let lists_inputs = model["class_name"] != "Sequential";
        let layers = model["config"]["layers"].as_array().into_iter().flatten().enumerate();
        let listed: Vec<_> = layers.filter(|(_, layer)| lists_inputs || layer["class_name"] != "InputLayer").collect();
        let names = numbered_classes(listed.iter().map(|(_, layer)| layer["class_name"].as_str().unwrap_or_default()));
        for ((at, object), name) in listed.into_iter().zip(names) {
            let pointer = format!("{model_pointer}/config/layers/{at}");
            let path = format!("{model_path}layers/{name}");
            if object["config"]["layers"].is_array() {
                open.push((object, pointer.clone(), format!("{path}/")));
            }
            visit(Listed { object, pointer, model: &model_path, path });
        }
    }
}
