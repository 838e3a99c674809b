//! A saved `keras.utils.FeatureSpace`, as the model that it stands for: from a value of each feature to their encodings.
//!
//! A FeatureSpace is not a graph in its file, but a list of features, each with the layer that prepares it, and of crosses
//! of features. It computes what `get_inputs()` and `get_encoded_features()` are to Keras's program.

use std::collections::{BTreeMap, HashMap, HashSet};

use horn_nn::{Error, Result};
use serde_json::{Map, Value, json};

use crate::h5::WeightsReader;
use crate::layers::STORED_AT;
use crate::weights::recorded_name;

/// Where the file keeps the state of the layers that prepare features.
const PREPROCESSORS: &str = "preprocessors";

/// Is it a saved FeatureSpace?
pub(crate) fn is_one(object: &Value) -> bool {
    object["class_name"] == "FeatureSpace"
}

/// The object of the model.
///
/// # Errors
///
/// If the object is not one that Keras writes, or a feature can't be encoded.
pub(crate) fn model(object: &Value, weights: &WeightsReader) -> Result<Value> {
    with_places(object, &places(weights)?)
}

/// The object of the model, whose layers are kept at these places.
fn with_places(object: &Value, places: &HashMap<String, String>) -> Result<Value> {
    let config = &object["config"];
    let mut graph = Graph::default();
    let mut inputs = Map::new();
    // Python sorts the names, too.
    let mut encoded = BTreeMap::new();
    let mut prepared = HashMap::new();
    let features = config["features"].as_object().ok_or_else(|| malformed("its features", &config["features"]))?;
    let layers: HashSet<&str> = features.values().filter_map(|feature| name(layer_of(feature))).collect();
    for (feature, object) in features {
        let given = if layers.contains(feature.as_str()) { format!("{feature}_input") } else { feature.clone() };
        let mut layer = layer_of(object).clone();
        let own = name(&layer).ok_or_else(|| malformed("the layer of a feature", object))?.to_owned();
        if let Some(place) = places.get(&own) {
            layer[STORED_AT] = place.as_str().into();
        }
        let tokens = tokens(&layer);
        let input = json!({"batch_shape": [null, 1], "dtype": object["config"]["dtype"]});
        graph.add(&given, json!({"class_name": "InputLayer", "config": input}), &[]);
        graph.add(&own, layer, &[&given]);
        let last = graph.one_hot(feature, &own, &object["config"]["output_mode"], tokens)?;
        inputs.insert(feature.clone(), place(&given));
        encoded.insert((false, feature.clone()), last);
        prepared.insert(feature.as_str(), own);
    }
    for cross in config["crosses"].as_array().into_iter().flatten() {
        let config = &cross["config"];
        let names = config["feature_names"].as_array().into_iter().flatten().map(Value::as_str);
        let names: Vec<&str> = names.collect::<Option<_>>().ok_or_else(|| malformed("a cross", cross))?;
        let crossed = names.iter().map(|name| prepared.get(name).map(String::as_str));
        let crossed: Vec<&str> = crossed.collect::<Option<_>>().ok_or_else(|| malformed("a cross", cross))?;
        let name = names.join("_X_");
        let crossing = json!({"num_bins": config["crossing_dim"], "dtype": "int64"});
        graph.add_list(&name, json!({"class_name": "HashedCrossing", "config": crossing}), &crossed);
        let last = graph.one_hot(&name, &name, &config["output_mode"], config["crossing_dim"].as_u64())?;
        encoded.insert((true, name), last);
    }
    let outputs: Value = if config["output_mode"] == "dict" {
        encoded.into_iter().map(|((_, name), last)| (name, place(&last))).collect::<Map<_, _>>().into()
    } else {
        let all: Vec<&str> = encoded.values().map(String::as_str).collect();
        graph.add_list("concatenated_features", json!({"class_name": "Concatenate", "config": {"axis": -1}}), &all);
        place("concatenated_features")
    };
    let name = config["name"].as_str().unwrap_or("feature_space");
    let config = json!({"name": name, "layers": graph.layers, "input_layers": inputs, "output_layers": outputs, "trainable": true});
    Ok(json!({"module": "keras.src.models.functional", "class_name": "Functional", "config": config}))
}

/// The groups of the layers in the file, by the names of the layers. The order of the features does not tell, as JSON's
/// objects have none.
fn places(weights: &WeightsReader) -> Result<HashMap<String, String>> {
    let mut places = HashMap::new();
    let children = if weights.is_group(PREPROCESSORS) { weights.children(PREPROCESSORS)? } else { Default::default() };
    for child in children {
        let place = format!("{PREPROCESSORS}/{child}");
        if let Some(name) = recorded_name(weights, &place)? {
            places.insert(name, place);
        }
    }
    Ok(places)
}

/// The layer that prepares a feature.
fn layer_of(feature: &Value) -> &Value {
    &feature["config"]["preprocessor"]
}

fn name(layer: &Value) -> Option<&str> {
    layer["config"]["name"].as_str()
}

/// How many different values the layer gives, where it gives whole numbers.
fn tokens(layer: &Value) -> Option<u64> {
    let config = &layer["config"];
    let boundaries = config["bin_boundaries"].as_array().map(|boundaries| boundaries.len() as u64 + 1);
    let key = ["vocabulary_size", "num_tokens", "num_bins"].iter().find_map(|key| config[*key].as_u64());
    boundaries.or(key)
}

fn place(layer: &str) -> Value {
    json!([layer, 0, 0])
}

fn malformed(what: &str, received: &Value) -> Error {
    Error::file(format!("the FeatureSpace has not what Keras writes: {what}"))
        .received(received)
        .hint("save it again, by `FeatureSpace.save`")
}

/// The layers of the model.
#[derive(Default)]
struct Graph {
    layers: Vec<Value>,
}

impl Graph {
    /// Adds a layer that is called with a tensor, or with none.
    fn add(&mut self, name: &str, layer: Value, inputs: &[&str]) {
        let node = |input: &&str| json!({"args": [tensor(input)], "kwargs": {}});
        self.add_called(name, layer, inputs.iter().map(node).collect());
    }

    /// Adds a layer that is called with a list of tensors.
    fn add_list(&mut self, name: &str, layer: Value, inputs: &[&str]) {
        let list: Vec<Value> = inputs.iter().map(|input| tensor(input)).collect();
        self.add_called(name, layer, vec![json!({"args": [list], "kwargs": {}})]);
    }

    fn add_called(&mut self, name: &str, mut layer: Value, nodes: Vec<Value>) {
        layer["config"]["name"] = name.into();
        layer["name"] = name.into();
        layer["inbound_nodes"] = nodes.into();
        self.layers.push(layer);
    }

    /// Adds the encoding of a feature, if it has one, and returns the name of the last layer.
    fn one_hot(&mut self, feature: &str, prepared: &str, mode: &Value, tokens: Option<u64>) -> Result<String> {
        if mode != "one_hot" {
            return Ok(prepared.to_owned());
        }
        let tokens = tokens.ok_or_else(|| {
            Error::file("the file does not say how many values the feature has")
                .at(format!("feature {feature:?}"))
                .expected("a lookup with its vocabulary_size, or a layer with num_bins or num_tokens")
                .hint("save a model of `get_inputs()` and `get_encoded_features()` in its place")
        })?;
        let encoder = format!("{feature}_one_hot");
        let config = json!({"num_tokens": tokens, "output_mode": "multi_hot"});
        self.add(&encoder, json!({"class_name": "CategoryEncoding", "config": config}), &[prepared]);
        Ok(encoder)
    }
}

fn tensor(layer: &str) -> Value {
    json!({"class_name": "__keras_tensor__", "config": {"keras_history": place(layer)}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(layer: Value, mode: &str) -> Value {
        json!({"class_name": "Feature", "config": {"dtype": "float32", "preprocessor": layer, "output_mode": mode}})
    }

    fn space(features: Value, crosses: Value) -> Result<Value> {
        let config = json!({"features": features, "crosses": crosses, "output_mode": "dict"});
        with_places(&json!({"class_name": "FeatureSpace", "config": config}), &HashMap::new())
    }

    /// Keras names the layer of a feature like the feature, if its kind was given as a word.
    #[test]
    fn an_input_gives_way_to_a_layer_of_its_name() {
        let layer = json!({"class_name": "Rescaling", "config": {"name": "age", "scale": 2.0}});
        let model = space(json!({"age": feature(layer, "float")}), json!([])).unwrap();
        assert_eq!(model["config"]["input_layers"], json!({"age": ["age_input", 0, 0]}));
        assert_eq!(model["config"]["output_layers"], json!({"age": ["age", 0, 0]}));
    }

    #[test]
    fn what_keras_does_not_write_is_an_error() {
        let hashing = json!({"class_name": "Hashing", "config": {"name": "h"}});
        let unnamed = json!({"class_name": "Hashing", "config": {}});
        let cross = |names: Value| json!([{"class_name": "Cross", "config": {"feature_names": names}}]);
        for (features, crosses, problem) in [
            (json!([]), json!([]), "its features"),
            (json!({"a": null}), json!([]), "the layer of a feature"),
            (json!({"a": feature(unnamed, "int")}), json!([]), "the layer of a feature"),
            (json!({"a": feature(hashing.clone(), "one_hot")}), json!([]), "how many values the feature has"),
            (json!({"a": feature(hashing.clone(), "int")}), cross(json!(["a", "b"])), "a cross"),
            (json!({"a": feature(hashing, "int")}), cross(json!(["a", 1])), "a cross"),
        ] {
            let error = space(features, crosses).unwrap_err();
            assert!(error.is_file() && error.to_string().contains(problem), "{error}");
        }
    }
}
