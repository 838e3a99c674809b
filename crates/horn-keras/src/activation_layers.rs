//! Activations that are layers with weights or an axis: `Dense(8, activation=PReLU())`. Each becomes a layer of its own,
//! after the one that it belongs to.

use horn_nn::Activation;
use horn_nn::layers::conventions_of;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::h5::WeightsReader;
use crate::layers::{self, STORED_AS, STORED_AT};
use crate::legacy;

/// Makes the activations layers. They get the names of the layers before them, as they give what those gave.
pub(crate) fn split(model: &mut Value, weights: &WeightsReader) {
    let mut found = Vec::new();
    layers::each(model, |layer| {
        // Few layers have one, and the conventions are those of an instance.
        let is_split = is_layer(&layer.object["config"]["activation"])
            && conventions_of(layer.object).is_some_and(|conventions| conventions.ends_in_activation);
        if is_split {
            found.push((layer.pointer, format!("{}/activation", layer.path)));
        }
    });
    // The last ones first: an insertion moves the layers after it.
    found.sort_by_key(|(pointer, _)| std::cmp::Reverse(place(pointer)));
    // The format before Keras 3 lists the weights of both together.
    let root = legacy::root(weights);
    for (pointer, path) in found {
        let has_weights = match root {
            None => weights.is_dataset(&format!("{path}/vars/0")),
            Some(root) => has_slopes(model, &pointer, weights, root),
        };
        let Some((list, at)) = pointer.rsplit_once('/') else { continue };
        let (list, at) = (model.pointer_mut(list).and_then(Value::as_array_mut), at.parse::<usize>());
        let (Some(list), Ok(at)) = (list, at) else { continue };
        let class = list[at]["config"]["activation"]["class_name"].as_str().unwrap_or_default();
        let is_split = has_weights || class == "Softmax" || class == "PReLU" && root.is_none();
        if is_split && let Some(activation) = taken(&mut list[at], &path, has_weights) {
            list.insert(at + 1, activation);
        }
    }
}

/// Has the layer of the outermost model that holds this one slopes of a `PReLU`, in the format before Keras 3?
fn has_slopes(model: &Value, pointer: &str, weights: &WeightsReader, root: &str) -> bool {
    let outermost = place(pointer).first().map(|at| &model["config"]["layers"][*at]["config"]["name"]);
    let group = outermost.and_then(Value::as_str).map(|name| format!("{root}/{name}"));
    let names = group.and_then(|group| weights.texts(group.trim_matches('/'), "weight_names").ok().flatten());
    names.into_iter().flatten().any(|name| legacy::is_slope(&name))
}

/// The numbers in a location.
fn place(pointer: &str) -> Vec<usize> {
    pointer.split('/').filter_map(|part| part.parse().ok()).collect()
}

/// Is the activation a layer that no function stands for?
fn is_layer(activation: &Value) -> bool {
    // Early versions of Keras 2 wrote no module.
    let of_keras = match &activation["module"] {
        Value::Null => activation["class_name"] == "PReLU" || activation["class_name"] == "Softmax",
        module => module == "keras.layers",
    };
    of_keras && Activation::deserialize(activation).is_err()
}

/// Takes the activation out of a layer, which gets another name.
fn taken(layer: &mut Value, path: &str, has_weights: bool) -> Option<Value> {
    let name = layer["config"]["name"].as_str()?.to_owned();
    let mut activation = layer["config"]["activation"].clone();
    activation["config"].as_object()?;
    if activation["class_name"] == "PReLU" && !has_weights {
        // Keras makes its weights when it is first called with values, and saves none before.
        let slope = constant(&activation["config"]["alpha_initializer"])?;
        activation["class_name"] = "LeakyReLU".into();
        activation["config"] = json!({"trainable": true, "dtype": "float32", "negative_slope": slope});
    }
    layer["config"]["activation"] = "linear".into();
    let inner = layers::linear(&name);
    layer["config"]["name"] = inner.as_str().into();
    layer["name"] = inner.as_str().into();
    activation["config"]["name"] = name.as_str().into();
    let calls = layer["inbound_nodes"].as_array().map_or(0, Vec::len);
    let call = |at: usize| {
        let tensor = json!({"class_name": "__keras_tensor__", "config": {"keras_history": [inner, at, 0]}});
        json!({"args": [tensor], "kwargs": {}})
    };
    let object = activation.as_object_mut()?;
    object.retain(|key, _| matches!(key.as_str(), "module" | "class_name" | "config" | "registered_name"));
    let own = [
        ("name", name.into()),
        ("inbound_nodes", (0..calls).map(call).collect()),
        (STORED_AT, path.into()),
        // A name that no class has, so that the file's layers of its class are counted without it.
        (STORED_AS, path.into()),
    ];
    object.extend(own.map(|(key, value): (&str, Value)| (key.to_owned(), value)).into_iter().collect::<Map<_, _>>());
    Some(activation)
}

/// The number that an initializer gives all weights, if it gives one.
fn constant(initializer: &Value) -> Option<f64> {
    match initializer["class_name"].as_str()? {
        "Zeros" => Some(0.0),
        "Ones" => Some(1.0),
        "Constant" => initializer["config"]["value"].as_f64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(activation: Value) -> Value {
        json!({"class_name": "Dense", "config": {"name": "dense", "activation": activation}, "inbound_nodes": [{}, {}]})
    }

    fn prelu(config: Value) -> Value {
        json!({"module": "keras.layers", "class_name": "PReLU", "config": config, "registered_name": null})
    }

    #[test]
    fn the_activation_stands_behind_its_layer_and_has_its_name() {
        let mut layer = dense(prelu(json!({"name": "slopes", "shared_axes": null})));
        let found = taken(&mut layer, "layers/dense/activation", true).unwrap();
        assert_eq!(
            (&layer["config"]["name"], &layer["config"]["activation"]),
            (&"dense_linear".into(), &"linear".into())
        );
        assert_eq!(found["config"], json!({"name": "dense", "shared_axes": null}));
        let call =
            |at: u32| json!({"class_name": "__keras_tensor__", "config": {"keras_history": ["dense_linear", at, 0]}});
        let calls = json!([{"args": [call(0)], "kwargs": {}}, {"args": [call(1)], "kwargs": {}}]);
        assert_eq!((&found["inbound_nodes"], &found[STORED_AT]), (&calls, &"layers/dense/activation".into()));
    }

    #[test]
    fn weights_that_the_file_lacks_are_those_of_the_initializer() {
        for (initializer, slope) in [
            (json!({"class_name": "Zeros", "config": {}}), Some(0.0)),
            (json!({"class_name": "Ones", "config": {}}), Some(1.0)),
            (json!({"class_name": "Constant", "config": {"value": 0.25}}), Some(0.25)),
            (json!({"class_name": "RandomNormal", "config": {}}), None),
        ] {
            let mut layer = dense(prelu(json!({"alpha_initializer": initializer})));
            let found = taken(&mut layer, "layers/dense/activation", false);
            assert_eq!(found.map(|found| found["config"]["negative_slope"].as_f64()), slope.map(Some), "{initializer}");
        }
    }

    #[test]
    fn what_is_no_layer_stays_where_it_is() {
        for activation in [json!("relu"), json!(null), json!({"class_name": "PReLU"}), prelu(json!("none"))] {
            let mut layer = dense(activation.clone());
            if is_layer(&activation) {
                assert!(taken(&mut layer, "layers/dense/activation", true).is_none());
            }
            assert_eq!(layer, dense(activation));
        }
        let softmax = |axis: i64| json!({"module": "keras.layers", "class_name": "Softmax", "config": {"axis": axis}});
        assert!(is_layer(&softmax(1)) && !is_layer(&softmax(-1)));
    }
}
