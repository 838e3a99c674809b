//! Event files of the callback `TensorBoard`, read by TensorBoard's own reader.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use horn::callbacks::{Frequency, TensorBoard};
use horn::metrics::MeanAbsoluteError;
use horn::prelude::*;
use horn::{Compile, History};
use serde::Deserialize;
use serde_json::Value;

use super::python;
use crate::fixtures::read;

/// What the reader finds for a tag.
#[derive(Deserialize)]
struct Found {
    plugin: String,
    steps: Vec<usize>,
    values: Vec<Value>,
}

/// What Keras writes for a tag.
#[derive(Deserialize)]
struct Expected {
    plugin: String,
    steps: Vec<usize>,
}

#[derive(Deserialize)]
struct Fixture {
    events: BTreeMap<String, Expected>,
}

/// The model and the run of `board` in `make_callback_fixtures.py`.
fn run(folder: &Path) -> (CompiledModel, History) {
    let layers = Sequential::new()
        .name("board")
        .add(Input([4, 4, 1]))
        .add(Conv2D(2, 3).name("conv"))
        .add(Flatten())
        .add(Dense(3).name("last"));
    let metric = MeanAbsoluteError::new().name("mae");
    let mut model = layers.compile(SGD::new(0.01), MeanSquaredError::new(), [metric]).unwrap();
    let x = HostArray::new(vec![1.0_f32; 6 * 16], [6, 4, 4, 1]).unwrap();
    let y = HostArray::new(vec![1.0_f32; 6 * 3], [6, 3]).unwrap();
    let board = TensorBoard::new(folder)
        .histogram_freq(2)
        .write_images(true)
        .write_steps_per_second(true)
        .update_freq(Frequency::Batches(1));
    let fit = Fit::epochs(3).batch_size(2).verbose(Verbose::Silent).validation_data(&x, &y).callback(board);
    let history = model.fit(&x, &y, fit).unwrap();
    (model, history)
}

#[test]
#[cfg_attr(not(has_keras), ignore = "let HORN_PYTHON name a Python with keras, jax, h5py and tensorboard")]
fn tensorboard_reads_what_the_callback_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (model, history) = run(folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/read_events.py");
    let output = Command::new(python::with_keras()).arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: BTreeMap<String, Found> = serde_json::from_slice(&output.stdout).unwrap();

    // The tags, plugins and steps are those of Keras.
    let expected = read::<Fixture>("callbacks.json").events;
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (tag, Expected { plugin, steps }) in &expected {
        assert_eq!((&found[tag].plugin, &found[tag].steps), (plugin, steps), "{tag}");
    }

    let numbers = |tag: &str| found[tag].values.iter().map(|value| value.as_f64().unwrap() as f32).collect::<Vec<_>>();
    for (tag, key) in [
        ("train/epoch_loss", "loss"),
        ("train/epoch_mae", "mae"),
        ("validation/epoch_loss", "val_loss"),
        ("validation/evaluation_mae_vs_iterations", "val_mae"),
    ] {
        let expected: Vec<f32> = history[key].iter().map(|value| *value as f32).collect();
        assert_eq!(numbers(tag), expected, "{tag}");
    }
    // The last batch of an epoch has the scores of the whole epoch.
    assert_eq!(numbers("train/batch_loss")[8], history["loss"][2] as f32);
    assert_eq!(numbers("train/epoch_learning_rate"), [0.01; 3]);
    assert!(numbers("train/epoch_steps_per_second").iter().all(|rate| *rate > 0.0));

    let weights = model.model().unwrap().get_weights();
    let kernel = &weights[2];
    let histogram: Vec<[f64; 3]> =
        serde_json::from_value(found["train/board/last/kernel/histogram"].values[1].clone()).unwrap();
    assert_eq!(histogram.len(), 30);
    assert_eq!(histogram.iter().map(|[_, _, count]| count).sum::<f64>(), kernel.len() as f64);
    let (low, high) = kernel.iter().fold((f32::MAX, f32::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    assert_eq!((histogram[0][0], histogram[29][1]), (f64::from(low), f64::from(high)));

    // 12 × 3 weights as a lying image of one channel.
    let image = &found["train/board/last/kernel/image"].values[1];
    assert_eq!(image["sizes"], serde_json::json!([8, 3]));
    let pixels: Vec<Vec<u8>> = serde_json::from_value(image["images"][0].clone()).unwrap();
    let grey = |value: &f32| (value * 255.5).clamp(0.0, 255.0) as u8;
    let expected: Vec<Vec<u8>> = kernel.columns().into_iter().map(|column| column.iter().map(grey).collect()).collect();
    assert_eq!(pixels, expected);

    let graph: Value = serde_json::from_str(found["train/keras"].values[0].as_str().unwrap()).unwrap();
    assert_eq!(graph["config"]["layers"][1]["config"]["name"], "conv");
}
