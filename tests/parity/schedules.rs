//! Learning rate schedules compared with Keras: the rate of many steps, for each argument.

use std::collections::BTreeSet;

use horn::optimizers::schedules;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{assert_close, read};

#[derive(Deserialize)]
struct Entry {
    class_name: String,
    config: Value,
    steps: Vec<usize>,
    rates: Vec<f64>,
}

#[test]
fn the_rate_of_each_step_is_that_of_keras() {
    for entry in read::<Vec<Entry>>("schedules.json") {
        let what = format!("{} ({})", entry.class_name, entry.config);
        let object = json!({"class_name": entry.class_name, "config": entry.config});
        let schedule = schedules::from_config(&object).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(schedule.config(), entry.config, "{what}");
        let received: Vec<f32> = entry.steps.iter().map(|&step| schedule.learning_rate(step) as f32).collect();
        let expected: Vec<f32> = entry.rates.iter().map(|&rate| rate as f32).collect();
        assert_close(&what, &received, &expected, 1e-6);
    }
}

#[test]
fn every_schedule_is_compared() {
    let compared: BTreeSet<String> =
        read::<Vec<Entry>>("schedules.json").into_iter().map(|entry| entry.class_name).collect();
    assert_eq!(schedules::class_names().map(str::to_owned).collect::<BTreeSet<_>>(), compared);
}

#[test]
fn what_has_no_default_must_be_given() {
    for class_name in schedules::class_names() {
        let error = schedules::from_config(&json!({"class_name": class_name, "config": {}})).expect_err(class_name);
        assert!(error.is_argument(), "{error}");
    }
}
