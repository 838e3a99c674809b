//! Whole runs of `fit` on MNIST beside those of Keras on JAX, for the tests and for the benchmark `same_run`. The figures
//! are Keras's, from `tests/keras/make_same_run_fixtures.py`.

use std::collections::BTreeMap;

use horn::prelude::*;
use ndarray::s;
use serde::Deserialize;

#[derive(Deserialize)]
struct Run {
    name: String,
    samples: usize,
    epochs: usize,
    batch_size: usize,
    history: BTreeMap<String, Vec<f64>>,
    /// How far Keras comes from itself by rounding alone.
    itself: BTreeMap<String, f64>,
}

/// How far a loss may be from Keras's, and an accuracy: 0.05 percentage points.
const ALLOWED: [(&str, f64); 2] = [("loss", 1e-4), ("accuracy", 5e-4)];

/// The models, by the names of their runs.
pub const MODELS: [&str; 3] = ["article, SGD", "article, Adam", "convnet, Adam"];

fn compile(name: &str) -> horn::Result<CompiledModel> {
    let (loss, metrics) = (SparseCategoricalCrossentropy::new(), [Accuracy::new()]);
    match name {
        "article, SGD" => article().compile(SGD::default(), loss, metrics),
        "article, Adam" => article().compile(Adam::default(), loss, metrics),
        _ => convnet().compile(Adam::default(), loss, metrics),
    }
}

fn article() -> Sequential {
    let hidden = || Dense(128).activation(Activation::Relu);
    let layers = Sequential::new().add(Input([28, 28])).add(Flatten()).add(Rescaling(1.0 / 255.0));
    layers.add(hidden()).add(hidden()).add(hidden()).add(Dense(10).activation(Activation::Softmax))
}

fn convnet() -> Sequential {
    Sequential::new()
        .add(Input([28, 28]))
        .add(Reshape([28, 28, 1]))
        .add(Rescaling(1.0 / 255.0))
        .add(Conv2D(16, 3).activation(Activation::Relu))
        .add(MaxPooling2D(2))
        .add(Conv2D(32, 3).activation(Activation::Relu))
        .add(MaxPooling2D(2))
        .add(Flatten())
        .add(Dropout(0.5))
        .add(Dense(10).activation(Activation::Softmax))
}

/// Replays the run of this name, on all images or on a part of them, and compares it with Keras's.
///
/// Training is chaotic: sums in another order put a value of a ReLU on the other side of 0 now and then, one sample gets
/// another gradient, and from there on the runs drift apart. Keras drifts from itself if one of its weights starts one step
/// of a float32 larger. Where that is more than is allowed, as much is allowed here, but not for the loss of the first epoch.
pub fn replay(name: &str, all: bool) -> horn::Result<()> {
    let runs: Vec<Run> =
        serde_json::from_str(include_str!("../keras/fixtures/same_run.json")).expect("the fixture is JSON");
    let run = runs.iter().find(|run| run.name == name && (run.samples == 60_000) == all).expect("there is such a run");
    let ((x, y), (x_test, y_test)) = datasets::mnist::load_data()?;
    let (x, y) = (x.slice(s![..run.samples, .., ..]), y.slice(s![..run.samples]));
    set_random_seed(42);
    let mut model = compile(name)?;
    let fit = Fit::epochs(run.epochs).batch_size(run.batch_size).verbose(Verbose::Silent);
    let history = model.fit(&x, &y, fit.validation_data(&x_test, &y_test))?;
    for (key, expected) in &run.history {
        let received = &history[key.as_str()];
        println!("{name}, {} images: {key} {received:.6?}, Keras has {expected:.6?}", run.samples);
        assert_eq!(received.len(), expected.len(), "{name}: {key}");
    }
    let first = (history["loss"][0] - run.history["loss"][0]).abs();
    assert!(first <= ALLOWED[0].1, "{name}: the loss of the first epoch differs by {first:.1e}");
    for (kind, allowed) in ALLOWED {
        let allowed = allowed.max(run.itself[kind]);
        let of_kind = run.history.iter().filter(|(key, _)| key.trim_start_matches("val_") == kind);
        let differences = of_kind.flat_map(|(key, expected)| {
            history[key.as_str()].iter().zip(expected).map(|(received, expected)| (received - expected).abs())
        });
        let largest = differences.fold(0.0, f64::max);
        println!("{name}: {kind} differs by {largest:.1e}; Keras by {:.1e} from itself", run.itself[kind]);
        assert!(largest <= allowed, "{name}: {kind} differs by {largest:.1e}, allowed are {allowed:.1e}");
    }
    Ok(())
}
