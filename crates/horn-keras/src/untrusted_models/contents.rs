//! Models that contradict themselves, and what a model is compiled with.

use super::*;

/// The error of a prediction. The model itself can be read.
#[track_caller]
fn unusable(object: &Value, inputs: &[&[usize]]) -> String {
    let model = Model::deserialize(object, &default_device().unwrap()).unwrap();
    let inputs: Vec<_> = inputs.iter().map(|sizes| ArrayD::<f32>::zeros(IxDyn(sizes))).collect();
    model.predict_all(inputs.iter().map(HostArray::from).collect::<Vec<_>>(), 2).unwrap_err().to_string()
}

#[test]
fn models_that_contradict_themselves_do_not_predict() {
    let crop = layer("RandomCrop", json!({"height": 2, "width": 2}));
    let images = json!([null, 6, 7, 1]);
    // At inference nothing is cropped, so the images are larger than the weights of the next layer expect.
    let other = "the layer's weights are for other inputs";
    let p_relu = sequential(images.clone(), [crop.clone(), layer("PReLU", json!({}))]);
    assert!(unusable(&p_relu, &[&[2, 6, 7, 1]]).contains(other));
    let dense =
        sequential(images.clone(), [crop.clone(), layer("Flatten", json!({})), layer("Dense", json!({"units": 1}))]);
    assert!(unusable(&dense, &[&[2, 6, 7, 1]]).contains(other));
    let convolution = sequential(images, [crop, layer("Conv2D", json!({"filters": 1, "kernel_size": 2}))]);
    let model = Model::deserialize(&convolution, &default_device().unwrap()).unwrap();
    assert_eq!(model.predict(&ArrayD::<f32>::zeros(IxDyn(&[2, 6, 7, 1])), 2).unwrap().shape(), [2, 5, 6, 1]);

    let two = |class: &str, config: Value| {
        let input = |name| node(name, "InputLayer", json!({"batch_shape": [null, null, 3]}), &[]);
        let mut object =
            graph(vec![input("x"), input("z"), node("y", class, config, &[&["x", "z"]])], json!(["y", 0, 0]));
        object["config"]["input_layers"] = json!([["x", 0, 0], ["z", 0, 0]]);
        object
    };
    assert!(unusable(&two("Add", json!({})), &[&[2, 4, 3], &[2, 5, 3]]).contains("the inputs do not fit each other"));
    assert!(!unusable(&two("Dot", json!({"axes": 1})), &[&[2, 4, 3], &[2, 5, 3]]).is_empty());
}

#[test]
fn what_a_model_is_compiled_with_may_be_anything() {
    let whole = small("small.keras");
    let config = config_of(&whole);
    for compiled in [
        json!([1]),
        json!("adam"),
        json!({"optimizer": 3, "loss": "mse"}),
        json!({"optimizer": "adam", "loss": {"class_name": "__lambda__", "config": {"code": "4wEAAAAA"}}}),
        json!({"optimizer": "adam", "loss": vec!["mse"; 50]}),
        json!({"optimizer": "adam", "loss": "mse", "metrics": [[[[1]]]]}),
        json!({"optimizer": "adam", "loss": "mse", "metrics": {"output": {"class_name": "os.system"}}}),
        json!({"optimizer": "adam", "loss": "mse", "loss_weights": vec![f64::MAX; 3]}),
        json!({"optimizer": "adam", "loss": "mse", "harmless": 1}),
    ] {
        let mut object = config.clone();
        object["compile_config"] = compiled.clone();
        let bytes = with_member(&whole, "config.json", |content| *content = object.to_string().into_bytes());
        assert!(load_bytes::<CompiledModel>("compiled.keras", &bytes).is_err(), "{compiled}");
        assert!(load_bytes::<Model>("model.keras", &bytes).is_ok(), "{compiled}");
    }
    // An optimizer is not needed until the model is trained.
    for optimizer in [
        json!({"class_name": "function", "module": "os", "config": "system"}),
        json!({"class_name": "Adam", "config": {"learning_rate": "fast"}}),
        json!({"class_name": "Adam", "config": [[]]}),
        json!("rm -rf"),
    ] {
        let mut object = config.clone();
        object["compile_config"] = json!({"optimizer": optimizer, "loss": "mse"});
        let bytes = with_member(&whole, "config.json", |content| *content = object.to_string().into_bytes());
        let model = load_bytes::<CompiledModel>("compiled.keras", &bytes).unwrap();
        assert!(model.missing_optimizer().is_some(), "{optimizer}");
    }
}
