//! Models in half precision, compared with Keras.

use std::collections::BTreeMap;

use horn::layers::{Conv2D, Dense, Input};
use horn::losses::MeanSquaredError;
use horn::mixed_precision::{DTypePolicy, set_dtype_policy};
use horn::optimizers::{OptimizerValue, SGD};
use horn::{Activation, Apply, Compile, CompiledModel, Fit, Layer, Predict, Sequential, Verbose, default_device};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, assert_scores_close, assert_within, read};

#[derive(Deserialize)]
struct Entry {
    policy: String,
    model: String,
    config: Value,
    compile_config: Value,
    weights: Vec<Array>,
    x: Array,
    y: Array,
    output: Array,
    history: BTreeMap<String, Vec<f64>>,
    final_weights: Vec<Array>,
    variables: Vec<Array>,
}

/// The policy of the thread, until it is dropped.
struct Global;

impl Global {
    fn set(policy: DTypePolicy) -> Self {
        set_dtype_policy(policy);
        Self
    }
}

impl Drop for Global {
    fn drop(&mut self) {
        set_dtype_policy(DTypePolicy::Float32);
    }
}

#[test]
fn models_in_half_precision_are_those_of_keras() {
    let entries: Vec<Entry> = read("precision.json");
    assert_eq!(entries.len(), 4);
    for entry in entries {
        let name = format!("{} in {}", entry.model, entry.policy);
        // Values of half precision have 11 bits, or 8, and XLA adds them up in another order.
        let (policy, tolerance) = match entry.policy.as_str() {
            "mixed_float16" => (DTypePolicy::MixedFloat16, 2e-3),
            _ => (DTypePolicy::MixedBfloat16, 1.6e-2),
        };
        let _global = Global::set(policy);
        let arrays = |arrays: &[Array]| -> Vec<ArrayD<f32>> {
            arrays.iter().map(|a| ArrayD::from_shape_vec(a.shape.clone(), a.values()).unwrap()).collect()
        };
        let model = Sequential::from_config(&entry.config).unwrap().build(&default_device().unwrap()).unwrap();
        let mut model = CompiledModel::from_compile_config(model, &entry.compile_config).unwrap();
        model.model_mut().unwrap().set_weights(&arrays(&entry.weights)).unwrap();
        let output = model.predict_with(entry.x.host(), Predict::new()).unwrap();
        let output: Vec<f32> = output.iter().copied().collect();
        // To float16, XLA rounds after each operation. It leaves out some of the roundings to bfloat16.
        let tolerance_of_output = if policy == DTypePolicy::MixedFloat16 { 1e-5 } else { tolerance };
        assert_within(&name, &output, &entry.output.values(), tolerance_of_output, tolerance_of_output);

        let fit = Fit::epochs(2).batch_size(4).shuffle(false).verbose(Verbose::Silent);
        let history = model.fit(entry.x.host(), entry.y.host(), fit).unwrap();
        assert_scores_close(&name, &history["loss"], &entry.history["loss"], tolerance);
        for (received, expected) in model.model().unwrap().get_weights().iter().zip(&entry.final_weights) {
            let received: Vec<f32> = received.iter().copied().collect();
            assert_within(&name, &received, &expected.values(), 2.0 * tolerance, 2.0 * tolerance);
        }
        let variables = model.optimizer_variables().unwrap();
        assert_eq!(variables.len(), entry.variables.len(), "{name}");
        if policy == DTypePolicy::MixedFloat16 {
            assert_eq!(variables[2].value, OptimizerValue::Int(6), "{name}");
            assert_eq!(variables[3].value, OptimizerValue::Float(ndarray::arr0(32768.0).into_dyn()), "{name}");
        }
        assert_eq!(model.compile_config()["optimizer"]["class_name"], "SGD");
    }
}

#[test]
fn values_are_rounded_and_overflow_in_float16() {
    let layers = |policy: DTypePolicy| {
        Sequential::new().add(Input([1])).add(Dense(1).use_bias(false).dtype(policy).named("scale"))
    };
    let run = |layers: Sequential| {
        let mut model = layers.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
        model.model_mut().unwrap().set_weights(&[ndarray::arr2(&[[300.0_f32]]).into_dyn()]).unwrap();
        let x = ndarray::arr2(&[[1.001_f32], [300.0]]);
        let output = model.predict_with(&x, Predict::new()).unwrap();
        output.iter().copied().collect::<Vec<f32>>()
    };
    for (policy, expected) in [
        (DTypePolicy::Float32, [1.001 * 300.0, 90_000.0]),
        (DTypePolicy::MixedFloat16, [300.25, f32::INFINITY]),
        (DTypePolicy::MixedBfloat16, [300.0, 90_112.0]),
    ] {
        assert_eq!(run(layers(policy)), expected, "{policy:?}");
        let config = layers(policy).config();
        assert_eq!(run(Sequential::from_config(&config).unwrap()), expected, "{policy:?}, from its configuration");
    }
}

/// In Keras an activation is applied to values of half precision and gives some; the sums of probabilities are not 1.
#[test]
fn probabilities_have_half_precision() {
    let mut model = Sequential::new()
        .add(Input([3]))
        .add(Dense(3).use_bias(false).activation(Activation::Softmax).dtype(DTypePolicy::MixedFloat16))
        .compile(SGD::new(0.1), MeanSquaredError::new(), ())
        .unwrap();
    model.model_mut().unwrap().set_weights(&[ndarray::Array2::eye(3).into_dyn()]).unwrap();
    let output = model.predict_with(&ndarray::arr2(&[[0.1_f32, 0.2, 0.3]]), Predict::new()).unwrap();
    let steps_of_float16 = output.mapv(|p| p * 4096.0);
    assert!(steps_of_float16.iter().all(|p| p.fract() == 0.0), "{output}");
}

#[test]
fn a_layer_has_the_policy_of_the_thread_or_its_own() {
    let _global = Global::set(DTypePolicy::MixedBfloat16);
    let model = Sequential::new()
        .add(Input([8, 8, 1]))
        .add(Conv2D(2, 3))
        .add(Dense(1).dtype(DTypePolicy::Float32))
        .build(&default_device().unwrap())
        .unwrap();
    let policies: Vec<_> =
        model.layers().map(|layer| layer.layer().config()["dtype"]["config"]["name"].clone()).collect();
    assert_eq!(policies[policies.len() - 2..], ["mixed_bfloat16", "float32"]);
}
