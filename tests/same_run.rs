//! Same seed, same run: after `set_random_seed(42)`, whole runs of `fit` on MNIST have the history of Keras on JAX. The
//! figures are Keras's, from `tests/keras/make_same_run_fixtures.py`.
//!
//! Here the models see a tenth of the images, as this is an unoptimised build. The runs on all images are those of
//! `cargo bench -p benches --bench same_run`, which `.ci/run` repeats.

use horn::prelude::*;
use ndarray::s;
use serde::Deserialize;

use crate::fixtures::read;

#[derive(Deserialize)]
struct Run {
    name: String,
    samples: usize,
    epochs: usize,
    batch_size: usize,
    history: std::collections::BTreeMap<String, Vec<f64>>,
}

/// What rounding in another order may add up to in three epochs.
const LOSS: f64 = 1e-4;

/// 0.05 percentage points.
const ACCURACY: f64 = 5e-4;

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
        .add(MaxPooling2D())
        .add(Conv2D(32, 3).activation(Activation::Relu))
        .add(MaxPooling2D())
        .add(Flatten())
        .add(Dropout(0.5))
        .add(Dense(10).activation(Activation::Softmax))
}

fn replay(name: &str, compile: impl FnOnce() -> horn::Result<CompiledModel>) {
    let runs: Vec<Run> = read("same_run.json");
    let run = runs.iter().filter(|run| run.name == name).min_by_key(|run| run.samples).expect("the run is there");
    let ((x, y), (x_test, y_test)) = datasets::mnist::load_data().unwrap();
    set_random_seed(42);
    let mut model = compile().unwrap();
    let fit = Fit::epochs(run.epochs)
        .batch_size(run.batch_size)
        .validation_data(&x_test, &y_test)
        .validation_batch_size(1000)
        .verbose(Verbose::Silent);
    let history = model.fit(&x.slice(s![..run.samples, .., ..]), &y.slice(s![..run.samples]), fit).unwrap();
    for (key, expected) in &run.history {
        let allowed = if key.ends_with("accuracy") { ACCURACY } else { LOSS };
        for (epoch, (received, expected)) in history[key.as_str()].iter().zip(expected).enumerate() {
            let off = (received - expected).abs();
            println!("{name}, epoch {epoch}: {key} is {received:.7}, Keras has {expected:.7}, off by {off:.1e}");
            assert!(off <= allowed, "{name}, epoch {epoch}: {key} is {received}, Keras has {expected}");
        }
    }
    assert_eq!(history["val_loss"].len(), run.epochs);
}

#[test]
fn the_article_s_model_with_sgd() {
    let loss = SparseCategoricalCrossentropy::new();
    replay("article, SGD", || article().compile(SGD::default(), loss, [Accuracy::new()]));
}

#[test]
fn the_article_s_model_with_adam() {
    let loss = SparseCategoricalCrossentropy::new();
    replay("article, Adam", || article().compile(Adam::default(), loss, [Accuracy::new()]));
}

#[test]
fn a_convnet_with_dropout() {
    let loss = SparseCategoricalCrossentropy::new();
    replay("convnet, Adam", || convnet().compile(Adam::default(), loss, [Accuracy::new()]));
}
