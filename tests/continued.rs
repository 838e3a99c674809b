//! Compiled models that Keras has trained and saved are trained on as Keras itself goes on.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use horn::prelude::*;
use serde::Deserialize;

use crate::fixtures::{Array, assert_close, assert_scores_close, path, read};

/// What `make_continued_files.py` records of a model.
#[derive(Deserialize)]
struct Case {
    file: String,
    x: Vec<Array>,
    y: Vec<Array>,
    sample_weight: Vec<Array>,
    /// How many of the samples validate.
    validation: usize,
    epochs: usize,
    batch_size: usize,
    #[serde(default)]
    class_weight: BTreeMap<usize, f64>,
    history: BTreeMap<String, Vec<f64>>,
    /// The sum of the magnitudes of each weight at the end.
    weights: Vec<f64>,
}

impl Case {
    /// The samples to train on, or those that validate.
    fn part(&self, arrays: &[Array], validates: bool) -> Vec<HostArray<'static>> {
        let part = |array: &Array| {
            let (values, mut shape) = (array.values(), array.shape.clone());
            let (first, last) = values.split_at(values.len() / shape[0] * (shape[0] - self.validation));
            shape[0] = if validates { self.validation } else { shape[0] - self.validation };
            HostArray::new(if validates { last } else { first }.to_vec(), shape).unwrap()
        };
        arrays.iter().map(part).collect()
    }

    fn check(&self) {
        let name = &self.file;
        let mut model: CompiledModel = load_model(path("continued").join(name)).unwrap();
        let parts = |validate| [&self.x, &self.y, &self.sample_weight].map(|arrays| self.part(arrays, validate));
        let ([x, y, weights], [last_x, last_y, last_weights]) = (parts(false), parts(true));
        let mut fit = Fit::epochs(self.epochs)
            .batch_size(self.batch_size)
            .shuffle(false)
            .verbose(Verbose::Silent)
            .validation_data(last_x, last_y);
        if !weights.is_empty() {
            fit = fit.sample_weight(weights).validation_sample_weight(last_weights);
        }
        if !self.class_weight.is_empty() {
            fit = fit.class_weight(self.class_weight.clone());
        }
        let history = model.fit(x, y, fit).unwrap();
        let mut keys: Vec<_> = history.iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        assert_eq!(keys, self.history.keys().map(String::as_str).collect::<Vec<_>>(), "{name}");
        for (key, expected) in &self.history {
            assert_scores_close(&format!("{name}: {key}"), &history[key], expected, 1e-5);
        }
        let sums: Vec<f32> =
            model.model().unwrap().get_weights().iter().map(|weight| weight.mapv(f32::abs).sum()).collect();
        let expected: Vec<f32> = self.weights.iter().map(|&sum| sum as f32).collect();
        assert_close(name, &sums, &expected, 1e-4);
    }
}

#[test]
fn training_goes_on_as_in_keras() {
    let cases: Vec<Case> = read("continued.json");
    assert!(cases.len() >= 15, "only {} models", cases.len());
    // Each failure prints its panic, and does not hide the others.
    let failed: Vec<_> = cases
        .iter()
        .filter(|case| catch_unwind(AssertUnwindSafe(|| case.check())).is_err())
        .map(|case| &case.file)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
