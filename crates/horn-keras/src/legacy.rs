//! Reads legacy `.h5` files, the format of Keras before version 3, which Keras 3 still writes.

use std::collections::{HashMap, HashSet};

use horn_nn::{Error, LayerRef, Model, Result};
use serde_json::{Map, Value};

use crate::bundle::Bundle;
use crate::h5::{Attribute, WeightsReader};
use crate::{json, layers, lora};

/// The version of Keras that wrote the file.
pub(crate) fn version(file: &WeightsReader) -> Result<Option<String>> {
    Ok(file.attributes("")?.get("keras_version").and_then(Attribute::as_text).map(str::to_owned))
}

/// The model's object as the file has it, with the arguments of `compile` as its `compile_config`.
pub(crate) fn object(file: &WeightsReader) -> Result<Value> {
    let attributes = file.attributes("")?;
    let read = |name: &str| match attributes.get(name).and_then(Attribute::as_text) {
        Some(text) => json::parse(text.as_bytes(), text.len() as u64, name).map(Some),
        None => Ok(None),
    };
    let object = read("model_config")?.ok_or_else(|| {
        Error::file("the file has no model").received("no model_config").expected("a model saved by `model.save`").hint(
            "save the whole model; a program can also make the model and read the weights of this file with \
                 `load_weights`, and so does `horn convert --model`",
        )
    })?;
    let mut object = members("model_config", object)?;
    if let Some(training) = read("training_config")? {
        let mut training = members("training_config", training)?;
        let optimizer = training.remove("optimizer_config").unwrap_or_default();
        training.insert("optimizer".to_owned(), optimizer);
        object.insert("compile_config".to_owned(), training.into());
    }
    object.insert("module".to_owned(), Value::Null);
    let mut object = object.into();
    name_functions(&mut object);
    Ok(object)
}

/// Gives functions on tensors the module by which they are told from layers, as the file has no modules. Unlike the layers
/// of the same names, such as `Add`, they say nothing of training.
fn name_functions(object: &mut Value) {
    let is_layer = !object["config"].is_object() || !object["config"]["trainable"].is_null();
    let is_function = !is_layer && horn_nn::ops::classes().any(|class| object["class_name"] == class);
    if is_function {
        object["module"] = "keras.src.ops".into();
    }
    let layers = object.get_mut("config").and_then(|config| config.get_mut("layers")?.as_array_mut());
    layers.into_iter().flatten().for_each(name_functions);
}

fn members(name: &str, value: Value) -> Result<Map<String, Value>> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(Error::file("is not what Keras writes")
            .at(name)
            .received("another value")
            .expected("an object")
            .hint("save the model again")),
    }
}

/// The group of the weights, if the file is a legacy file.
pub(crate) fn root(file: &WeightsReader) -> Option<&'static str> {
    let has_names = |path: &str| file.texts(path, "layer_names").is_ok_and(|names| names.is_some());
    ["model_weights", ""].into_iter().find(|root| file.is_group(root) && has_names(root))
}

/// The weights as legacy files keep them: a list for each layer, with the trainable weights first.
///
/// The layers of `split` have their activation as a layer of its own, to which their slopes belong.
pub(crate) fn bundles(
    model: &Model,
    file: &WeightsReader,
    root: &str,
    by_name: bool,
    split: &[&str],
) -> Result<Vec<Bundle>> {
    let join = |parts: &[&str]| parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
    let mut stored = Vec::new();
    // A short name could refer to a long list of names, so a group is read only once, and the file can't name more
    // weights than it has datasets.
    let mut groups = HashSet::new();
    let mut left = file.datasets().count();
    for layer in file.texts(root, "layer_names")?.unwrap_or_default() {
        let group = join(&[root, layer.trim_matches('/')]);
        if !groups.insert(group.clone()) {
            return Err(Error::file("the file names a layer twice")
                .at("layer_names")
                .received(format!("{layer:?}"))
                .expected("each layer once")
                .hint("save the model again"));
        }
        let names = file.texts(&group, "weight_names")?.unwrap_or_default();
        left = left.checked_sub(names.len()).ok_or_else(|| {
            Error::file("the file names more weights than it has")
                .at(format!("{group:?}"))
                .received(format!("{} names", names.len()))
                .expected(format!("{left}, as the file has {} datasets", file.datasets().count()))
                .hint("save the model again")
        })?;
        let variables: Vec<String> = names.iter().map(|name| join(&[&group, name])).collect();
        if split.contains(&layer.as_str()) {
            let (slopes, own): (Vec<_>, Vec<_>) = variables.into_iter().partition(|name| is_slope(name));
            stored.extend([(layers::linear(&layer), own), (layer, slopes)]);
        } else {
            stored.push((layer, variables));
        }
    }
    stored.retain(|(_, variables)| !variables.is_empty());
    let mut named = HashMap::new();
    for (name, variables) in &stored {
        named.entry(name.as_str()).or_insert(variables);
    }
    let mut described = None;
    let mut bundles = Vec::new();
    for (layer, weights) in layers(model) {
        if weights.is_empty() {
            continue;
        }
        let variables = match by_name {
            true => named.get(layer).copied(),
            false => stored.get(bundles.len()).map(|(_, variables)| variables),
        };
        let mut variables = variables.cloned();
        let mut loras = Vec::new();
        if variables.iter().flatten().any(|name| own_name(name).starts_with("lora_")) {
            if described.is_none() {
                described = Some(object(file)?);
            }
            let listed = described.iter().filter_map(|object| object["config"]["layers"].as_array()).flatten();
            let named = listed.into_iter().find(|object| object["config"]["name"] == layer);
            if let (Some(names), Some(object)) = (variables.take(), named) {
                let (ordered, found) = lora::take(names, object)?;
                (variables, loras) = (Some(ordered), found);
            }
        }
        if let Some(name) = variables.iter().flatten().find(|name| is_apart(name)) {
            return Err(Error::file(
                "the file keeps a quantized kernel apart from its scale, or matrices without their kernel",
            )
            .at(format!("layer {layer:?}"))
            .received(format!("{name:?}"))
            .expected("the weights of the layer")
            .hint("save the model as `.keras`"));
        }
        bundles.push(Bundle {
            layer: format!("layer {layer:?}"),
            weights,
            variables,
            quantized: None,
            loras,
            shared: None,
        });
    }
    if !by_name && stored.len() != bundles.len() {
        return Err(Error::shape("the file has another number of layers with weights")
            .received(stored.len())
            .expected(bundles.len())
            .hint("take the model that was saved with these weights; a program can read what fits with `by_name`"));
    }
    Ok(bundles)
}

/// Is it a variable next to a kernel, that the kernel can't be read without?
fn is_apart(name: &str) -> bool {
    let own = own_name(name);
    own.starts_with("lora_") || own == "kernel_scale" || own == "embeddings_scale"
}

/// Is it the weight of a `PReLU`? Keras 2 writes `dense/p_re_lu/alpha:0`.
pub(crate) fn is_slope(name: &str) -> bool {
    matches!(own_name(name), "alpha" | "alpha:0")
}

/// The last part of a variable's path.
fn own_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The layers' names, with the indices of their weights in the order of legacy files: the trainable weights first.
pub(crate) fn layers(model: &Model) -> Vec<(&str, Vec<usize>)> {
    let mut start = 0;
    let of_layer = |layer: LayerRef<'_>| {
        let trainable = layer.trainable_flags();
        let mut weights: Vec<usize> = (0..trainable.len()).collect();
        weights.sort_by_key(|&at| !trainable[at]);
        weights.iter_mut().for_each(|at| *at += start);
        start += trainable.len();
        weights
    };
    model.layers().map(|layer| layer.name()).zip(model.layers().map(of_layer)).collect()
}

/// The names of the optimizer's variables, below the group `optimizer_weights`.
pub(crate) fn optimizer_variables(file: &WeightsReader) -> Result<Vec<String>> {
    if !file.is_group("optimizer_weights") {
        return Ok(Vec::new());
    }
    Ok(file.texts("optimizer_weights", "weight_names")?.unwrap_or_default())
}
