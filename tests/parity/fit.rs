//! Runs of `fit` with options drawn at random, compared with Keras: weights of samples, steps and classes, numbers of
//! steps, validations of any kind, orders, schedules, clipping, accumulated gradients, averaged weights, callbacks that
//! change the rate or end the training, several outputs, masks, and data by names.

use std::collections::BTreeMap;

use horn::callbacks::{Callback, EarlyStopping, LearningRateScheduler, ReduceLROnPlateau};
use horn::utils::set_random_seed;
use horn::{
    Batches, CompiledModel, Data, Evaluate, Fit, HostArray, Model, OnBatch, PyDataset, PyDatasetSource, ValidationFreq,
    Verbose,
};
use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, Ordered, assert_close, assert_history, assert_scores_close, read};

#[derive(Deserialize)]
struct Run {
    name: String,
    model: Value,
    compile_config: Value,
    seed: u32,
    weights: Vec<Array>,
    x: Vec<Named>,
    y: Vec<Named>,
    sample_weight: Vec<Named>,
    class_weight: Option<Vec<(i64, f64)>>,
    validation: Option<Validation>,
    fit: Options,
    callbacks: Vec<Drawn>,
    history: Ordered<Vec<f64>>,
    epochs: Vec<usize>,
    final_weights: Vec<Array>,
    evaluated: Evaluated,
    evaluate: BTreeMap<String, f64>,
    on_batch: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
    array: Array,
}

#[derive(Deserialize)]
struct Validation {
    x: Vec<Named>,
    y: Vec<Named>,
    sample_weight: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    epochs: usize,
    shuffle: bool,
    batch_size: Option<usize>,
    steps_per_epoch: Option<usize>,
    initial_epoch: Option<usize>,
    validation_split: Option<f64>,
    validation_batch_size: Option<usize>,
    validation_steps: Option<usize>,
    validation_freq: Option<Freq>,
}

/// A callback with its arguments.
#[derive(Deserialize)]
#[serde(tag = "class_name", content = "config", deny_unknown_fields)]
enum Drawn {
    /// Multiplies the rate before each epoch.
    LearningRateScheduler {
        factor: f64,
    },
    ReduceLROnPlateau {
        monitor: String,
        factor: f64,
        patience: usize,
        min_delta: f64,
        cooldown: usize,
        min_lr: f64,
    },
    EarlyStopping {
        monitor: String,
        min_delta: f64,
        patience: usize,
        baseline: Option<f64>,
        restore_best_weights: bool,
        start_from_epoch: usize,
    },
}

impl Drawn {
    fn callback(&self) -> Box<dyn Callback> {
        match self {
            Self::LearningRateScheduler { factor } => {
                let factor = *factor;
                Box::new(LearningRateScheduler::new(move |_, rate| rate * factor))
            }
            Self::ReduceLROnPlateau { monitor, factor, patience, min_delta, cooldown, min_lr } => Box::new(
                ReduceLROnPlateau::new()
                    .monitor(monitor)
                    .factor(*factor)
                    .patience(*patience)
                    .min_delta(*min_delta)
                    .cooldown(*cooldown)
                    .min_lr(*min_lr),
            ),
            Self::EarlyStopping { monitor, min_delta, patience, baseline, restore_best_weights, start_from_epoch } => {
                let stopping = EarlyStopping::new()
                    .monitor(monitor)
                    .min_delta(*min_delta)
                    .patience(*patience)
                    .restore_best_weights(*restore_best_weights)
                    .start_from_epoch(*start_from_epoch);
                Box::new(match baseline {
                    Some(baseline) => stopping.baseline(*baseline),
                    None => stopping,
                })
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Freq {
    Every(usize),
    Epochs(Vec<usize>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Evaluated {
    batch_size: usize,
    steps: Option<usize>,
}

/// Rounding errors add up over the steps, in another order than in XLA.
const TOLERANCE: f64 = 1e-5;

#[test]
fn runs_with_options_drawn_at_random_are_those_of_keras() {
    let runs: Vec<Run> = read("fit.json");
    assert_eq!(runs.len(), 20);
    runs.iter().for_each(check);
}

fn arrays(named: &[Named]) -> Vec<HostArray<'static>> {
    let array = |named: &Named| match &named.name {
        Some(name) => named.array.host().named(name),
        None => named.array.host(),
    };
    // Names decide, not the order.
    let reversed = named.iter().all(|named| named.name.is_some());
    if reversed { named.iter().rev().map(array).collect() } else { named.iter().map(array).collect() }
}

fn options(run: &Run) -> Fit<'static> {
    let mut fit = Fit::epochs(run.fit.epochs).shuffle(run.fit.shuffle).verbose(Verbose::Silent);
    fit = fit.sample_weight(arrays(&run.sample_weight));
    if let Some(class_weight) = &run.class_weight {
        fit = fit.class_weight(class_weight.clone());
    }
    if let Some(batch_size) = run.fit.batch_size {
        fit = fit.batch_size(batch_size);
    }
    if let Some(steps) = run.fit.steps_per_epoch {
        fit = fit.steps_per_epoch(steps);
    }
    if let Some(epoch) = run.fit.initial_epoch {
        fit = fit.initial_epoch(epoch);
    }
    if let Some(split) = run.fit.validation_split {
        fit = fit.validation_split(split);
    }
    if let Some(batch_size) = run.fit.validation_batch_size {
        fit = fit.validation_batch_size(batch_size);
    }
    if let Some(steps) = run.fit.validation_steps {
        fit = fit.validation_steps(steps);
    }
    if let Some(freq) = &run.fit.validation_freq {
        fit = fit.validation_freq(match freq {
            Freq::Every(epochs) => ValidationFreq::Every(*epochs),
            Freq::Epochs(epochs) => ValidationFreq::Epochs(epochs.clone()),
        });
    }
    fit = fit.callbacks(run.callbacks.iter().map(Drawn::callback));
    match &run.validation {
        None => fit,
        Some(validation) => {
            let fit = fit.validation_data(arrays(&validation.x), arrays(&validation.y));
            fit.validation_sample_weight(arrays(&validation.sample_weight))
        }
    }
}

fn check(run: &Run) {
    let name = &run.name;
    let mut model = Model::deserialize(&run.model, &horn::default_device().unwrap()).unwrap();
    let array = |array: &Array| ArrayD::from_shape_vec(array.shape.clone(), array.values()).unwrap();
    model.set_weights(&run.weights.iter().map(array).collect::<Vec<_>>()).unwrap();
    let mut model = CompiledModel::from_compile_config(model, &run.compile_config).unwrap();

    set_random_seed(run.seed);
    let history =
        model.fit(arrays(&run.x), arrays(&run.y), options(run)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(history.epoch(), run.epochs, "{name}");
    assert_history(name, &history, &run.history, TOLERANCE);
    let weights = model.model().unwrap().get_weights();
    for (at, (received, expected)) in weights.iter().zip(&run.final_weights).enumerate() {
        let received: Vec<f32> = received.iter().copied().collect();
        assert_close(&format!("{name}: final weight {at}"), &received, &expected.values(), TOLERANCE);
    }

    let mut evaluate = Evaluate::new().batch_size(run.evaluated.batch_size).verbose(Verbose::Silent);
    evaluate = evaluate.sample_weight(arrays(&run.sample_weight));
    if let Some(steps) = run.evaluated.steps {
        evaluate = evaluate.steps(steps);
    }
    let scores = model.evaluate_with(arrays(&run.x), arrays(&run.y), evaluate).unwrap();
    assert_eq!(scores.iter().count(), run.evaluate.len(), "{name}");
    for (key, expected) in &run.evaluate {
        assert_scores_close(&format!("{name}: evaluate: {key}"), &[scores[key]], [expected], TOLERANCE);
    }

    let mut on_batch = OnBatch::new().sample_weight(arrays(&run.sample_weight));
    if let Some(class_weight) = &run.class_weight {
        on_batch = on_batch.class_weight(class_weight.clone());
    }
    let scores = model.train_on_batch_with(arrays(&run.x), arrays(&run.y), on_batch).unwrap();
    assert_eq!(scores.iter().count(), run.on_batch.len(), "{name}");
    for (key, expected) in &run.on_batch {
        assert_scores_close(&format!("{name}: on batch: {key}"), &[scores[key]], [expected], TOLERANCE);
    }
}

/// A run whose batches come from a `PyDataset`, or from an iterator.
#[derive(Deserialize)]
struct FromSource {
    kind: String,
    model: Value,
    compile_config: Value,
    seed: u32,
    weights: Vec<Array>,
    x: Array,
    y: Array,
    fit: SourceOptions,
    history: Ordered<Vec<f64>>,
    final_weights: Vec<Array>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceOptions {
    epochs: usize,
    shuffle: bool,
    steps_per_epoch: Option<usize>,
    class_weight: Option<Vec<(i64, f64)>>,
}

/// Samples in batches of 5, the last one smaller.
struct Pieces {
    x: HostArray<'static>,
    y: HostArray<'static>,
    workers: usize,
}

impl PyDataset for Pieces {
    fn len(&self) -> Option<usize> {
        Some(self.x.len().div_ceil(5))
    }
    fn get(&self, index: usize) -> horn::Result<Data<'static>> {
        let at: Vec<usize> = (5 * index..self.x.len().min(5 * index + 5)).collect();
        Ok(Data::new(self.x.samples(&at), self.y.samples(&at)))
    }
    fn workers(&self) -> usize {
        self.workers
    }
}

#[test]
fn runs_on_batches_of_a_source_are_those_of_keras() {
    let runs: Vec<FromSource> = read("fit_sources.json");
    assert_eq!(runs.len(), 5);
    for run in &runs {
        // Any number of threads gives the same batches in the same order.
        for workers in [1, 3] {
            check_source(run, workers);
        }
    }
}

fn check_source(run: &FromSource, workers: usize) {
    let name = format!("{}, {workers} workers, {:?} steps", run.kind, run.fit.steps_per_epoch);
    let mut model = Model::deserialize(&run.model, &horn::default_device().unwrap()).unwrap();
    let array = |array: &Array| ArrayD::from_shape_vec(array.shape.clone(), array.values()).unwrap();
    model.set_weights(&run.weights.iter().map(array).collect::<Vec<_>>()).unwrap();
    let mut model = CompiledModel::from_compile_config(model, &run.compile_config).unwrap();
    let mut options = Fit::epochs(run.fit.epochs).shuffle(run.fit.shuffle).verbose(Verbose::Silent);
    if let Some(steps) = run.fit.steps_per_epoch {
        options = options.steps_per_epoch(steps);
    }
    if let Some(class_weight) = &run.fit.class_weight {
        options = options.class_weight(class_weight.clone());
    }
    let pieces = || Pieces { x: run.x.host(), y: run.y.host(), workers };
    set_random_seed(run.seed);
    let history = match run.kind.as_str() {
        "dataset" => model.fit_source(&mut PyDatasetSource::new(pieces()), options),
        _ => model.fit_source(&mut Batches::new((0..100).map(|at| pieces().get(at % 5))), options),
    };
    assert_history(&name, &history.unwrap(), &run.history, TOLERANCE);
    for (received, expected) in model.model().unwrap().get_weights().iter().zip(&run.final_weights) {
        let received: Vec<f32> = received.iter().copied().collect();
        assert_close(&format!("{name}: final weight"), &received, &expected.values(), TOLERANCE);
    }
}
