//! Configurations of Keras 2 that no fixture has.

use horn_train::optimizers::OptimizerValue;
use serde_json::{Value, json};

use super::{calls, layers, optimizer, training};
use crate::fixture;
use crate::h5::WeightsReader;
use crate::layers::STORED_AS;

#[test]
fn calls_are_those_of_keras_3() {
    let tensor =
        |layer: &str, at: u32| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer, 0, at]}});
    for (node, expected) in [
        (json!([["x", 0, 0, {}]]), json!({"args": [tensor("x", 0)], "kwargs": {}})),
        (json!(["x", 0, 0, {}]), json!({"args": [tensor("x", 0)], "kwargs": {}})),
        (json!([["x", 0, 0, {}], ["y", 0, 1, {}]]), json!({"args": [[tensor("x", 0), tensor("y", 1)]], "kwargs": {}})),
        (
            json!([["x", 0, 0, {"initial_state": [["h", 0, 1], ["h", 0, 2]], "training": false}]]),
            json!({
                "args": [tensor("x", 0)],
                "kwargs": {"initial_state": [tensor("h", 1), tensor("h", 2)], "training": false},
            }),
        ),
    ] {
        let mut translated = node.clone();
        calls::translate(&mut translated);
        assert_eq!(translated, expected, "{node}");
    }
    for harmless in [json!([]), json!(null), json!("x"), json!([[]]), json!([3, 4]), json!({"args": []})] {
        calls::translate(&mut harmless.clone());
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
fn whatever_is_elsewhere_is_not_a_panic() {
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
                drop(layers::translate(&mut changed["model"]));
                if let Some(training) = changed["training"].as_object_mut() {
                    training::translate(training, &[]);
                }
            }
        }
    }
}

#[test]
fn the_oldest_lists_of_layers_get_an_input() {
    let mut object = json!({"class_name": "Sequential", "config": [
        {"class_name": "LeakyReLU", "config": {"name": "leaky", "batch_input_shape": [null, 4], "alpha": 0.25}},
    ]});
    layers::translate(&mut object).unwrap();
    let layers = &object["config"]["layers"];
    assert_eq!(layers[0]["config"]["batch_shape"], json!([null, 4]));
    assert_eq!(layers[1]["config"], json!({"name": "leaky", "negative_slope": 0.25}));
}

#[test]
fn arguments_that_mean_something_stay() {
    let mut object = json!({"class_name": "LSTM", "config": {"time_major": true, "implementation": 2}});
    layers::translate(&mut object).unwrap();
    assert_eq!(object["config"], json!({"time_major": true}));
    let mut grouped = json!({"class_name": "Conv2D", "config": {"groups": 1}});
    layers::translate(&mut grouped).unwrap();
    assert_eq!(grouped["config"]["groups"], 1);
}

fn translated(mut object: Value) -> Value {
    layers::translate(&mut object).unwrap();
    object
}

#[test]
fn arguments_are_those_of_keras_3() {
    let layer = |class: &str, config: Value| json!({"class_name": class, "config": config});
    for (class, config, expected) in [
        ("ThresholdedReLU", json!({"theta": 0.5}), layer("ReLU", json!({"threshold": 0.5}))),
        ("SyncBatchNormalization", json!({"axis": [3]}), layer("BatchNormalization", json!({"axis": 3}))),
        ("GRU", json!({"units": 2}), layer("GRU", json!({"units": 2, "reset_after": false}))),
        ("GRU", json!({"reset_after": true}), layer("GRU", json!({"reset_after": true}))),
        (
            "LeakyReLU",
            json!({"alpha": {"type": "ndarray", "value": 0.25}}),
            layer("LeakyReLU", json!({"negative_slope": 0.25})),
        ),
        (
            "Dense",
            json!({"kernel_initializer": {"class_name": "VarianceScaling", "config": {"distribution": "normal"}}}),
            layer(
                "Dense",
                json!({"kernel_initializer": {
                    "class_name": "VarianceScaling", "config": {"distribution": "truncated_normal"},
                }}),
            ),
        ),
        ("Discretization", json!({"num_bins": 3, "dtype": "int64"}), layer("Discretization", json!({"num_bins": 3}))),
        ("SpatialDropout1D", json!({"trainable": true}), layer("SpatialDropout1D", json!({}))),
        ("MultiHeadAttention", json!({"output_shape": 7}), layer("MultiHeadAttention", json!({"output_shape": [7]}))),
        (
            "Dense",
            json!({"dtype": {"class_name": "PolicyV1", "config": {"name": "mixed_float16"}}}),
            layer("Dense", json!({"dtype": "mixed_float16"})),
        ),
    ] {
        let mut translated = translated(layer(class, config));
        // The file names the weights by the old class.
        let stored_as = translated.as_object_mut().and_then(|object| object.remove(STORED_AS));
        let renamed = translated["class_name"] != class;
        assert_eq!(stored_as, renamed.then(|| class.into()));
        assert_eq!(translated, expected);
    }
}

#[test]
fn the_causal_mask_is_an_argument_of_the_calls() {
    let tensor = json!({"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}});
    for (causal, kwargs) in [(true, json!({"use_causal_mask": true})), (false, json!({}))] {
        let object = json!({
            "class_name": "Attention",
            "config": {"causal": causal},
            "inbound_nodes": [[["x", 0, 0, {}], ["x", 0, 0, {}]]],
        });
        let expected = json!({
            "class_name": "Attention",
            "config": {},
            "inbound_nodes": [{"args": [[tensor, tensor]], "kwargs": kwargs}],
        });
        assert_eq!(translated(object), expected);
    }
}

#[test]
fn layers_that_keras_3_lacks_are_named_with_another() {
    let mut object = json!({"class_name": "LocallyConnected1D", "config": {"name": "local"}});
    assert_eq!(
        layers::translate(&mut object).unwrap_err().to_string(),
        "layer \"local\": Keras 3 has no layer that does what this layer of Keras 2 did; received LocallyConnected1D, \
         expected a layer of Keras 3. Hint: use Conv1D in the program that saves the model."
    );
}

#[test]
fn optimizers_are_those_of_keras_3() {
    let translated = |mut object: Value| {
        optimizer::translate(&mut object);
        object
    };
    assert_eq!(translated(json!("adam")), json!("adam"));
    let old = json!({"class_name": "Custom>SGD", "config": {
        "lr": 0.5, "decay": 0.0, "jit_compile": false, "is_legacy_optimizer": false, "momentum": 0.0,
    }});
    assert_eq!(translated(old), json!({"class_name": "SGD", "config": {"learning_rate": 0.5, "momentum": 0.0}}));
    let decaying = translated(json!({"class_name": "Adam", "config": {"learning_rate": 0.5, "decay": 0.1}}));
    let schedule = &decaying["config"]["learning_rate"];
    assert_eq!(schedule["class_name"], "InverseTimeDecay");
    assert_eq!(schedule["config"]["initial_learning_rate"], 0.5);
    assert_eq!([&schedule["config"]["decay_rate"], &schedule["config"]["decay_steps"]], [&json!(0.1), &json!(1)]);
    let scaled = translated(json!({"class_name": "LossScaleOptimizerV3", "config": {
        "inner_optimizer": {"class_name": "Adam", "config": {"jit_compile": true, "epsilon": null}},
        "dynamic": true,
        "initial_scale": 32768.0,
    }}));
    assert_eq!(
        scaled,
        json!({"class_name": "LossScaleOptimizer", "config": {
            "inner_optimizer": {"class_name": "Adam", "config": {}}, "initial_scale": 32768.0,
        }})
    );
}

#[test]
fn what_an_optimizer_remembers_is_in_the_order_of_keras_3() {
    let value = |value: f32| OptimizerValue::Float(ndarray::arr1(&[value]).into_dyn());
    let rate = |rate: f32| OptimizerValue::Float(ndarray::arr0(rate).into_dyn());
    let ordered = |names: &[&str], optimizer: Value| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let rest = (1..names.len().max(3)).map(|at| value(at as f32));
        let values = std::iter::once(OptimizerValue::Int(7)).chain(rest).collect();
        optimizer::in_order(values, &names, &optimizer, 0.5)
    };
    let adam = || json!({"class_name": "Adam", "config": {"learning_rate": 0.5}});
    let step = || OptimizerValue::Int(7);
    // Before version 2.11: all of the first kind, then all of the second.
    let names = ["Adam/iter:0", "Adam/a/m:0", "Adam/b/m:0", "Adam/a/v:0", "Adam/b/v:0", "Adam/a/vhat:0"];
    let expected = [step(), rate(0.5), value(1.0), value(3.0), value(2.0), value(4.0), value(5.0)];
    assert_eq!(ordered(&names, adam()).unwrap(), expected);
    let names = ["iteration:0", "Adam/m/a:0", "Adam/v/a:0"];
    assert_eq!(ordered(&names, adam()).unwrap(), [step(), rate(0.5), value(1.0), value(2.0)]);
    // Without names, as in `.keras` files, and with a schedule, whose rate is not a variable.
    let scheduled = json!({"class_name": "Adam", "config": {"learning_rate": {"class_name": "ExponentialDecay"}}});
    assert_eq!(ordered(&[], scheduled).unwrap(), [step(), value(1.0), value(2.0)]);
    // Without momentum, Keras 3 has no variables for it.
    for optimizer in [json!("sgd"), json!({"class_name": "SGD", "config": {"momentum": 0.0}})] {
        assert_eq!(ordered(&[], optimizer).unwrap(), [step(), rate(0.5)]);
    }
    let momentum = json!({"class_name": "SGD", "config": {"momentum": 0.9}});
    assert_eq!(ordered(&[], momentum).unwrap().len(), 4);
    assert!(ordered(&["training/Adam/Variable:0"], adam()).is_none());
    assert!(ordered(&["Adam/iter:0", "Adam/a/m:0"], adam()).is_none());
    assert!(ordered(&[], json!({"class_name": "LossScaleOptimizer", "config": {}})).is_none());
}

#[test]
fn calls_of_nested_models_have_the_numbers_of_keras_3() {
    let nested = |class: &str, nodes: Value| json!({"class_name": class, "name": "inner", "inbound_nodes": nodes, "config": {"layers": []}});
    let dense = |call: u64| json!({"class_name": "Dense", "name": "d", "inbound_nodes": [[["inner", call, 0, {}]]]});
    let twice = json!([[["x", 0, 0, {}]], [["x", 0, 0, {}]]]);
    let renumbered = |class: &str, call: u64, output: u64| {
        let mut object = json!({"class_name": "Functional", "config": {
            "layers": [nested(class, twice.clone()), dense(call)], "output_layers": [["inner", output, 0]],
        }});
        calls::renumber(&mut object);
        let call = object.pointer("/config/layers/1/inbound_nodes/0/0/1").and_then(Value::as_u64);
        (call.unwrap(), object["config"]["output_layers"][0][1].as_u64().unwrap())
    };
    // The calls of a model with an input count from 1, and Keras 3's from 0, but where a graph is an output.
    assert_eq!(renumbered("Sequential", 1, 2), (0, 1));
    assert_eq!(renumbered("Sequential", 2, 1), (1, 0));
    assert_eq!(renumbered("Functional", 1, 2), (0, 2));
    assert_eq!(renumbered("Sequential", 0, 1), (0, 1));
    assert_eq!(renumbered("Functional", 0, 1), (0, 2));
}

#[test]
fn functions_of_tensorflow_are_those_of_keras_3() {
    let tensor = |layer: &str| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer, 0, 0]}});
    let function = |class: &str, name: &str, nodes: Value| {
        let mut object =
            json!({"class_name": class, "config": {"name": "f", "function": name}, "inbound_nodes": nodes});
        layers::translate(&mut object).map(|()| object)
    };
    let translated = |class: &str, name: &str, nodes: Value| {
        let object = function(class, name, nodes).unwrap();
        (object["class_name"].clone(), object["config"].clone(), object["inbound_nodes"][0]["args"].clone())
    };
    for (name, node, class, config, args) in [
        (
            "math.multiply",
            json!(["x", 0, 0, {"y": 2.0, "name": null}]),
            "Multiply",
            json!({"name": "f"}),
            json!([tensor("x"), 2.0]),
        ),
        (
            "math.subtract",
            json!(["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0]}]),
            "Subtract",
            json!({"name": "f"}),
            json!([1.0, tensor("x")]),
        ),
        (
            "__operators__.add",
            json!(["x", 0, 0, {"y": [1.0, 2.0]}]),
            "Add",
            json!({"name": "f"}),
            json!([
                tensor("x"), {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}},
            ]),
        ),
        (
            "math.reduce_mean",
            json!(["x", 0, 0, {"axis": 1, "keepdims": true}]),
            "Mean",
            json!({"name": "f", "axis": 1, "keepdims": true}),
            json!([tensor("x")]),
        ),
        ("nn.gelu", json!(["x", 0, 0, {}]), "Gelu", json!({"name": "f", "approximate": false}), json!([tensor("x")])),
    ] {
        assert_eq!(translated("TFOpLambda", name, json!([[node]])), (class.into(), config, args), "{name}");
    }
    let slice = json!({"start": 1, "stop": null, "step": 2});
    let key = json!([slice, "Ellipsis", null, 0]);
    let expected = json!([
        {"class_name": "__slice__", "config": slice}, {"class_name": "__ellipsis__", "config": {}}, null, 0,
    ]);
    let (class, _, args) =
        translated("SlicingOpLambda", "__operators__.getitem", json!([[["x", 0, 0, {"slice_spec": key}]]]));
    assert_eq!((class, &args[1]), (json!("GetItem"), &expected));

    let error = |name: &str, kwargs: Value| {
        function("TFOpLambda", name, json!([[["x", 0, 0, kwargs]]])).unwrap_err().to_string()
    };
    assert_eq!(
        error("linalg.svd", json!({})),
        "layer \"f\": Horn has no function that does what this function of TensorFlow did; received tf.linalg.svd, \
         expected one of TensorFlow's common functions. Hint: use a layer for it in the program that saves the model."
    );
    assert!(error("io.exp", json!({})).contains("received tf.io.exp"));
    let unknown = error("math.reduce_sum", json!({"axis": 1, "other": true}));
    assert!(unknown.contains("received other = true of tf.math.reduce_sum"), "{unknown}");
    let product = json!([[["x", 0, 0, {"b": ["y", 0, 0], "transpose_b": true}]]]);
    let einsum =
        (json!("Einsum"), json!({"name": "f", "subscripts": "...ij,...kj->...ik"}), json!([tensor("x"), tensor("y")]));
    assert_eq!(translated("TFOpLambda", "linalg.matmul", product), einsum);
}

/// A graph of functions of TensorFlow, each of one tensor or of what `call` says.
fn graph(functions: &[(&str, &str, Value)]) -> Value {
    let layer = |(name, function, call): &(&str, &str, Value)| {
        let class = if *function == "getitem" { "SlicingOpLambda" } else { "TFOpLambda" };
        json!({"class_name": class, "name": name, "config": {"name": name, "function": function}, "inbound_nodes": [call]})
    };
    let input = json!({"class_name": "InputLayer", "name": "x", "config": {"name": "x"}, "inbound_nodes": []});
    let layers: Vec<Value> = [input].into_iter().chain(functions.iter().map(layer)).collect();
    let last = functions.last().unwrap().0;
    json!({"class_name": "Functional", "config": {"layers": layers, "output_layers": [[last, 0, 0]]}})
}

/// What a graph with `tf.shape(x)` and `tf.shape(x)[0]` becomes: the classes of its layers, or the error.
fn with_shapes(functions: &[(&str, &str, Value)]) -> Result<Vec<String>, String> {
    let shapes =
        [("shape", "shape", json!(["x", 0, 0, {}])), ("n", "getitem", json!(["shape", 0, 0, {"slice_spec": 0}]))];
    let mut object = graph(&[&shapes, functions].concat());
    layers::translate(&mut object).map_err(|error| error.to_string())?;
    let classes = object["config"]["layers"].as_array().unwrap().iter().skip(1);
    Ok(classes.map(|layer| layer["class_name"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_reshaping_keeps_the_samples_where_they_are_the_first_axis() {
    let reshape = |of: &str, shape: Value| json!([of, 0, 0, {"shape": shape}]);
    let n = json!(["n", 0, 0]);
    let found = with_shapes(&[("y", "reshape", reshape("x", json!([n, -1])))]);
    assert_eq!(found.unwrap(), ["Reshape"]);
    let found = with_shapes(&[("y", "reshape", reshape("x", json!([n, 3, 4])))]);
    assert_eq!(found.unwrap(), ["Reshape"]);
    // Steps that are folded into the samples, or before them: the samples are only known where all other sizes are.
    let folds =
        [("f", "reshape", reshape("x", json!([-1, 3]))), ("f", "transpose", json!(["x", 0, 0, {"perm": [1, 0]}]))];
    for fold in folds {
        let negated = ("g", "math.negative", json!(["f", 0, 0, {}]));
        let found = with_shapes(&[fold.clone(), negated.clone(), ("y", "reshape", reshape("g", json!([n, 4, 3])))]);
        assert_eq!(found.unwrap()[1..], ["Negative", "Reshape"]);
        let error = with_shapes(&[fold, negated, ("y", "reshape", reshape("g", json!([n, -1])))]).unwrap_err();
        assert!(error.contains("received tf.shape"), "{error}");
    }
    // The size is that of the folded axis.
    let folded = [
        ("f", "reshape", reshape("x", json!([-1, 3]))),
        ("g", "shape", json!(["f", 0, 0, {}])),
        ("m", "getitem", json!(["g", 0, 0, {"slice_spec": 0}])),
    ];
    let of = |tensor: &str| {
        with_shapes(&[&folded[..], &[("y", "reshape", reshape(tensor, json!([["m", 0, 0], -1])))]].concat())
    };
    assert_eq!(of("f").unwrap(), ["Reshape", "Reshape"]);
    assert!(of("x").unwrap_err().contains("received tf.shape"));
    let error = with_shapes(&[("y", "reshape", reshape("x", json!([n, -1, -1])))]).unwrap_err();
    assert!(error.contains("received tf.shape"), "{error}");
}

#[test]
fn functions_that_lead_to_no_output_are_left_out() {
    let unknown = ("u", "keras.backend.binary_crossentropy", json!(["x", 0, 0, {}]));
    let read = ("v", "math.reduce_mean", json!(["u", 0, 0, {}]));
    let found = with_shapes(&[unknown, read, ("y", "math.negative", json!(["x", 0, 0, {}]))]);
    assert_eq!(found.unwrap(), ["Negative"]);
}

#[test]
fn metrics_that_are_names_of_classes_have_their_names_in_keras_2() {
    let metrics = json!({"a": ["AUC", "RootMeanSquaredError", "MSE"], "b": "accuracy"});
    let mut arguments = json!({"metrics": metrics}).as_object().unwrap().clone();
    training::translate(&mut arguments, &["a".to_owned(), "b".to_owned()]);
    let class = |class: &str, name: &str| json!({"class_name": class, "config": {"name": name}});
    let named = [class("AUC", "auc"), class("RootMeanSquaredError", "root_mean_squared_error"), "MSE".into()];
    assert_eq!(arguments["metrics"], json!({"a": named, "b": "accuracy"}));
}
