//! `horn evaluate`: the scores are Keras's.

use std::process::{Command, Stdio};
use std::{fs, str};

use horn::prelude::*;

use crate::npy::{floats, npy};
use crate::{Folder, assert_close, error, fixture, horn, json, keras, numbers, orbit, small, stdout};

/// A unit vector of each batch: with one sample in each, all outputs are 1.
#[test]
fn evaluates_in_batches_of_the_size_that_is_asked_for() {
    let folder = Folder::new();
    let one = Dense(1).use_bias(false).kernel_initializer(Ones::new());
    let layers = Sequential::new().add(Input([1])).add(one).add(UnitNormalization().axis(0));
    let model = folder.path("unit.keras");
    layers.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap().save(&model).unwrap();
    let x = folder.put("x.npy", &npy("<f4", false, "(4, 1)", &floats(&[3.0, 4.0, 4.0, 3.0])));
    let y = folder.put("y.npy", &npy("<f4", false, "(4, 1)", &floats(&[0.0; 4])));
    for (batch_size, loss) in [("1", 1.0), ("2", 0.5), ("4", 0.25)] {
        let scores = json(&["evaluate", &model, &x, &y, "--batch-size", batch_size]);
        assert_close(&numbers(&scores["loss"]), &[loss]);
    }
    let (code, text) = error(&["evaluate", &model, &x, &y, "--batch-size", "0"]);
    assert!(code == 2 && text.contains("--batch-size"), "{text}");
}

#[test]
fn evaluates_as_keras_does() {
    let (model, x, y) = (fixture("cli/two.keras"), fixture("cli/two_x.npz"), fixture("cli/two_y.npz"));
    let shown = stdout(&["evaluate", &model, &x, &y]);
    let loss: f32 = shown.lines().find_map(|line| line.strip_prefix("loss: ")).unwrap().parse().unwrap();
    assert_close(&[loss], &keras("cli/two_predicted.npz", "loss", 1));
    assert_close(&numbers(&json(&["evaluate", &model, &x, &y])["loss"]), &[loss]);

    let (code, text) = error(&["evaluate", &model, &x, &y, "--max-memory", "16"]);
    assert!(code == 1 && text.contains("more memory than is allowed"), "{text}");
    let (code, text) = error(&["evaluate", &fixture("cli/nested.keras"), &x, &y]);
    assert_eq!(code, 1);
    assert!(text.contains("the model was saved without being compiled"), "{text}");
}

/// On a terminal, a line counts the seconds of the computation and is erased at the end. `script` provides a terminal.
#[cfg(target_os = "linux")]
#[test]
fn evaluating_shows_that_it_goes_on() {
    let folder = Folder::new();
    let (horn, model, scores) = (env!("CARGO_BIN_EXE_horn"), small(), folder.path("scores"));
    let mut samples = 5_000;
    // Computations of less than half a second show no line.
    let shown = loop {
        let x = folder.put("x.npy", &npy("|u1", false, &format!("({samples}, 3)"), &vec![1; 3 * samples]));
        let y = folder.put("y.npy", &npy("|u1", false, &format!("({samples}, 2)"), &vec![1; 2 * samples]));
        let line = format!("'{horn}' evaluate '{model}' '{x}' '{y}' --batch-size 1 > '{scores}'");
        let output = Command::new("script").args(["-q", "-e", "-c", &line, "/dev/null"]).stdin(Stdio::null()).output();
        let output = output.expect("`script` is installed");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{shown}");
        assert!(fs::read_to_string(&scores).unwrap().starts_with("loss: "));
        if !shown.is_empty() {
            break shown;
        }
        samples *= 2;
        assert!(samples < 10_000_000, "nothing is shown");
    };
    let lines: Vec<&str> = shown.strip_suffix("\r\x1b[K").unwrap().split('\r').collect();
    assert_eq!(lines[0], "", "{shown:?}");
    for line in &lines[1..] {
        let seconds = line.strip_prefix(&format!("{samples} samples, ")).and_then(|line| line.strip_suffix(" s"));
        assert!(seconds.unwrap().parse::<f64>().unwrap() >= 0.5, "{shown:?}");
    }
    assert!(lines.len() > 1, "{shown:?}");
}

#[test]
fn evaluation_needs_no_optimizer() {
    let folder = Folder::new();
    let x = folder.put("x.npy", &npy("|u1", false, "(2, 3)", &[0, 1, 2, 3, 4, 5]));
    let y = folder.put("y.npy", &npy("|u1", false, "(2, 2)", &[1, 0, 2, 3]));
    let known = stdout(&["evaluate", &small(), &x, &y]);
    let output = horn(&["evaluate", &orbit(&folder), &x, &y]);
    assert!(output.status.success());
    assert_eq!(str::from_utf8(&output.stdout).unwrap(), known);
    let warning = str::from_utf8(&output.stderr).unwrap();
    assert!(warning.starts_with("warning: the optimizer is left out") && warning.contains("\"Orbit\""), "{warning}");
    assert_eq!(warning.lines().count(), 1, "{warning}");
}
