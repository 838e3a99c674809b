//! A training that is interrupted and started again ends with the very weights of one that is not.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use horn::callbacks::{
    BackupAndRestore, CSVLogger, Callback, EarlyStopping, Frequency, LearningRateScheduler, ReduceLROnPlateau, Training,
};
use horn::metrics::{AUC, MeanAbsoluteError, R2Score, RootMeanSquaredError};
use horn::prelude::*;
use horn::{Compile, Error, History, Result, Scores};
use ndarray::ArrayD;

use crate::fixtures::bits;

const EPOCHS: usize = 4;
/// 22 samples in batches of 6.
const STEPS: usize = 4;

/// A model with all that has a state: random numbers, moving averages, moments of the optimizer.
fn model() -> CompiledModel {
    set_random_seed(42);
    let inputs = Input([6, 6, 1]);
    Sequential::new()
        .add(inputs)
        .add(Conv2D(3, 3).activation(Activation::Relu))
        .add(BatchNormalization())
        .add(Flatten())
        .add(Dropout(0.3))
        .add(Dense(8).activation(Activation::Tanh))
        .add(GaussianNoise(0.1))
        .add(Dense(2))
        .compile(
            Adam::new(0.05),
            MeanSquaredError::new(),
            (MeanAbsoluteError::new(), RootMeanSquaredError::new(), R2Score::new(), AUC::new()),
        )
        .unwrap()
}

fn data(samples: usize) -> (HostArray<'static>, HostArray<'static>) {
    let values = |count: usize| (0..count).map(|at| ((at * 37 + 11) % 101) as f32 / 50.0 - 1.0).collect::<Vec<_>>();
    let x = HostArray::new(values(samples * 36), [samples, 6, 6, 1]).unwrap();
    (x, HostArray::new(values(samples * 2), [samples, 2]).unwrap())
}

/// Trains with callbacks that change the training and have states themselves.
fn train<'a>(model: &mut CompiledModel, callbacks: Vec<Box<dyn Callback + 'a>>, log: PathBuf) -> Result<History> {
    let (x, y) = data(22);
    let (validation_x, validation_y) = data(7);
    let fit = Fit::epochs(EPOCHS)
        .batch_size(6)
        .verbose(Verbose::Silent)
        .validation_data(&validation_x, &validation_y)
        .callback(ReduceLROnPlateau::new().factor(0.7).patience(1))
        .callbacks(callbacks)
        .callback(LearningRateScheduler::new(|_, rate| rate * 0.9))
        .callback(CSVLogger::new(log).append(true))
        .callback(EarlyStopping::new().patience(3).restore_best_weights(true));
    model.fit(&x, &y, fit)
}

fn weights(model: &CompiledModel) -> Vec<ArrayD<f32>> {
    model.model().unwrap().get_weights()
}

/// Fails after a number of batches.
struct Interrupt {
    left: usize,
}

impl Callback for Interrupt {
    fn on_train_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.left -= 1;
        if self.left == 0 { Err(Error::data("interrupted")) } else { Ok(()) }
    }
}

/// Does nothing, in the place of [`Interrupt`].
struct Nothing;

impl Callback for Nothing {}

/// The shapes and every bit of weights.
type Bits = Vec<(Vec<usize>, Vec<u32>)>;

/// What one run ends with: the weights, the optimizer, the log.
fn uninterrupted(folder: &Path) -> (Bits, String, Vec<String>) {
    let mut model = model();
    let log = folder.join("whole.csv");
    train(&mut model, vec![Box::new(Nothing), Box::new(Nothing)], log.clone()).unwrap();
    let optimizer = format!("{:?}", model.optimizer_variables().unwrap());
    (bits(&weights(&model)), optimizer, different_rows(&log))
}

/// The rows of a log, each once. An epoch is reported again if it was interrupted before its backup, but always with the
/// same scores.
fn different_rows(log: &Path) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for row in fs::read_to_string(log).unwrap().lines() {
        if !rows.iter().any(|other| other == row) {
            rows.push(row.to_owned());
        }
    }
    rows
}

#[test]
fn checkpoints_have_the_names_of_an_uninterrupted_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = |left: usize| {
        let backup = BackupAndRestore::new(folder.path().join("backup")).save_freq(Frequency::Batches(1));
        let name = folder.path().join("models/{epoch}-{batch}.keras");
        let checkpoint = ModelCheckpoint::new(name.to_str().unwrap()).save_freq(Frequency::Batches(3));
        let callbacks: Vec<Box<dyn Callback>> =
            vec![Box::new(backup), Box::new(checkpoint), Box::new(Interrupt { left })];
        let result = train(&mut model(), callbacks, folder.path().join("log.csv"));
        let files = fs::read_dir(folder.path().join("models")).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        fs::remove_dir_all(folder.path().join("models")).unwrap();
        (result.is_ok(), names.join(" "))
    };
    // The sixth batch is the second of its epoch, and the backup is of the fifth.
    assert_eq!(run(6), (false, "1-3.keras 2-2.keras".to_owned()));
    assert_eq!(run(usize::MAX), (true, "2-2.keras 3-1.keras 3-4.keras 4-3.keras".to_owned()));
}

/// Stops the training after a number of batches.
struct Stop {
    left: usize,
}

impl Callback for Stop {
    fn on_train_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        self.left -= 1;
        if self.left == 0 {
            training.stop();
        }
        Ok(())
    }
}

/// Fails at the end of an epoch, or counts batches.
struct Last<'a> {
    fails: bool,
    batches: &'a Cell<usize>,
}

impl Callback for Last<'_> {
    fn on_train_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.batches.set(self.batches.get() + 1);
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, _: &mut Scores, _: &mut Training<'_>) -> Result<()> {
        if self.fails { Err(Error::data("interrupted")) } else { Ok(()) }
    }
}

#[test]
fn a_run_that_was_stopped_in_an_epoch_trains_no_more_when_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let batches = Cell::new(0);
    let run = |left: usize, fails: bool| {
        batches.set(0);
        let backup = BackupAndRestore::new(folder.path().join("backup")).save_freq(Frequency::Batches(1));
        let callbacks: Vec<Box<dyn Callback + '_>> =
            vec![Box::new(backup), Box::new(Stop { left }), Box::new(Last { fails, batches: &batches })];
        let mut model = model();
        let result = train(&mut model, callbacks, folder.path().join("log.csv"));
        (result, weights(&model), batches.get())
    };
    let (failed, stopped, done) = run(2, true);
    assert!(failed.is_err() && done == 2);
    let (history, resumed, done) = run(usize::MAX, false);
    assert_eq!((history.unwrap().epoch().len(), done), (1, 0));
    assert_eq!(bits(&resumed), bits(&stopped));
}

#[test]
fn a_run_that_fails_anywhere_ends_as_one_that_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, optimizer, log) = uninterrupted(folder.path());
    for frequency in [Frequency::Epoch, Frequency::Batches(1), Frequency::Batches(3)] {
        for left in 1..=EPOCHS * STEPS {
            let run = folder.path().join(format!("{frequency:?} {left}"));
            fs::create_dir(&run).unwrap();
            let backup = || Box::new(BackupAndRestore::new(run.join("backup")).save_freq(frequency));
            let interrupted = train(&mut model(), vec![Box::new(Interrupt { left }), backup()], run.join("log.csv"));
            assert!(interrupted.unwrap_err().to_string().contains("interrupted"), "{frequency:?}, {left}");

            let mut model = model();
            train(&mut model, vec![Box::new(Nothing), backup()], run.join("log.csv")).unwrap();
            assert_eq!(bits(&weights(&model)), expected, "{frequency:?}, {left}");
            assert_eq!(format!("{:?}", model.optimizer_variables().unwrap()), optimizer, "{frequency:?}, {left}");
            assert!(!run.join("backup").exists(), "the backup is deleted at the end");
            // The scores of an epoch that was resumed in its middle are those of all its batches, too.
            assert_eq!(different_rows(&run.join("log.csv")), log, "{frequency:?}, {left}");
        }
    }
}

/// Interrupts the run as Ctrl-C does, after so many batches of training or of validation.
struct CtrlC {
    training: usize,
    validation: usize,
}

impl Callback for CtrlC {
    fn on_train_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        self.training -= 1;
        if self.training == 0 {
            training.interrupt();
        }
        Ok(())
    }

    fn on_test_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        self.validation -= 1;
        if self.validation == 0 {
            training.interrupt();
        }
        Ok(())
    }
}

#[test]
fn a_run_that_is_interrupted_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, optimizer, log) = uninterrupted(folder.path());
    // 7 samples in batches of 6.
    let in_validation = (1..=EPOCHS * 2).map(|validation| CtrlC { training: usize::MAX, validation });
    let in_training = (1..=EPOCHS * STEPS).map(|training| CtrlC { training, validation: usize::MAX });
    for (number, press) in in_training.chain(in_validation).enumerate() {
        let run = folder.path().join(number.to_string());
        fs::create_dir(&run).unwrap();
        let frequency = [Frequency::Epoch, Frequency::Batches(3)][number / 2 % 2];
        let backup = BackupAndRestore::new(run.join("backup")).save_freq(frequency);
        let run = |other: Box<dyn Callback>, log: &str| {
            let mut callbacks = vec![other, Box::new(backup.clone().delete_checkpoint(number % 3 > 0)) as _];
            if number % 2 == 0 {
                callbacks.reverse();
            }
            let mut model = model();
            let history = train(&mut model, callbacks, run.join(log)).unwrap();
            (history, model)
        };
        let (history, _) = run(Box::new(press), "first.csv");
        assert!(!history.epoch().is_empty(), "{number}: the epoch is reported");
        let (_, model) = run(Box::new(Nothing), "second.csv");
        assert_eq!(bits(&weights(&model)), expected, "{number}");
        assert_eq!(format!("{:?}", model.optimizer_variables().unwrap()), optimizer, "{number}");
        let rows = different_rows(&folder.path().join(number.to_string()).join("second.csv"));
        assert!(rows.len() > 1 && log.ends_with(&rows[1..]), "{number}: {rows:?}");
    }
}

#[test]
fn a_run_that_has_ended_does_not_train_again() {
    let folder = tempfile::tempdir().unwrap();
    let keep = || Box::new(BackupAndRestore::new(folder.path().join("backup")).delete_checkpoint(false));
    let mut first = model();
    train(&mut first, vec![keep()], folder.path().join("log.csv")).unwrap();
    let mut second = model();
    let history = train(&mut second, vec![keep()], folder.path().join("log.csv")).unwrap();
    assert_eq!(history.epoch(), [] as [usize; 0]);
    assert_eq!(bits(&weights(&second)), bits(&weights(&first)));
    // Other programs read the weights, too.
    let mut third = model();
    third.load_weights(folder.path().join("backup/latest.weights.h5")).unwrap();
    assert_eq!(third.iterations(), EPOCHS * STEPS);
}

#[test]
fn a_damaged_backup_is_an_error_or_the_one_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, ..) = uninterrupted(folder.path());
    let log = || folder.path().join("log.csv");
    let backup = |double| Box::new(BackupAndRestore::new(folder.path().join("backup")).double_checkpoint(double));
    let latest = folder.path().join("backup/latest.weights.h5");

    let interrupted = train(&mut model(), vec![Box::new(Interrupt { left: 10 }), backup(true)], log());
    assert!(interrupted.is_err());
    fs::write(&latest, "damaged").unwrap();
    let mut resumed = model();
    let (result, printed) =
        horn::callbacks::capture(|| train(&mut resumed, vec![Box::new(Nothing), backup(true)], log()));
    result.unwrap();
    assert!(printed.starts_with("warning: the latest backup can't be read, so the one before it is used"), "{printed}");
    assert_eq!(bits(&weights(&resumed)), expected);

    fs::create_dir_all(folder.path().join("backup")).unwrap();
    fs::write(&latest, "damaged").unwrap();
    let mut model = model();
    let before = bits(&weights(&model));
    let error = train(&mut model, vec![Box::new(Nothing), backup(false)], log()).unwrap_err();
    assert!(error.is_file(), "{error}");
    assert_eq!(bits(&weights(&model)), before);
}

#[test]
fn a_backup_of_another_run_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let log = || folder.path().join("log.csv");
    let backup = || Box::new(BackupAndRestore::new(folder.path().join("backup")));
    train(&mut model(), vec![Box::new(Interrupt { left: 10 }), backup()], log()).unwrap_err();
    // Other callbacks.
    let error = train(&mut model(), vec![backup()], log()).unwrap_err();
    assert_eq!(error.location(), Some("callbacks"), "{error}");
    // Another model.
    let mut other = Sequential::new().add(Input([6, 6, 1])).add(Flatten()).add(Dense(2));
    other = other.add(Dropout(0.1));
    let mut other = other.compile(Adam::new(0.05), MeanSquaredError::new(), ()).unwrap();
    let error = train(&mut other, vec![Box::new(Nothing), backup()], log()).unwrap_err();
    assert!(error.to_string().contains("the file has other weights than the layer"), "{error}");
    // A file that is none.
    model().save_weights(folder.path().join("backup/latest.weights.h5")).unwrap();
    let error = train(&mut model(), vec![Box::new(Nothing), backup()], log()).unwrap_err();
    assert!(error.to_string().contains("is not a backup of a training"), "{error}");
}

#[test]
fn impossible_folders_are_errors_before_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let log = || folder.path().join("log.csv");
    let mut model = model();
    for (callback, expected) in [
        (BackupAndRestore::new(""), "BackupAndRestore: backup_dir: there is no folder for the backup"),
        (BackupAndRestore::new(file.join("backup")), "the folder cannot be made"),
        (
            BackupAndRestore::new(folder.path()).save_freq(Frequency::Batches(0)),
            "the number of batches must be at least 1",
        ),
    ] {
        let before = bits(&weights(&model));
        let error = train(&mut model, vec![Box::new(callback)], log()).unwrap_err();
        assert!(error.to_string().contains(expected) && error.to_string().contains("Hint: "), "{error}");
        assert_eq!(bits(&weights(&model)), before);
    }
}

/// The folder in which the program that is killed trains.
const VICTIM: &str = "HORN_TEST_TRAIN_UNTIL_KILLED";
/// How many kills there are; a few by default.
const KILLS: &str = "HORN_TEST_KILLS";

/// Waits after each batch, so that a kill may come anywhere.
struct Slow;

impl Callback for Slow {
    fn on_train_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        thread::sleep(Duration::from_millis(15));
        Ok(())
    }
    fn on_epoch_end(&mut self, _: usize, _: &mut Scores, _: &mut Training<'_>) -> Result<()> {
        thread::sleep(Duration::from_millis(15));
        Ok(())
    }
}

#[test]
#[ignore = "no test of its own: the next one starts and kills it"]
fn trains_until_it_is_killed() {
    let Some(folder) = std::env::var_os(VICTIM).map(PathBuf::from) else { return };
    let mut model = model();
    let frequency = if folder.ends_with("epoch") { Frequency::Epoch } else { Frequency::Batches(1) };
    let backup = BackupAndRestore::new(folder.join("backup")).save_freq(frequency);
    train(&mut model, vec![Box::new(Slow), Box::new(backup)], folder.join("log.csv")).unwrap();
    model.save_weights(folder.join("done.weights.h5")).unwrap();
}

#[test]
fn a_run_that_is_killed_ends_as_one_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, _, log) = uninterrupted(folder.path());
    let wanted: usize = std::env::var(KILLS).map_or(6, |kills| kills.parse().unwrap());
    let (mut kills, mut midway, mut runs, mut state) = (0, 0, 0, 1_u64);
    while kills < wanted {
        let run = folder.path().join(runs.to_string()).join(["epoch", "batch"][runs % 2]);
        fs::create_dir_all(&run).unwrap();
        runs += 1;
        loop {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "backups::trains_until_it_is_killed", "--ignored", "--test-threads=1"])
                .env(VICTIM, &run)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Up to half a second, which is about the whole training.
            let patience = Duration::from_millis(50 + (state >> 32) % 450);
            let start = std::time::Instant::now();
            let ended = loop {
                match child.try_wait().unwrap() {
                    Some(status) => break Some(status),
                    None if start.elapsed() > patience && kills < wanted => break None,
                    None => thread::sleep(Duration::from_millis(1)),
                }
            };
            match ended {
                Some(status) => {
                    assert!(status.success(), "the training failed in {}", run.display());
                    break;
                }
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    kills += 1;
                    midway += usize::from(run.join("backup/latest.weights.h5").exists());
                }
            }
        }
        let mut model = model();
        model.load_weights(run.join("done.weights.h5")).unwrap();
        assert_eq!(bits(&weights(&model)), expected, "run {runs}, after {kills} kills");
        assert_eq!(different_rows(&run.join("log.csv")), log, "run {runs}, after {kills} kills");
    }
    println!("{kills} kills of {runs} runs, {midway} of them after a backup");
    assert!(midway > kills / 4, "only {midway} of {kills} kills came after a backup");
}
