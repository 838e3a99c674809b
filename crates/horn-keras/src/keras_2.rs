//! Translates what Keras 2 writes differently into Keras 3's form.
//!
//! The translated arguments are those in which the configurations of all layers differ. An argument that Keras 3 no
//! longer has and that changes what the layer does is kept, so that the layer is refused.

use horn_nn::{Error, Result};
use serde_json::{Map, Value, json};

/// Arguments that Keras 3 doesn't have, with the value at which they have no effect. Those with `None` never have an
/// effect on a model.
const GONE: [(&str, Option<Value>); 10] = [
    ("batch_input_shape", None),
    ("input_length", None),
    ("implementation", None),
    ("query_shape", None),
    ("key_shape", None),
    ("value_shape", None),
    ("rng_type", None),
    ("ragged", Some(Value::Bool(false))),
    ("time_major", Some(Value::Bool(false))),
    ("softmax_robust_masking", Some(Value::Bool(false))),
];

/// Translates the object of a model or a layer.
pub(crate) fn translate(object: &mut Value) {
    if object["class_name"] == "ThresholdedReLU" {
        thresholded_relu(object);
    }
    let class = object["class_name"].as_str().unwrap_or_default().to_owned();
    if let Some(nodes) = object.get_mut("inbound_nodes").and_then(Value::as_array_mut) {
        nodes.iter_mut().for_each(translate_node);
    }
    let Some(config) = object.get_mut("config") else { return };
    if class == "Sequential" && config.is_array() {
        *config = json!({"name": "sequential", "layers": config.take()});
    }
    let Some(arguments) = config.as_object_mut() else { return };
    if let Some(layers) = arguments.get_mut("layers").and_then(Value::as_array_mut) {
        if class == "Sequential" {
            add_input(layers);
        }
        layers.iter_mut().for_each(translate);
    } else {
        translate_arguments(&class, arguments);
    }
    // Wrappers and stacked cells contain other layers.
    for key in ["layer", "backward_layer", "cell"] {
        arguments.get_mut(key).filter(|inner| inner.is_object()).map(translate);
    }
    if let Some(cells) = arguments.get_mut("cells").and_then(Value::as_array_mut) {
        cells.iter_mut().for_each(translate);
    }
}

/// Keras 3 has `ThresholdedReLU(theta)` as `ReLU(threshold=theta)`.
fn thresholded_relu(object: &mut Value) {
    object["class_name"] = "ReLU".into();
    if let Some(arguments) = object["config"].as_object_mut() {
        let theta = arguments.remove("theta").unwrap_or_else(|| 1.0.into());
        arguments.insert("threshold".to_owned(), theta);
    }
}

fn translate_arguments(class: &str, arguments: &mut Map<String, Value>) {
    let mut rename = |old: &str, new: &str| {
        if let Some(value) = arguments.remove(old) {
            arguments.entry(new).or_insert(value);
        }
    };
    match class {
        "InputLayer" => rename("batch_input_shape", "batch_shape"),
        "LeakyReLU" => rename("alpha", "negative_slope"),
        _ => {}
    }
    match class {
        "BatchNormalization" => {
            let axis = arguments.get("axis").and_then(Value::as_array).filter(|axes| axes.len() == 1);
            if let Some(axis) = axis.map(|axes| axes[0].clone()) {
                arguments.insert("axis".to_owned(), axis);
            }
        }
        "SeparableConv1D" | "SeparableConv2D" => {
            for key in ["kernel_initializer", "kernel_regularizer", "kernel_constraint"] {
                arguments.remove(key);
            }
        }
        _ => {}
    }
    // Plain convolutions have `groups` in Keras 3, too.
    let is_plain = matches!(class, "Conv1D" | "Conv2D" | "Conv3D");
    arguments.retain(|key, value| {
        let says_nothing = |nothing: &Option<Value>| nothing.as_ref().is_none_or(|nothing| nothing == value);
        let is_gone = GONE.iter().any(|(gone, nothing)| gone == key && says_nothing(nothing));
        !is_gone && (key != "groups" || is_plain || *value != 1)
    });
    let policy = arguments.get("dtype").filter(|dtype| dtype["class_name"] == "Policy");
    if let Some(name) = policy.map(|policy| policy["config"]["name"].clone()) {
        arguments.insert("dtype".to_owned(), name);
    }
    for (_, value) in arguments.iter_mut().filter(|(key, _)| key.ends_with("_initializer")) {
        if let Some(config) = value.get_mut("config").and_then(Value::as_object_mut) {
            config.remove("dtype");
        }
    }
}

/// The oldest files have no input layer. The first layer has the input's shape.
fn add_input(layers: &mut Vec<Value>) {
    let Some(first) = layers.first().filter(|first| first["class_name"] != "InputLayer") else { return };
    let Some(shape) = first["config"].get("batch_input_shape") else { return };
    let name = format!("{}_input", first["config"]["name"].as_str().unwrap_or("layer"));
    let config = json!({"batch_shape": shape, "dtype": first["config"]["dtype"], "name": name});
    layers.insert(0, json!({"class_name": "InputLayer", "config": config}));
}

/// Translates a call. Keras 2 writes `[["layer", 0, 0, {arguments}], …]`, a list of the tensors in the first argument.
fn translate_node(node: &mut Value) {
    let Some(listed) = node.as_array_mut() else { return };
    // A single tensor may be written without the outer list.
    let mut listed = match listed.first() {
        Some(Value::String(_)) => vec![Value::Array(std::mem::take(listed))],
        _ => std::mem::take(listed),
    };
    let arguments = listed.iter_mut().find_map(|tensor| Some(tensor.get_mut(3)?.take()).filter(is_filled));
    let mut arguments = arguments.unwrap_or_else(|| json!({}));
    arguments.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(translate_tensors);
    listed.iter_mut().for_each(translate_tensors);
    let first = if listed.len() == 1 { listed.remove(0) } else { listed.into() };
    *node = json!({"args": [first], "kwargs": arguments});
}

fn is_filled(arguments: &Value) -> bool {
    arguments.as_object().is_some_and(|arguments| !arguments.is_empty())
}

/// Translates each `["layer", 0, 0]`, at any depth.
fn translate_tensors(value: &mut Value) {
    let Some(values) = value.as_array_mut() else { return };
    match values.as_slice() {
        [Value::String(_), Value::Number(_), Value::Number(_), ..] => {
            values.truncate(3);
            *value = json!({"class_name": "__keras_tensor__", "config": {"keras_history": values}});
        }
        _ => values.iter_mut().for_each(translate_tensors),
    }
}

/// Translates the arguments of `compile`.
pub(crate) fn translate_training(training: &mut Map<String, Value>) {
    for key in ["loss", "metrics", "weighted_metrics"] {
        training.get_mut(key).into_iter().for_each(translate_objects);
    }
    if let Some(optimizer) = training.get_mut("optimizer_config") {
        translate_optimizer(optimizer);
    }
    // Keras 2 writes a list for each output. Here there is one output.
    for key in ["metrics", "weighted_metrics"] {
        let inner = training.get_mut(key).and_then(|metrics| match metrics.as_array_mut()?.as_mut_slice() {
            [inner @ Value::Array(_)] => Some(inner.take()),
            _ => None,
        });
        if let Some(inner) = inner {
            training.insert(key.to_owned(), inner);
        }
    }
}

/// Keras's metric functions, and the metrics that are their means.
const METRICS: [(&str, &str); 6] = [
    ("binary_accuracy", "BinaryAccuracy"),
    ("categorical_accuracy", "CategoricalAccuracy"),
    ("sparse_categorical_accuracy", "SparseCategoricalAccuracy"),
    ("mean_squared_error", "MeanSquaredError"),
    ("mean_absolute_error", "MeanAbsoluteError"),
    ("accuracy", "Accuracy"),
];

/// Translates losses and metrics, also in lists and by outputs.
fn translate_objects(value: &mut Value) {
    if value["class_name"].is_string() {
        let function = value["config"].get_mut("fn").map(Value::take);
        let class = METRICS.iter().find(|(name, _)| function.as_ref().is_some_and(|function| function == name));
        if let Some((_, class)) = class.filter(|_| value["class_name"] == "MeanMetricWrapper") {
            value["class_name"] = (*class).into();
        }
        if let Some(config) = value["config"].as_object_mut() {
            config.remove("fn");
            if config.get("reduction").is_some_and(|reduction| reduction == "auto") {
                config.insert("reduction".to_owned(), "sum_over_batch_size".into());
            }
        }
        return;
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(translate_objects),
        Value::Object(values) => values.values_mut().for_each(translate_objects),
        _ => {}
    }
}

fn translate_optimizer(optimizer: &mut Value) {
    if let Some(class) = optimizer["class_name"].as_str().and_then(|class| class.strip_prefix("Custom>")) {
        optimizer["class_name"] = class.into();
    }
    let Some(config) = optimizer.get_mut("config").and_then(Value::as_object_mut) else { return };
    config.remove("jit_compile");
    config.remove("is_legacy_optimizer");
    if config.get("decay").is_some_and(|decay| decay.as_f64() == Some(0.0)) {
        config.remove("decay");
    }
    if let Some(rate) = config.remove("lr") {
        config.entry("learning_rate").or_insert(rate);
    }
}

/// Refuses the optimizer state of older versions, whose variables are in another order.
pub(crate) fn check_variables(names: &[String]) -> Result<()> {
    match names.first() {
        Some(first) if !first.starts_with("iteration") => {
            Err(Error::file("what the optimizer remembers is in the order of Keras before 2.11")
                .at("optimizer_weights")
                .received(format!("{first:?}"))
                .expected("\"iteration:0\"")
                .hint("read the file as a `Model`, and compile it"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::h5::WeightsReader;

    #[test]
    fn calls_are_those_of_keras_3() {
        let tensor = |layer: &str, at: u32| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer, 0, at]}});
        for (node, expected) in [
            (json!([["x", 0, 0, {}]]), json!({"args": [tensor("x", 0)], "kwargs": {}})),
            (json!(["x", 0, 0, {}]), json!({"args": [tensor("x", 0)], "kwargs": {}})),
            (
                json!([["x", 0, 0, {}], ["y", 0, 1, {}]]),
                json!({"args": [[tensor("x", 0), tensor("y", 1)]], "kwargs": {}}),
            ),
            (
                json!([["x", 0, 0, {"initial_state": [["h", 0, 1], ["h", 0, 2]], "training": false}]]),
                json!({
                    "args": [tensor("x", 0)],
                    "kwargs": {"initial_state": [tensor("h", 1), tensor("h", 2)], "training": false},
                }),
            ),
        ] {
            let mut translated = node.clone();
            translate_node(&mut translated);
            assert_eq!(translated, expected, "{node}");
        }
        for harmless in [json!([]), json!(null), json!("x"), json!([[]]), json!([3, 4]), json!({"args": []})] {
            translate_node(&mut harmless.clone());
        }
    }

    /// Collects the JSON pointers of everything in a value.
    fn places(value: &Value, place: &str, found: &mut Vec<String>) {
        found.push(place.to_owned());
        match value {
            Value::Array(values) => {
                values.iter().enumerate().for_each(|(at, value)| places(value, &format!("{place}/{at}"), found));
            }
            Value::Object(values) => {
                values.iter().for_each(|(key, value)| places(value, &format!("{place}/{key}"), found));
            }
            _ => {}
        }
    }

    #[test]
    fn whatever_is_elsewhere_is_no_panic() {
        for file in ["v2_mlp.h5", "v2_convnet.h5", "v2_recurrent.h5"] {
            let file = WeightsReader::open(fixture("models").join(file)).unwrap();
            let attributes = file.attributes("").unwrap();
            let read = |name: &str| {
                attributes.get(name).map_or(json!({}), |text| serde_json::from_str(text.as_text().unwrap()).unwrap())
            };
            let mut whole = json!({"model": read("model_config"), "training": read("training_config")});
            whole["model"]["config"]["layers"][1]["config"]["dtype"] =
                json!({"class_name": "Policy", "config": {"name": "float32"}});
            let mut found = Vec::new();
            places(&whole, "", &mut found);
            found.retain(|place| place.len() > "/training".len());
            for place in found {
                for other in [json!(null), json!("x"), json!(7), json!([]), json!([[["x", 0, 0, 0]]]), json!({})] {
                    let mut changed = whole.clone();
                    *changed.pointer_mut(&place).unwrap() = other;
                    translate(&mut changed["model"]);
                    changed["training"].as_object_mut().map(translate_training);
                }
            }
        }
    }

    #[test]
    fn the_oldest_lists_of_layers_get_an_input() {
        let mut object = json!({"class_name": "Sequential", "config": [
            {"class_name": "LeakyReLU", "config": {"name": "leaky", "batch_input_shape": [null, 4], "alpha": 0.25}},
        ]});
        translate(&mut object);
        let layers = &object["config"]["layers"];
        assert_eq!(layers[0]["config"]["batch_shape"], json!([null, 4]));
        assert_eq!(layers[1]["config"], json!({"name": "leaky", "negative_slope": 0.25}));
    }

    #[test]
    fn a_thresholded_relu_is_a_relu_with_a_threshold() {
        let mut object = json!({"class_name": "ThresholdedReLU", "config": {"name": "sparse", "theta": 0.1}});
        translate(&mut object);
        assert_eq!(object, json!({"class_name": "ReLU", "config": {"name": "sparse", "threshold": 0.1}}));
    }

    #[test]
    fn older_optimizers_are_told_by_their_first_variable() {
        let check = |name: &str| check_variables(&[name.to_owned()]);
        assert!(check_variables(&[]).is_ok() && check("iteration:0").is_ok());
        let error = check("training/Adam/iter:0").unwrap_err().to_string();
        assert!(error.contains("is in the order of Keras before 2.11; received \"training/Adam/iter:0\""), "{error}");
        assert!(error.ends_with("Hint: read the file as a `Model`, and compile it."), "{error}");
    }

    #[test]
    fn arguments_that_mean_something_stay() {
        let mut object = json!({"class_name": "LSTM", "config": {"time_major": true, "implementation": 2}});
        translate(&mut object);
        assert_eq!(object["config"], json!({"time_major": true}));
        let mut grouped = json!({"class_name": "Conv2D", "config": {"groups": 1}});
        translate(&mut grouped);
        assert_eq!(grouped["config"]["groups"], 1);
    }
}
