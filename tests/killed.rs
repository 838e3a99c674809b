//! A training that saves each epoch, killed at random moments: each file is whole, and the next run leaves nothing else.
//!
//! `HORN_TEST_KILLS=100 cargo test --workspace --test horn -- killed` kills each kind of file so often; a few times by
//! default. What a killed training goes on with is tested in `backups.rs`.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use horn::callbacks::{CSVLogger, Callback, Frequency, ModelCheckpoint, TensorBoard, Training};
use horn::prelude::*;
use horn::{Result, Scores};
use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// Where the program that is killed trains, and what it writes there.
const VICTIM: &str = "HORN_TEST_KILLED_TRAINING";
const KILLS: &str = "HORN_TEST_KILLS";
/// The longest time between the first save and the kill: some epochs.
const PATIENCE: u64 = 60;
const UNITS: usize = 1 << 14;

/// A model whose weights all are the number of epochs that it was trained for: the gradient of the mean of so many
/// distances is the same power of two for each, and the rate is its inverse. So a mixture of two files shows.
fn model() -> CompiledModel {
    let layer = Dense(UNITS).kernel_initializer(Zeros::new());
    let layers = Sequential::new().add(Input([1])).add(layer);
    layers.compile(SGD::new(UNITS as f64), MeanAbsoluteError::new(), ()).unwrap()
}

/// Saves only the weights, for which [`ModelCheckpoint`] has Keras's files.
struct Weights(PathBuf);

impl Callback for Weights {
    fn on_epoch_end(&mut self, _: usize, _: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        training.model().save_weights(&self.0)
    }
}

/// A kind of file: its name in the folder, the callback that writes it, and what must hold for it at any time.
struct Kind {
    name: &'static str,
    callback: fn(&Path) -> Box<dyn Callback>,
    check: fn(&Path),
}

const KINDS: &[Kind] = &[
    Kind { name: "model.keras", callback: |path| Box::new(checkpoint(path)), check: model_is_whole },
    Kind { name: "model.h5", callback: |path| Box::new(checkpoint(path)), check: model_is_whole },
    Kind {
        name: "model.weights.h5",
        callback: |path| Box::new(checkpoint(path).save_weights_only(true)),
        check: weights_are_whole,
    },
    Kind { name: "model.safetensors", callback: |path| Box::new(Weights(path.to_owned())), check: weights_are_whole },
    Kind { name: "log.csv", callback: |path| Box::new(CSVLogger::new(path)), check: rows_are_whole },
    Kind {
        name: "board",
        callback: |path| Box::new(TensorBoard::new(path).histogram_freq(1).update_freq(Frequency::Batches(1))),
        check: events_are_whole,
    },
];

fn checkpoint(path: &Path) -> ModelCheckpoint {
    ModelCheckpoint::new(path.to_str().unwrap())
}

fn train(epochs: usize, kind: &Kind, target: &Path) {
    let x = HostArray::new(vec![1.0_f32], [1, 1]).unwrap();
    // Never reached, so that the distances go on to shrink.
    let y = HostArray::new(vec![1e9_f32; UNITS], [1, UNITS]).unwrap();
    let fit = Fit::epochs(epochs).verbose(Verbose::Silent).callbacks(vec![(kind.callback)(target)]);
    model().fit(x, y, fit).unwrap();
}

fn are_of_one_epoch(model: &Model) {
    let weights = model.get_weights();
    let values: BTreeSet<u32> = weights.iter().flatten().map(|value| value.to_bits()).collect();
    let epoch = f32::from_bits(*values.first().unwrap());
    assert!(values.len() == 1 && epoch >= 1.0 && epoch.fract() == 0.0, "weights of {} epochs", values.len());
}

fn model_is_whole(path: &Path) {
    let loaded: CompiledModel = load_model(path).unwrap();
    are_of_one_epoch(loaded.model().unwrap());
}

fn weights_are_whole(path: &Path) {
    let mut model = model();
    model.load_weights(path).unwrap();
    are_of_one_epoch(model.model().unwrap());
}

/// The names of the columns and a row for each epoch, from the first.
fn rows_are_whole(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with("\r\n"), "{text:?}");
    for (at, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let expected = if at == 0 { "epoch".to_owned() } else { (at - 1).to_string() };
        assert!(cells.len() == 3 && cells[0] == expected, "{line:?} is line {at}");
        assert!(at == 0 || cells[1].parse::<f64>().is_ok(), "{line:?}");
    }
}

/// Records, each after its length. A reader waits for the rest of the last one, which a kill may have cut.
fn events_are_whole(path: &Path) {
    for entry in fs::read_dir(path.join("train")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let mut rest = &bytes[..];
        while let Some((length, after)) = rest.split_first_chunk::<8>() {
            let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
            // 9 is a field that every event begins with: the time.
            assert!(length < 1 << 20 && after.get(4).is_none_or(|first| *first == 9), "a record of {length} bytes");
            rest = after.get(length + 8..).unwrap_or_default();
        }
    }
}

#[test]
#[ignore = "no test of its own: the others start and kill it"]
fn trains_until_it_is_killed() {
    let Some(target) = std::env::var_os(VICTIM).map(PathBuf::from) else { return };
    let kind = KINDS.iter().find(|kind| target.ends_with(kind.name)).unwrap();
    // A program that a script starts in the background ignores Ctrl-C, and so do those that it starts.
    flag::register_conditional_default(SIGINT, Arc::new(AtomicBool::new(true))).unwrap();
    train(usize::MAX, kind, &target);
}

fn start(target: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::trains_until_it_is_killed", "--ignored", "--test-threads=1"])
        .env(VICTIM, target)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn kill(child: &mut Child, signal: &str) {
    assert!(child.try_wait().unwrap().is_none(), "it trains until it is killed");
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    child.wait().unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names.into_iter().map(|name| name.into_string().unwrap()).collect()
}

/// Is there something to check? Event files lie in a folder inside of the one that is named, which is made after it.
fn is_written(target: &Path) -> bool {
    target.is_file() || target.join("train").is_dir()
}

/// Kills trainings that write this kind of file.
fn are_killed(name: &str) {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
    let kills: usize = std::env::var(KILLS).map_or(10, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join(name);
    let (mut state, mut unfinished) = (name.len() as u64, 0);
    for turn in 0..kills {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = start(&target);
        let began = Instant::now();
        // Only some are killed before anything is written.
        while turn % 5 > 0 && !is_written(&target) {
            assert!(began.elapsed() < Duration::from_secs(60), "{name}: nothing is written");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros((state >> 33) % (1000 * PATIENCE)));
        kill(&mut child, ["-KILL", "-KILL", "-KILL", "-TERM", "-INT"][turn % 5]);
        if is_written(&target) {
            (kind.check)(&target);
        }
        // The file that was being written; that of a run before is removed by the next.
        let left: Vec<String> = names(folder.path()).into_iter().filter(|left| left != name).collect();
        assert!(left.len() <= 1 && left.iter().all(|left| left.ends_with(".tmp")), "{name}: {left:?}");
        unfinished += left.len();
    }
    train(1, kind, &target);
    (kind.check)(&target);
    assert_eq!(names(folder.path()), [name], "after the next run");
    println!("{name}: {kills} kills, {unfinished} of them while the file was written");
    let is_replaced = name.starts_with("model");
    assert!(!is_replaced || kills < 10 || unfinished > 0, "{name}: no kill came while the file was written");
}

#[test]
fn keras_files_are_whole() {
    are_killed("model.keras");
}

#[test]
fn h5_files_are_whole() {
    are_killed("model.h5");
}

#[test]
fn weights_files_are_whole() {
    are_killed("model.weights.h5");
}

#[test]
fn safetensors_files_are_whole() {
    are_killed("model.safetensors");
}

#[test]
fn logs_have_whole_rows() {
    are_killed("log.csv");
}

#[test]
fn event_files_have_whole_records() {
    are_killed("board");
}
