//! The compile configurations that Keras writes, read and written again, and training that continues where Keras has
//! saved.

use std::collections::BTreeMap;

use horn::layers::{Dense, Input};
use horn::optimizers::OptimizerValue;
use horn::utils::set_random_seed;
use horn::{Activation, Apply, CompiledModel, Evaluate, Fit, Functional, HostArray, Model, Sequential, Verbose};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{Array, Number, assert_close, assert_scores_close, read};

#[derive(Deserialize)]
struct Fixture {
    x: Array,
    targets: BTreeMap<String, Array>,
    models: BTreeMap<String, Described>,
    configs: Vec<Config>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Described {
    class_name: String,
    config: Value,
}

#[derive(Deserialize)]
struct Config {
    name: String,
    canonical: bool,
    outputs: usize,
    units: usize,
    activation: Activation,
    weights: Vec<Array>,
    y: Vec<String>,
    compile_config: Value,
    scores: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    model: String,
    compile_config: Value,
    weights: Vec<Array>,
    variables: Vec<Variable>,
    seed: u32,
    history: BTreeMap<String, Vec<f64>>,
    final_weights: Vec<Array>,
    final_variables: Vec<Array>,
}

#[derive(Deserialize)]
struct Variable {
    path: String,
    dtype: String,
    /// What all of its values are in a new optimizer, if they are the same.
    fresh: Option<Number>,
    #[serde(flatten)]
    array: Array,
}

const TOLERANCE: f64 = 1e-5;

fn device() -> horn::burn::tensor::Device {
    horn::default_device().unwrap()
}

fn arrays(arrays: &[Array]) -> Vec<ArrayD<f32>> {
    arrays.iter().map(|array| ArrayD::from_shape_vec(array.shape.clone(), array.values()).unwrap()).collect()
}

/// The configuration without what depends on Keras's process: whether it compiles the model, and numbers in names.
fn normal(config: &Value) -> Value {
    let mut config = config.clone();
    config["jit_compile"] = json!("auto");
    without_numbers(&mut config["optimizer"]);
    config
}

/// Takes the numbers off the names of an optimizer and of those inside.
fn without_numbers(config: &mut Value) {
    let Value::Object(entries) = config else { return };
    for (key, value) in entries {
        match value {
            Value::String(name) if key == "name" => {
                let plain = name.trim_end_matches(|char: char| char.is_ascii_digit()).trim_end_matches('_');
                *value = json!(plain);
            }
            value => without_numbers(value),
        }
    }
}

#[test]
fn what_keras_compiled_measures_the_same() {
    let fixture: Fixture = read("compile.json");
    assert_eq!(fixture.configs.len(), 26);
    assert_eq!(fixture.configs.iter().filter(|config| config.canonical).count(), 7);
    for config in &fixture.configs {
        let name = &config.name;
        let mut compiled = CompiledModel::from_compile_config(classifier(config), &config.compile_config)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        check_scores(config, &fixture, &mut compiled);

        let written = compiled.compile_config();
        if config.canonical {
            assert_eq!(normal(&written), normal(&config.compile_config), "{name}");
        }
        let mut again = CompiledModel::from_compile_config(classifier(config), &written).unwrap();
        assert_eq!(again.compile_config(), written, "{name}");
        check_scores(config, &fixture, &mut again);
    }
}

fn classifier(config: &Config) -> Model {
    let given = Input([4]).name("given");
    let head = |name: &&str| Dense(config.units).activation(config.activation).name(*name).apply(&given).unwrap();
    let heads: Vec<_> = ["left", "right", "third"][..config.outputs].iter().map(head).collect();
    let mut model = Model::new(&given, heads).unwrap().build(&device()).unwrap();
    model.set_weights(&arrays(&config.weights)).unwrap();
    model
}

fn check_scores(config: &Config, fixture: &Fixture, compiled: &mut CompiledModel) {
    let y: Vec<HostArray> = config.y.iter().map(|name| fixture.targets[name].host()).collect();
    let scores = compiled.evaluate_with(fixture.x.host(), y, Evaluate::new().verbose(Verbose::Silent));
    let scores: BTreeMap<_, _> = scores
        .unwrap_or_else(|error| panic!("{}: {error}", config.name))
        .iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
    let keys = |scores: &BTreeMap<String, f64>| scores.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&scores), keys(&config.scores), "{}", config.name);
    assert_scores_close(&config.name, scores.values(), config.scores.values(), TOLERANCE);
}

#[test]
fn training_goes_on_where_keras_saved() {
    let fixture: Fixture = read("compile.json");
    assert!(fixture.runs.len() >= 36, "only {} runs", fixture.runs.len());
    for run in &fixture.runs {
        let name = &run.name;
        let described = &fixture.models[&run.model];
        let model = match described.class_name.as_str() {
            "Sequential" => Sequential::from_config(&described.config).and_then(|layers| layers.build(&device())),
            _ => Functional::from_config(&described.config).and_then(|graph| graph.build(&device())),
        };
        let mut model = model.unwrap_or_else(|error| panic!("{name}: {error}"));
        model.set_weights(&arrays(&run.weights)).unwrap();
        let mut model = CompiledModel::from_compile_config(model, &run.compile_config).unwrap();
        check_variables(run, &mut model);
        let rate = &normal(&run.compile_config)["optimizer"];
        assert_eq!(&normal(&model.compile_config())["optimizer"], rate, "{name}");

        set_random_seed(run.seed);
        let fit = Fit::epochs(1).batch_size(4).verbose(Verbose::Silent);
        let history = model.fit(fixture.x.host(), fixture.targets["sparse"].host(), fit).unwrap();
        for (key, expected) in &run.history {
            assert_scores_close(&format!("{name}: {key}"), &history[key], expected, TOLERANCE);
        }
        let weights = model.model().unwrap().get_weights();
        assert_eq!(weights.len(), run.final_weights.len(), "{name}");
        for (at, (received, expected)) in weights.iter().zip(&run.final_weights).enumerate() {
            let received: Vec<f32> = received.iter().copied().collect();
            assert_close(&format!("{name}: weight {at}"), &received, &expected.values(), TOLERANCE);
        }
        let variables = model.optimizer_variables().unwrap();
        assert_eq!(variables.len(), run.final_variables.len(), "{name}");
        for (received, expected) in variables.iter().zip(&run.final_variables) {
            let values: Vec<f32> = match &received.value {
                OptimizerValue::Int(count) => vec![*count as f32],
                OptimizerValue::Float(array) => array.iter().copied().collect(),
            };
            // Averages of gradients that nearly cancel out have fewer exact digits.
            assert_close(&format!("{name}: {}", received.name), &values, &expected.values(), 1e-4);
        }
    }
}

/// The optimizer has the same variables as Keras's, initially zero, and accepts Keras's values.
fn check_variables(run: &Run, model: &mut CompiledModel) {
    let name = &run.name;
    let fresh = model.optimizer_variables().unwrap();
    assert_eq!(fresh.len(), run.variables.len(), "{name}");
    let mut values = Vec::new();
    for (own, keras) in fresh.iter().zip(&run.variables) {
        // Keras's path lacks the names of the models around the layer, if Keras does not know them.
        assert!(own.name.ends_with(&keras.path), "{name}: {} instead of {}", own.name, keras.path);
        let array = ArrayD::from_shape_vec(keras.array.shape.clone(), keras.array.values()).unwrap();
        match (&own.value, keras.dtype.as_str()) {
            (OptimizerValue::Int(0), "int32") => values.push(OptimizerValue::Int(array.sum() as i64)),
            (OptimizerValue::Float(own), "float32") => {
                assert_eq!(own.shape(), array.shape(), "{name}: {}", keras.path);
                let fresh = keras.fresh.filter(|_| keras.path != "learning_rate");
                let is_fresh = |value: &f32| fresh.is_none_or(|fresh| *value == fresh.0 as f32);
                assert!(own.iter().all(is_fresh), "{name}: {}", keras.path);
                values.push(OptimizerValue::Float(array));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    model.set_optimizer_variables(&values).unwrap();
    let bits = |values: &OptimizerValue| match values {
        OptimizerValue::Float(array) => array.iter().map(|value| value.to_bits()).collect(),
        OptimizerValue::Int(value) => vec![*value as u32],
    };
    for (own, keras) in model.optimizer_variables().unwrap().iter().zip(&values) {
        assert_eq!(bits(&own.value), bits(keras), "{name}: {}", own.name);
    }
}

#[test]
fn what_can_not_be_compiled_is_an_error() {
    let fixture: Fixture = read("compile.json");
    let of = |name: &str| fixture.configs.iter().find(|config| config.name == name).unwrap();
    let (one, two) = (of("strings"), of("dicts"));
    let changed = |config: &Config, key: &str, value: Value| {
        let mut whole = config.compile_config.clone();
        whole[key] = value;
        CompiledModel::from_compile_config(classifier(config), &whole).expect_err(key)
    };
    for (config, key, value, words) in [
        (one, "optimizer", json!(null), "this is not a valid optimizer"),
        (one, "loss", json!(["mse", "mse"]), "loss: the configuration does not fit"),
        (one, "loss", json!({"right": "mse"}), "received \"right\", expected names of outputs: left"),
        (one, "loss_weights", json!(["much"]), "loss_weights: the configuration does not fit"),
        (one, "loss_weights", json!([1.0, 2.0]), "expected numbers, one entry"),
        (one, "metrics", json!(["augc"]), "metrics: there is no metric of this name"),
        (one, "weighted_metrics", json!(["augc"]), "there is no metric of this name"),
        (two, "weighted_metrics", json!(["mse"]), "weighted_metrics: the configuration does not fit"),
        (one, "moon_phase", json!("full"), "moon_phase"),
        (two, "loss", json!(["mse"]), "an entry for each output: left, right"),
        (two, "loss_weights", json!({"left": 1.0}), "loss_weights"),
        (two, "loss_weights", json!(0.5), "loss_weights"),
        (two, "metrics", json!(["mse"]), "an entry for each output: left, right"),
        (two, "metrics", json!({"middle": "mse"}), "received \"middle\""),
    ] {
        let error = changed(config, key, value);
        assert!(error.is_argument(), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(CompiledModel::from_compile_config(classifier(one), &json!("adam")).is_err());
}

#[test]
fn outputs_without_a_loss_stay_without_one() {
    let fixture: Fixture = read("compile.json");
    let of = |name: &str| fixture.configs.iter().find(|config| config.name == name).unwrap();
    for (name, loss, is_null) in [
        ("strings", json!(null), &[true][..]),
        ("dicts", json!(null), &[true]),
        ("dicts", json!(["mse", null]), &[false, true]),
        ("dicts", json!({"right": "mse"}), &[true, false]),
    ] {
        let config = of(name);
        let mut whole = config.compile_config.clone();
        whole["loss"] = loss;
        whole["loss_weights"] = Value::Null;
        let model = CompiledModel::from_compile_config(classifier(config), &whole).unwrap();
        let written = model.compile_config();
        let losses = written["loss"].as_array().cloned().unwrap_or_else(|| vec![written["loss"].clone()]);
        assert_eq!(losses.iter().map(Value::is_null).collect::<Vec<_>>(), is_null, "{name}");
        let again = CompiledModel::from_compile_config(model.into_model().unwrap(), &written).unwrap();
        assert_eq!(again.compile_config()["loss"], written["loss"]);
    }
}
