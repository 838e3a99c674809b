//! Files that name code: nothing of it is run.

use super::*;

/// CVE-2024-3660: the bytecode of a `Lambda`.
#[test]
fn lambdas_are_not_run() {
    let lambda =
        json!({"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": null, "closure": null}});
    for object in [
        layer("Lambda", json!({"name": "lambda", "function": lambda, "arguments": {}})),
        layer("Lambda", json!({"function": ["4wEAAAAAAAAA", null, null], "function_type": "lambda"})),
    ] {
        let error = refused(&one_layer(object)).to_string();
        assert!(error.contains("Lambda"), "{error}");
    }
    let dense = layer("Dense", json!({"units": 2, "activation": lambda}));
    assert!(refused(&one_layer(dense)).to_string().contains("activation"));
    let dense = layer("Dense", json!({"units": 2, "kernel_initializer": lambda}));
    assert!(refused(&one_layer(dense)).is_argument());
    let each = layer("TimeDistributed", json!({"layer": layer("Lambda", json!({"function": lambda}))}));
    assert!(format!("{:#}", refused(&sequential(json!([null, 4, 3]), [each]))).contains("Lambda"));
}

/// CVE-2025-1550: any Python module and function by name.
#[test]
fn names_of_modules_lead_nowhere() {
    for (module, class) in
        [("os", "system"), ("subprocess", "Popen"), ("builtins", "eval"), ("keras.layers", "os.system")]
    {
        let object =
            json!({"module": module, "class_name": class, "registered_name": class, "config": {"command": "id"}});
        assert!(refused(&one_layer(object.clone())).to_string().contains("there is no layer of this class"));
        assert!(refused(&object).to_string().contains("the object is not a model"));
    }
    let dense = layer("Dense", json!({"units": 2, "kernel_regularizer": function("os", "system")}));
    assert!(refused(&one_layer(dense)).is_argument());
    // A class that Horn has is used, whatever module the file names for it.
    let mut object = one_layer(layer("ReLU", json!({})));
    object["config"]["layers"][1]["module"] = "os".into();
    assert!(read("ReLU", &object).is_ok());
    // A registered custom class with the same name is another class.
    object["config"]["layers"][1]["registered_name"] = "system>ReLU".into();
    assert!(refused(&object).to_string().contains("there is no layer of this class; received system>ReLU"));
}

/// CVE-2025-8747 and CVE-2025-9906: functions of Keras itself that download files or allow lambdas.
#[test]
fn functions_of_keras_are_not_called() {
    let fetch = json!({
        "function": function("keras.utils", "get_file"),
        "arguments": {"fname": "x", "origin": "http://127.0.0.1:9/x", "cache_dir": "/"},
    });
    assert!(refused(&one_layer(layer("Lambda", fetch))).to_string().contains("Lambda"));
    let mut object = one_layer(layer("ReLU", json!({})));
    let allow = json!({"module": "keras.config", "class_name": "function", "config": "enable_unsafe_deserialization",
        "registered_name": "enable_unsafe_deserialization"});
    object["config"]["layers"].as_array_mut().unwrap().insert(1, allow);
    assert!(refused(&object).to_string().contains("there is no layer of this class"));
}

/// CVE-2025-9905: legacy files, for which Python's Keras ignored its safe mode.
#[test]
fn older_files_run_nothing_either() {
    let lambda = layer("Lambda", json!({"function": ["4wEAAAAAAAAA", null, null], "function_type": "lambda"}));
    for (config, training, problem) in [
        (one_layer(lambda).to_string(), "{}", "Lambda"),
        ("[]".to_owned(), "{}", "is not what Keras writes"),
        ("7".to_owned(), "{}", "is not what Keras writes"),
        (one_layer(layer("ReLU", json!({}))).to_string(), "[]", "is not what Keras writes"),
    ] {
        let mut writer = WeightsWriter::new();
        writer.attribute("", "model_config", Attribute::Text(config)).unwrap();
        writer.attribute("", "training_config", Attribute::Text(training.to_owned())).unwrap();
        writer.group("model_weights").unwrap();
        let mut bytes = Vec::new();
        writer.write(&mut bytes).unwrap();
        let error = load_bytes::<Model>("model.h5", &bytes).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn names_in_older_files_are_of_something() {
    if runs_alone("untrusted_models::code::names_in_older_files_are_of_something") {
        return;
    }
    let read = |layers: &[&str], names: usize| {
        let mut writer = WeightsWriter::new();
        let config = one_layer(layer("Dense", json!({"units": 2}))).to_string();
        writer.attribute("", "model_config", Attribute::Text(config)).unwrap();
        let texts = |texts: Vec<&str>| Attribute::Texts(texts.into_iter().map(str::to_owned).collect());
        writer.attribute("model_weights", "layer_names", texts(layers.to_vec())).unwrap();
        writer.attribute("model_weights/a", "weight_names", texts(vec!["w"; names])).unwrap();
        writer.dataset("room", Array::new(vec![1000], Values::F32(vec![0.0; 1000])).unwrap()).unwrap();
        let mut bytes = Vec::new();
        writer.write(&mut bytes).unwrap();
        soon("names", || load_bytes::<Model>("model.h5", &bytes)).map(drop).unwrap_err().to_string()
    };
    let twice = read(&["a"; 4000], 4000);
    assert!(twice.contains("the file names more weights than it has; received 4000 names, expected 1"), "{twice}");
    for again in [["a", "a"], ["a", "/a"], ["a", "a/"]] {
        let error = read(&again, 1);
        assert!(error.contains("layer_names: the file names a layer twice; received \""), "{error}");
    }
    little_memory();
}
