//! Losses against Keras: every reduction, weights, ranks, and the gradients.

use horn::burn::tensor::{Device, Int, Tensor, TensorData};
use horn::losses::{
    BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanAbsoluteError, MeanSquaredError,
    SparseCategoricalCrossentropy, Target, TargetKind,
};
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, assert_close, read};

#[derive(Deserialize)]
struct Entry {
    class_name: String,
    config: Value,
    case: String,
    y_true: Array,
    y_pred: Array,
    sample_weight: Option<Array>,
    loss: Array,
    dy_pred: Array,
}

#[test]
fn values_and_gradients_are_those_of_keras() {
    let entries: Vec<Entry> = read("losses.json");
    assert!(entries.len() >= 100, "only {} entries", entries.len());
    let device = Device::default().autodiff();
    for entry in entries {
        let what = format!("{} ({}, {})", entry.class_name, entry.case, entry.config);
        let loss = loss(&entry.class_name, &entry.config);
        for (key, value) in loss.config().as_object().expect("arguments by their keys") {
            assert_eq!(value, &entry.config[key], "{what}: argument {key}");
        }

        let (y_true, y_pred) = rows(&entry.y_true, &entry.y_pred, loss.targets(), &device);
        let weight = entry.sample_weight.map(|weight| weights(&weight, y_pred.dims()[0], &device));
        let y_pred = y_pred.require_grad();
        let value = loss.call(y_true, y_pred.clone(), weight).unwrap_or_else(|error| panic!("{what}: {error}"));
        let gradients = value.clone().sum().backward();
        let gradient = y_pred.grad(&gradients).unwrap_or_else(|| panic!("{what}: no gradient"));
        assert_close(&what, &floats(value), &entry.loss.values(), 1e-6);
        assert_close(&format!("gradient of {what}"), &floats(gradient), &entry.dy_pred.values(), 1e-6);
    }
}

fn loss(class_name: &str, config: &Value) -> Box<dyn Loss> {
    fn from<L: Loss + for<'de> Deserialize<'de> + 'static>(config: &Value) -> Box<dyn Loss> {
        Box::new(L::deserialize(config).expect("Keras's configuration is Horn's"))
    }
    match class_name {
        "BinaryCrossentropy" => from::<BinaryCrossentropy>(config),
        "CategoricalCrossentropy" => from::<CategoricalCrossentropy>(config),
        "MeanAbsoluteError" => from::<MeanAbsoluteError>(config),
        "MeanSquaredError" => from::<MeanSquaredError>(config),
        "SparseCategoricalCrossentropy" => from::<SparseCategoricalCrossentropy>(config),
        other => panic!("Horn has no loss {other}"),
    }
}

/// Targets and predictions as the trainer hands them out: all axes but the last are flattened to rows.
///
/// Predictions without a second axis are a column where the targets are one, and one row else.
pub(super) fn rows(y_true: &Array, y_pred: &Array, kind: TargetKind, device: &Device) -> (Target, Tensor<2>) {
    let features = match (y_pred.shape.as_slice(), y_true.shape.as_slice()) {
        ([_], [_, 1]) => 1,
        (shape, _) => shape[shape.len() - 1],
    };
    let matrix = |array: &Array| {
        Tensor::from_data(TensorData::new(array.values(), [array.data.len() / features, features]), device)
    };
    let target = match kind {
        TargetKind::Dense => Target::Dense(matrix(y_true)),
        TargetKind::Classes => {
            let classes: Vec<i32> = y_true.data.iter().map(|number| number.0 as i32).collect();
            let count = classes.len();
            Target::Classes(Tensor::<1, Int>::from_data(TensorData::new(classes, [count]), device))
        }
    };
    (target, matrix(y_pred))
}

/// One weight for each row: what has fewer axes, or an axis of 1, counts for all rows below.
pub(super) fn weights(weights: &Array, rows: usize, device: &Device) -> Tensor<1> {
    let each = rows / weights.data.len();
    let spread: Vec<f32> = weights.values().into_iter().flat_map(|weight| std::iter::repeat_n(weight, each)).collect();
    Tensor::from_data(TensorData::new(spread, [rows]), device)
}

pub(super) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
