//! Keras's callbacks: what they do for given logs, compared with what Keras did.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use horn::callbacks::{
    CSVLogger, Callback, EarlyStopping, Frequency, LearningRateScheduler, ModelCheckpoint, MonitorMode,
    ReduceLROnPlateau, TerminateOnNaN, Training, capture,
};
use horn::metrics::{Direction, class_names, from_config};
use horn::prelude::*;
use horn::{Compile, Result, Scores, load_model};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{Number, bits, read};

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
    directions: Vec<Directed>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    class: String,
    args: BTreeMap<String, Value>,
    logs: BTreeMap<String, Vec<Number>>,
    epochs: usize,
    metrics: Vec<String>,
    rate: f64,
    times: usize,
    /// Whether the kernel and the bias have an optimizer each.
    several: bool,
    #[serde(default)]
    rates: BTreeMap<String, Vec<f32>>,
    #[serde(default = "once")]
    fits: usize,
    epoch: Option<Vec<usize>>,
    learning_rate: Option<Vec<f32>>,
    weights_of: Option<usize>,
    error: Option<String>,
    printed: String,
    warnings: Vec<String>,
    files: Vec<String>,
    csv: Option<String>,
    saved_of: Option<usize>,
}

fn once() -> usize {
    1
}

#[derive(Deserialize)]
struct Directed {
    metric: Value,
    direction: Option<String>,
}

/// Replaces the logs by given ones, and records the weights after each epoch.
struct Given<'a> {
    logs: &'a BTreeMap<String, Vec<Number>>,
    /// Whether the logs are float32, as real ones are. The last digit of others depends on who reads the fixture.
    rounded: bool,
    weights: Vec<Vec<ArrayD<f32>>>,
}

impl Callback for Given<'_> {
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        self.weights.push(training.model().model()?.get_weights());
        if !self.logs.is_empty() {
            let given = self.logs.iter().filter_map(|(key, values)| Some((key.as_str(), values.get(epoch)?.0)));
            let given = given.map(|(key, value)| (key, if self.rounded { f64::from(value as f32) } else { value }));
            *logs = Scores::new(given);
        }
        Ok(())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// A boolean, or Keras's 0 and 1.
fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| count(value) == 1)
}

fn mode(value: &Value) -> MonitorMode {
    if text(value) == "max" { MonitorMode::Max } else { MonitorMode::Min }
}

impl Case {
    fn callback(&self, folder: &Path) -> Box<dyn Callback> {
        let path = |value: &Value| text(value).replace("FOLDER", folder.to_str().unwrap());
        match self.class.as_str() {
            "EarlyStopping" => {
                Box::new(self.args.iter().fold(EarlyStopping::new(), |made, (name, value)| match name.as_str() {
                    "monitor" => made.monitor(text(value)),
                    "min_delta" => made.min_delta(number(value)),
                    "patience" => made.patience(count(value)),
                    "verbose" => made.verbose(flag(value)),
                    "mode" => made.mode(mode(value)),
                    "baseline" => made.baseline(number(value)),
                    "restore_best_weights" => made.restore_best_weights(flag(value)),
                    "start_from_epoch" => made.start_from_epoch(count(value)),
                    _ => panic!("{}: no argument {name}", self.name),
                }))
            }
            "ReduceLROnPlateau" => {
                Box::new(self.args.iter().fold(ReduceLROnPlateau::new(), |made, (name, value)| match name.as_str() {
                    "monitor" => made.monitor(text(value)),
                    "factor" => made.factor(number(value)),
                    "patience" => made.patience(count(value)),
                    "verbose" => made.verbose(flag(value)),
                    "mode" => made.mode(mode(value)),
                    "min_delta" => made.min_delta(number(value)),
                    "cooldown" => made.cooldown(count(value)),
                    "min_lr" => made.min_lr(number(value)),
                    _ => panic!("{}: no argument {name}", self.name),
                }))
            }
            "LearningRateScheduler" => {
                let schedule = |epoch: usize, rate: f64| if epoch == 0 { rate } else { rate * 0.5 };
                Box::new(self.args.iter().fold(LearningRateScheduler::new(schedule), |made, (name, value)| {
                    match name.as_str() {
                        "verbose" => made.verbose(flag(value)),
                        _ => panic!("{}: no argument {name}", self.name),
                    }
                }))
            }
            "ModelCheckpoint" => Box::new(self.args.iter().fold(
                ModelCheckpoint::new(path(&self.args["filepath"])),
                |made, (name, value)| match name.as_str() {
                    "filepath" => made,
                    "monitor" => made.monitor(text(value)),
                    "verbose" => made.verbose(flag(value)),
                    "save_best_only" => made.save_best_only(flag(value)),
                    "save_weights_only" => made.save_weights_only(flag(value)),
                    "mode" => made.mode(mode(value)),
                    "save_freq" => made.save_freq(Frequency::Batches(count(value))),
                    "initial_value_threshold" => made.initial_value_threshold(number(value)),
                    _ => panic!("{}: no argument {name}", self.name),
                },
            )),
            "CSVLogger" => {
                Box::new(self.args.iter().fold(CSVLogger::new(path(&self.args["filename"])), |made, (name, value)| {
                    match name.as_str() {
                        "filename" => made,
                        "separator" => made.separator(text(value).chars().next().unwrap()),
                        "append" => made.append(flag(value)),
                        _ => panic!("{}: no argument {name}", self.name),
                    }
                }))
            }
            "TerminateOnNaN" => {
                Box::new(self.args.iter().fold(TerminateOnNaN::new(), |made, (name, value)| match name.as_str() {
                    "raise_error" => made.raise_error(flag(value)),
                    _ => panic!("{}: no argument {name}", self.name),
                }))
            }
            other => panic!("no callback {other}"),
        }
    }

    fn model(&self) -> CompiledModel {
        set_random_seed(1);
        let layers = Sequential::new().add(Input([2])).add(Dense(1));
        match self.metrics.as_slice() {
            [] if self.several => {
                let map = OptimizerMap::new(Adam::new(self.rate / 8.0)).with(".*kernel", SGD::new(self.rate));
                layers.compile(MultiOptimizer::new(map), MeanSquaredError::new(), ())
            }
            [] => layers.compile(SGD::new(self.rate), MeanSquaredError::new(), ()),
            [name] if name == "accuracy" => {
                layers.compile(SGD::new(self.rate), MeanSquaredError::new(), [Accuracy::new()])
            }
            other => panic!("no metrics {other:?}"),
        }
        .unwrap()
    }

    fn check(&self) {
        let folder = tempfile::tempdir().unwrap();
        let name = &self.name;
        let x = HostArray::new((0..12).map(|x| x as f32 / 8.0 - 0.5).collect::<Vec<_>>(), [6, 2]).unwrap();
        let y = HostArray::new(vec![0.5_f32, -1.0, 0.25, 2.0, 1.0, -0.75], [6, 1]).unwrap();
        let mut printed = String::new();
        for time in 0..self.times {
            let mut model = self.model();
            let mut given = Given { logs: &self.logs, rounded: self.csv.is_some(), weights: Vec::new() };
            let mut callback = self.callback(folder.path());
            let mut fit = || {
                let fit = Fit::epochs(self.epochs).batch_size(2).shuffle(false).verbose(Verbose::Silent);
                model.fit(&x, &y, fit.callback(&mut given).callback(callback.as_mut()))
            };
            let (result, text) = capture(|| (1..self.fits).try_for_each(|_| fit().map(drop)).and_then(|()| fit()));
            printed += &text;
            if let Some(kind) = &self.error {
                let error = result.expect_err(&format!("{name}: Keras has a {kind}"));
                assert!(error.to_string().contains("Hint: "), "{name}: {error}");
                assert!(!error.to_string().starts_with(':'), "{name}: {error}");
                // The model can be used as before.
                model.fit(&x, &y, Fit::epochs(1).verbose(Verbose::Silent)).unwrap();
                continue;
            }
            let history = result.unwrap_or_else(|error| panic!("{name}: {error:#}"));
            if time + 1 < self.times {
                continue;
            }
            assert_eq!(Some(history.epoch()), self.epoch.as_deref(), "{name}: epochs");
            let float32 = |rates: &[f64]| rates.iter().map(|rate| *rate as f32).collect::<Vec<_>>();
            assert_eq!(history.get("learning_rate").map(float32), self.learning_rate, "{name}: learning_rate");
            let rates = history.iter().filter(|(key, _)| key.starts_with("learning_rate_"));
            let rates: BTreeMap<String, Vec<f32>> =
                rates.map(|(key, rates)| (key.to_owned(), float32(rates))).collect();
            assert_eq!(rates, self.rates, "{name}: rates");
            let last = bits(&model.model().unwrap().get_weights());
            let at = given.weights.iter().position(|weights| bits(weights) == last);
            assert_eq!(at, self.weights_of, "{name}: the epoch of the weights");
            self.check_saved(folder.path(), &given.weights);
        }
        let expected: String = self.warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
        let printed = printed.replace(folder.path().to_str().unwrap(), "FOLDER");
        assert_eq!(printed, expected + &self.printed, "{name}: printed");
        let files: Vec<String> = files(folder.path()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(files, self.files, "{name}: files");
        if let Some(csv) = &self.csv {
            assert_eq!(&fs::read_to_string(folder.path().join(&files[0])).unwrap(), csv, "{name}: bytes");
        }
    }

    /// The newest file has the weights of the same epoch as Keras's.
    fn check_saved(&self, folder: &Path, weights: &[Vec<ArrayD<f32>>]) {
        let Some(epoch) = self.saved_of else { return };
        let changed = |(_, path): &(String, PathBuf)| fs::metadata(path).unwrap().modified().unwrap();
        let (_, newest) = files(folder).into_iter().max_by_key(changed).unwrap();
        let saved = match self.args.contains_key("save_weights_only") {
            true => {
                let mut model = self.model();
                model.load_weights(&newest).unwrap();
                model
            }
            false => load_model(&newest).unwrap(),
        };
        assert_eq!(bits(&saved.model().unwrap().get_weights()), bits(&weights[epoch]), "{}: saved", self.name);
        // The state of the optimizer is in the file, too.
        assert!(saved.iterations() > 0, "{}", self.name);
    }
}

/// The files below a folder, sorted by their names in it.
fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), path));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn callbacks_do_what_those_of_keras_do() {
    let fixture: Fixture = read("callbacks.json");
    assert!(fixture.cases.len() > 60);
    fixture.cases.iter().for_each(Case::check);
}

#[test]
fn metrics_are_better_in_the_direction_of_keras() {
    let fixture: Fixture = read("callbacks.json");
    let mut known = BTreeSet::from(["Mean", "Sum"]);
    known.extend(class_names());
    let recorded: BTreeSet<&str> =
        fixture.directions.iter().map(|directed| directed.metric["class_name"].as_str().unwrap()).collect();
    assert_eq!(recorded, known);
    for Directed { metric, direction } in &fixture.directions {
        let expected = direction.as_deref().map(|to| if to == "up" { Direction::Up } else { Direction::Down });
        let found = match metric["class_name"].as_str() {
            // These are values that accumulate, and not metrics of a model.
            Some("Mean" | "Sum") => continue,
            _ => from_config(metric),
        };
        assert_eq!(found.unwrap().direction(), expected, "{}", metric["class_name"]);
    }
    assert_eq!(from_config(&json!("accuracy")).unwrap().direction(), Some(Direction::Up));
}
