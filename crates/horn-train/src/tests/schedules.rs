//! A schedule gives the learning rate of each step.

use std::sync::{Arc, Mutex};

use horn_nn::Result;
use serde_json::{Value, json};

use super::*;
use crate::losses::MeanSquaredError;
use crate::optimizers::schedules::Schedule;
use crate::optimizers::{Adam, SGD};

/// Halves the rate at each step, and records the steps that it was asked for.
#[derive(Debug, Clone, Default)]
struct Halving(Arc<Mutex<Vec<usize>>>);

impl Schedule for Halving {
    fn class_name(&self) -> &'static str {
        "Halving"
    }
    fn learning_rate(&self, step: usize) -> f64 {
        self.0.lock().unwrap().push(step);
        0.2 * 0.5_f64.powi(step as i32)
    }
    fn validate(&self) -> Result<()> {
        Ok(())
    }
    fn config(&self) -> Value {
        json!({})
    }
}

#[test]
fn a_schedule_is_asked_before_each_step() {
    let schedule = Halving::default();
    let mut scheduled = model(SGD::new(schedule.clone()), MeanSquaredError::new());
    let mut set = model(SGD::new(0.2), MeanSquaredError::new());
    set.model_mut().unwrap().set_weights(&weights(&scheduled)).unwrap();

    scheduled.fit(x(), y(), quiet(1)).unwrap();
    scheduled.fit(x(), y(), quiet(1)).unwrap();
    assert_eq!(*schedule.0.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(scheduled.learning_rate(), 0.2 / 64.0);

    // The same, with rates set by hand: each `fit` is one epoch of one batch.
    for step in 0..6 {
        set.set_learning_rate(0.2 * 0.5_f64.powi(step)).unwrap();
        let begin = step as usize % 3 * 2;
        let part = |array: HostArray<'static>| array.samples(&[begin, begin + 1]);
        set.fit(part(x()), part(y()), quiet(1)).unwrap();
    }
    assert_eq!(weights(&scheduled), weights(&set));
}

#[test]
fn a_rate_that_follows_a_schedule_is_not_a_variable() {
    let mut model = model(Adam::new(Halving::default()), MeanSquaredError::new());
    model.fit(x(), y(), quiet(1)).unwrap();
    let variables = model.optimizer_variables().unwrap();
    let names: Vec<_> = variables.iter().map(|variable| variable.name.as_str()).collect();
    assert_eq!(names[..2], ["iteration", "dense_kernel_momentum"]);
    assert_eq!(model.to_summary().totals.optimizer, Some(1 + 2 * (2 * 3 + 3 + 3 + 1)));

    let values: Vec<_> = variables.into_iter().map(|variable| variable.value).collect();
    model.set_optimizer_variables(&values).unwrap();
    let again: Vec<_> = model.optimizer_variables().unwrap().into_iter().map(|variable| variable.value).collect();
    assert_eq!(again, values);

    let error = model.set_learning_rate(0.1).unwrap_err();
    assert_eq!(error.location(), Some("learning_rate"));
    let scheduler = quiet(1).learning_rate_scheduler(|_, rate| rate);
    assert_eq!(model.fit(x(), y(), scheduler).unwrap_err().location(), Some("learning_rate"));
    let written = &model.compile_config()["optimizer"]["config"]["learning_rate"];
    assert_eq!(written["registered_name"], "Custom>Halving");
}
