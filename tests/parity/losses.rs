//! Losses compared with Keras: every reduction, weights, ranks and gradients.

use std::collections::BTreeSet;

use horn::AnyTensor;
use horn::burn::tensor::{Device, Int, Tensor, TensorData};
use horn::losses::{self, TargetKind};
use serde::Deserialize;
use serde_json::{Value, json};

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
        let object = json!({"class_name": entry.class_name, "config": entry.config});
        let loss = losses::from_config(&object).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(loss.config(), entry.config, "{what}: arguments");

        let y_true = y_true(&entry, loss.targets(), &device);
        let flat = entry.y_pred.flat(&device).require_grad();
        let y_pred = AnyTensor::from(flat.clone()).reshape(&entry.y_pred.shape).unwrap();
        let weight = entry.sample_weight.map(|weight| weight.any_tensor(&device));
        let value = loss.call(y_true, y_pred, weight).unwrap_or_else(|error| panic!("{what}: {error}"));
        let gradients = value.clone().sum().backward();
        let gradient = flat.grad(&gradients).unwrap_or_else(|| panic!("{what}: no gradient"));
        assert_close(&what, &floats(value), &entry.loss.values(), 1e-6);
        assert_close(&format!("gradient of {what}"), &floats(gradient), &entry.dy_pred.values(), 1e-6);
    }
}

/// Without a reduction, Keras's losses have the shape of the leading axes, as its functions have.
#[test]
fn values_have_the_shape_that_keras_gives_them() {
    let device = Device::default();
    let mut compared = BTreeSet::new();
    for entry in read::<Vec<Entry>>("losses.json") {
        let is_unreduced = matches!(&entry.config["reduction"], Value::Null) || entry.config["reduction"] == "none";
        if !is_unreduced || entry.sample_weight.is_some() {
            continue;
        }
        let what = format!("{} ({}, {})", entry.class_name, entry.case, entry.config);
        let loss = losses::from_config(&json!({"class_name": entry.class_name, "config": entry.config})).unwrap();
        let y_true = y_true(&entry, loss.targets(), &device);
        let values =
            loss.values(y_true, entry.y_pred.any_tensor(&device)).unwrap_or_else(|error| panic!("{what}: {error}"));
        let shape = if entry.loss.shape.is_empty() { &[1][..] } else { &entry.loss.shape };
        assert_eq!(values.sizes(), shape, "{what}");
        let values: Tensor<1> = horn::by_rank!(values, |values| values.reshape([-1])).unwrap();
        assert_close(&what, &floats(values), &entry.loss.values(), 1e-6);
        compared.insert(entry.class_name);
    }
    assert_eq!(losses::class_names().map(str::to_owned).collect::<BTreeSet<_>>(), compared);
}

#[test]
fn every_loss_is_compared() {
    let compared: BTreeSet<String> =
        read::<Vec<Entry>>("losses.json").into_iter().map(|entry| entry.class_name).collect();
    assert_eq!(losses::class_names().map(str::to_owned).collect::<BTreeSet<_>>(), compared);
}

/// The targets as the loss takes them.
fn y_true(entry: &Entry, targets: TargetKind, device: &Device) -> AnyTensor {
    match targets {
        TargetKind::Dense | TargetKind::Any => entry.y_true.any_tensor(device),
        TargetKind::Classes => classes(&entry.y_true, device),
    }
}

/// Class numbers in their shape, which has one or two axes.
fn classes(array: &Array, device: &Device) -> AnyTensor {
    let numbers: Vec<i32> = array.data.iter().map(|number| number.0 as i32).collect();
    let data = TensorData::new(numbers, array.shape.clone());
    match array.shape.len() {
        1 => Tensor::<1, Int>::from_data(data, device).into(),
        _ => Tensor::<2, Int>::from_data(data, device).into(),
    }
}

pub(super) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
