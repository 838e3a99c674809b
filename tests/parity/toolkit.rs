//! Options of `fit` and hooks of `predict` at their edges, compared with Keras.

use std::collections::BTreeMap;
use std::fs;

use horn::Shuffle;
use horn::callbacks::{LambdaCallback, SwapEMAWeights};
use horn::losses::CategoricalCrossentropy;
use horn::metrics::F1Score;
use horn::optimizers::Optimizer;
use horn::prelude::*;
use ndarray::ArrayD;
use serde::Deserialize;

use crate::fixtures::{Array, assert_close, read};

#[derive(Deserialize)]
struct Fixture {
    x: Array,
    y: Array,
    initial_weights: Vec<Array>,
    runs: Vec<Run>,
    predict: Stopped,
    averages: Averages,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    epoch: Vec<usize>,
    history: BTreeMap<String, Vec<Score>>,
    final_weights: Vec<Array>,
    csv: String,
}

/// A score, or one for each class.
#[derive(Deserialize)]
#[serde(untagged)]
enum Score {
    One(f32),
    Several(Vec<f32>),
}

#[derive(Deserialize)]
struct Stopped {
    outputs: Array,
    shapes: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Averages {
    own: Array,
    outputs: Array,
}

impl Fixture {
    fn compiled(&self, optimizer: impl Optimizer + 'static) -> CompiledModel {
        set_random_seed(5);
        let layers = Sequential::new().add(Input([2])).add(Dense(3).activation(Activation::Softmax));
        let mut model = layers.compile(optimizer, CategoricalCrossentropy::new(), [F1Score::per_class()]).unwrap();
        let array = |weight: &Array| ArrayD::from_shape_vec(weight.shape.as_slice(), weight.values()).unwrap();
        let weights: Vec<_> = self.initial_weights.iter().map(array).collect();
        model.model_mut().unwrap().set_weights(&weights).unwrap();
        model
    }

    fn options(&self, run: &str) -> (usize, Fit<'static>) {
        let fit = |epochs| Fit::epochs(epochs).batch_size(4).verbose(Verbose::Silent);
        let (x, y) = (self.x.host(), self.y.host());
        let validation = |fit: Fit<'static>| fit.validation_data(x.samples(&[0, 1, 2, 3]), y.samples(&[0, 1, 2, 3]));
        match run {
            "samples in order" => (1, fit(2).shuffle(false)),
            "samples shuffled in their batches" => (1, fit(2).shuffle(Shuffle::Batch)),
            "shuffled in their batches again" => (2, fit(1).shuffle(Shuffle::Batch)),
            "no epochs" => (1, fit(0)),
            "no epochs left" => (1, fit(2).initial_epoch(2)),
            "an initial epoch behind the last" => (1, fit(2).initial_epoch(5)),
            "nothing held out" => (1, fit(2).shuffle(false).validation_split(0.0)),
            "validation data" => (1, validation(fit(2).shuffle(false))),
            "data beside a split" => (1, validation(fit(2).shuffle(false).validation_split(0.3))),
            other => panic!("no run {other:?}"),
        }
    }
}

fn float32(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

#[test]
fn fit_at_its_edges_does_what_keras_does() {
    let fixture: Fixture = read("toolkit.json");
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.csv");
    for run in &fixture.runs {
        let name = &run.name;
        let mut model = fixture.compiled(SGD::new(0.5));
        let mut last = History::default();
        for _ in 0..fixture.options(name).0 {
            let options = fixture.options(name).1.callback(CSVLogger::new(&log));
            last = model.fit(fixture.x.host(), fixture.y.host(), options).unwrap();
        }
        assert_eq!(last.epoch(), run.epoch, "{name}");
        let mut keys: Vec<&str> = last.iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        assert_eq!(keys, run.history.keys().collect::<Vec<_>>(), "{name}");
        for (key, expected) in &run.history {
            for (received, expected) in last.values(key).unwrap().into_iter().zip(expected) {
                let expected = match expected {
                    Score::One(value) => std::slice::from_ref(value),
                    Score::Several(values) => values,
                };
                assert_close(&format!("{name}: {key}"), &float32(received), expected, 1e-5);
            }
        }
        let weights = model.model().unwrap().get_weights();
        for (received, expected) in weights.iter().zip(&run.final_weights) {
            assert_close(name, &received.iter().copied().collect::<Vec<_>>(), &expected.values(), 1e-5);
        }
        compare_logs(name, &fs::read_to_string(&log).unwrap(), &run.csv);
    }
}

/// The same characters but for the last digits of numbers.
fn compare_logs(name: &str, received: &str, expected: &str) {
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | '-' | '+');
    let split = |text: &str| {
        let numbers = text.split(|c| !is_digit(c)).filter_map(|part| part.parse::<f32>().ok()).collect::<Vec<_>>();
        (text.replace(is_digit, ""), numbers)
    };
    let ((form, numbers), (expected_form, expected)) = (split(received), split(expected));
    assert_eq!(form, expected_form, "{name}");
    assert_close(&format!("{name}: the log"), &numbers, &expected, 1e-5);
}

#[test]
fn a_prediction_is_stopped_as_in_keras() {
    let fixture: Fixture = read("toolkit.json");
    let model = fixture.compiled(SGD::new(0.5));
    let mut shapes = Vec::new();
    let stop = LambdaCallback::new().on_predict_batch_end(|batch, prediction| {
        shapes.push(prediction.outputs()[0].shape().to_vec());
        if batch == 1 {
            prediction.stop();
        }
        Ok(())
    });
    let outputs = model.predict_with(fixture.x.host(), Predict::new().batch_size(4).callback(stop)).unwrap();
    assert_eq!(shapes, fixture.predict.shapes);
    assert_eq!(outputs.shape(), fixture.predict.outputs.shape);
    let outputs: Vec<f32> = outputs.into_iter().collect();
    assert_close("the outputs", &outputs, &fixture.predict.outputs.values(), 1e-6);
}

#[test]
fn a_prediction_by_averages_is_that_of_keras() {
    let fixture: Fixture = read("toolkit.json");
    let Averages { own, outputs } = &fixture.averages;
    let mut model = fixture.compiled(SGD::new(0.5).use_ema(true).ema_momentum(0.5));
    for batch in [&[0, 1, 2, 3][..], &[4, 5, 6, 7], &[8, 9]] {
        model.train_on_batch(fixture.x.host().samples(batch), fixture.y.host().samples(batch)).unwrap();
    }
    let predict = |options: Predict<'_>| -> Vec<f32> {
        model.predict_with(fixture.x.host(), options).unwrap().into_iter().collect()
    };
    // Keras leaves the averages in the model; Horn does not.
    for _ in 0..2 {
        assert_close("its own", &predict(Predict::new()), &own.values(), 1e-5);
        assert_close("averages", &predict(Predict::new().callback(SwapEMAWeights::new())), &outputs.values(), 1e-5);
    }
    assert_ne!(own.values(), outputs.values());
}
