//! Metrics compared with Keras: the results after each of two updates, and the meaning of "accuracy".

use std::collections::BTreeSet;

use horn::Shape;
use horn::burn::tensor::Device;
use horn::metrics::{self, Accuracy, Metric};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{Array, Number, assert_close, read};

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
    resolve: Vec<Resolve>,
}

#[derive(Deserialize)]
struct Case {
    class_name: String,
    config: Value,
    case: String,
    updates: Vec<Update>,
    results: Vec<Results>,
}

/// The value of a metric, or its values.
#[derive(Deserialize)]
#[serde(untagged)]
enum Results {
    One(Number),
    Several(Vec<Number>),
}

impl Results {
    fn values(&self) -> Vec<f32> {
        let all = match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        };
        all.iter().map(|value| value.0 as f32).collect()
    }
}

#[derive(Deserialize)]
struct Update {
    y_true: Array,
    y_pred: Array,
    sample_weight: Option<Array>,
}

#[derive(Deserialize)]
struct Resolve {
    metric: String,
    y_true_shape: Vec<usize>,
    y_pred_shape: Vec<usize>,
    class_name: String,
}

#[test]
fn results_are_those_of_keras() {
    let cases = read::<Fixture>("metrics.json").cases;
    let device = Device::default();
    for case in &cases {
        let what = format!("{} ({}, {})", case.class_name, case.case, case.config);
        let object = json!({"class_name": case.class_name, "config": case.config});
        let metric = metrics::from_config(&object).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(metric.config(), case.config, "{what}");
        assert_eq!(case.updates.len(), case.results.len(), "{what}");
        let mut state = metric.accumulator();
        for (update, expected) in case.updates.iter().zip(&case.results) {
            let weight = update.sample_weight.as_ref().map(|weight| weight.any_tensor(&device));
            state
                .update_state(update.y_true.any_tensor(&device), update.y_pred.any_tensor(&device), weight)
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            let received: Vec<f32> = state.results().into_iter().map(|value| value as f32).collect();
            assert_close(&what, &received, &expected.values(), 1e-6);
        }
    }
    assert!(cases.len() >= 40, "only {} cases", cases.len());
}

#[test]
fn every_metric_is_compared() {
    let cases = read::<Fixture>("metrics.json").cases;
    let compared: BTreeSet<String> = cases.into_iter().map(|case| case.class_name).collect();
    let missing: Vec<&str> = metrics::class_names().filter(|name| !compared.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn accuracy_stands_for_what_it_does_in_keras() {
    let rows = read::<Fixture>("metrics.json").resolve;
    assert!(rows.len() >= 20, "only {} rows", rows.len());
    for row in rows {
        let output = Shape::batched(&row.y_pred_shape[1..]);
        let metric = Accuracy::new().name(&row.metric).resolve(&row.y_true_shape, &output).unwrap();
        let received = (metric.class_name(), metric.name());
        let expected = (row.class_name.as_str(), row.metric.as_str());
        assert_eq!(received, expected, "y_true {:?}, y_pred {:?}", row.y_true_shape, row.y_pred_shape);
    }
}
