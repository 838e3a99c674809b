//! Runs the command as scripts do, and checks its output, its files and its exit codes.

#[path = "common/npy.rs"]
mod npy;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{fs, str};

use horn::prelude::*;
use npy::{floats, npy};
use serde_json::Value;

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keras/fixtures");
    folder.join(name).to_str().unwrap().to_owned()
}

fn small() -> String {
    fixture("files/small.keras")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_horn"));
    command.args(arguments).env("COLUMNS", "80").env_remove("HORN_DEVICE");
    command
}

fn horn(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The output of a command that succeeds.
fn stdout(arguments: &[&str]) -> String {
    let output = horn(arguments);
    let errors = str::from_utf8(&output.stderr).unwrap();
    assert!(output.status.success() && errors.is_empty(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(&[arguments, &["--json"]].concat())).unwrap()
}

/// The exit code and the single error line of a command that fails.
fn error(arguments: &[&str]) -> (i32, String) {
    let output = horn(arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text.trim_end().to_owned())
}

/// A folder for the files of a test. Its paths are strings.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// The floats at the end of a `.npy` file.
fn values(bytes: &[u8], count: usize) -> Vec<f32> {
    let all = bytes[bytes.len() - 4 * count..].chunks_exact(4);
    all.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// The values of an array of floats that Keras computed, by the array's name.
fn keras(name: &str, array: &str, count: usize) -> Vec<f32> {
    let mut zip = zip::ZipArchive::new(fs::File::open(fixture(name)).unwrap()).unwrap();
    let mut bytes = Vec::new();
    zip.by_name(&format!("{array}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    values(&bytes, count)
}

fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().unwrap() as f32],
    }
}

fn assert_close(ours: &[f32], keras: &[f32]) {
    assert_eq!(ours.len(), keras.len());
    for (ours, keras) in ours.iter().zip(keras) {
        assert!((ours - keras).abs() <= 1e-5 * keras.abs().max(1.0), "{ours} for {keras}");
    }
}

#[test]
fn summary_is_keras_s() {
    assert_eq!(
        stdout(&["summary", &small()]),
        "\
Model: \"small\"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ x (InputLayer)                  │ (None, 3)              │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ hidden (Dense)                  │ (None, 4)              │            16 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ scores (Dense)                  │ (None, 2)              │            10 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 80 (320.00 B)
 Trainable params: 26 (104.00 B)
 Non-trainable params: 0 (0.00 B)
 Optimizer params: 54 (216.00 B)
"
    );
    let nested = fixture("cli/nested.keras");
    assert!(!stdout(&["summary", &nested]).contains("squeeze"));
    assert!(stdout(&["summary", &nested, "--expand-nested"]).contains("│    └ squeeze        │ (None, 2)"));
    assert_eq!(json(&["summary", &nested])["outputs"][0]["name"], "decoder");
    let summary = json(&["summary", &nested]);
    assert_eq!(summary["inputs"], serde_json::json!([{"name": "signal", "shape": [null, 4]}]));
    assert_eq!(summary["layers"][1]["layers"][1]["name"], "squeeze");
    assert_eq!(summary["layers"][3]["inputs"], serde_json::json!(["signal", "decoder"]));
    assert_eq!(summary["params"]["total"], 22);
    assert_eq!(summary["params"]["optimizer"], Value::Null);
}

#[test]
fn predictions_are_keras_s() {
    let folder = Folder::new();
    let (model, x) = (fixture("cli/two.keras"), fixture("cli/two_x.npz"));
    let predicted = json(&["predict", &model, &x]);
    assert_close(&numbers(&predicted["kind"]), &keras("cli/two_predicted.npz", "kind", 12));
    assert_close(&numbers(&predicted["value"]), &keras("cli/two_predicted.npz", "value", 4));
    // In batches, and to a file.
    let out = folder.path("out.npz");
    assert_eq!(stdout(&["predict", &model, &x, "--output", &out, "--batch-size", "3"]), "");
    let mut zip = zip::ZipArchive::new(fs::File::open(&out).unwrap()).unwrap();
    let mut bytes = Vec::new();
    zip.by_name("kind.npy").unwrap().read_to_end(&mut bytes).unwrap();
    assert_close(&values(&bytes, 12), &keras("cli/two_predicted.npz", "kind", 12));
    assert_eq!(zip.len(), 2);
}

/// Strings as `numpy.save` writes them, and the outputs of Keras on TensorFlow.
#[test]
fn texts_are_read_by_models_of_texts() {
    let folder = Folder::new();
    let model = fixture("files/models/reviews.keras");
    let content: Value =
        serde_json::from_str(&fs::read_to_string(fixture("files/models/reviews.json")).unwrap()).unwrap();
    let texts: Vec<&str> = content["x"][0]["texts"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let longest = texts.iter().map(|text| text.chars().count()).max().unwrap();
    let characters = texts.iter().flat_map(|text| text.chars().chain(std::iter::repeat('\0')).take(longest));
    let characters: Vec<u8> = characters.flat_map(|character| u32::from(character).to_le_bytes()).collect();
    let descr = format!("<U{longest}");
    let expected = numbers(&content["y"][0]["data"]);
    for shape in [format!("({}, 1)", texts.len()), format!("({},)", texts.len())] {
        let (x, out) = (folder.put("x.npy", &npy(&descr, false, &shape, &characters)), folder.path("out.npy"));
        stdout(&["predict", &model, &x, "-o", &out, "--batch-size", "5"]);
        assert_close(&values(&fs::read(&out).unwrap(), texts.len()), &expected);
    }
    let x = folder.put("numbers.npy", &npy("<f4", false, "(1, 1)", &floats(&[1.0])));
    let (code, said) = error(&["predict", &model, &x]);
    assert_eq!(code, 1);
    assert!(said.contains("the model takes strings; received numbers of shape (1, 1)"), "{said}");
    json(&["bench", &model, "--seconds", "0.01"]);
}

#[test]
fn arrays_go_by_keys_or_by_the_names_of_layers() {
    let folder = Folder::new();
    let (model, x) = (fixture("cli/keyed.keras"), fixture("cli/keyed_x.npz"));
    let predicted = json(&["predict", &model, &x]);
    assert_close(&numbers(&predicted["price"]), &keras("cli/keyed_predicted.npz", "price", 4));
    assert_close(&numbers(&predicted["sort"]), &keras("cli/keyed_predicted.npz", "sort", 8));
    assert_eq!(json(&["predict", &model, &fixture("cli/keyed_x_by_layers.npz")]), predicted);
    let loss = json(&["evaluate", &model, &x, &fixture("cli/keyed_y.npz")]);
    assert_close(&numbers(&loss["loss"]), &keras("cli/keyed_predicted.npz", "loss", 1));
    // The predictions can serve as the expected outputs.
    let out = folder.path("out.npz");
    stdout(&["predict", &model, &x, "-o", &out]);
    assert_eq!(json(&["evaluate", &model, &x, &out])["loss"], 0.0);

    let (code, text) = error(&["predict", &model, &fixture("cli/two_x.npz")]);
    assert_eq!(code, 1);
    assert!(text.contains("received words, price, expected d, w") || text.contains("expected w, d"), "{text}");
}

#[test]
fn all_outputs_of_a_layer_are_there() {
    let folder = Folder::new();
    let (model, x, out) = (fixture("cli/states.keras"), fixture("cli/states_x.npz"), folder.path("out.npz"));
    let predicted = json(&["predict", &model, &x]);
    stdout(&["predict", &model, &x, "-o", &out]);
    let mut zip = zip::ZipArchive::new(fs::File::open(&out).unwrap()).unwrap();
    for name in ["lstm", "lstm_1", "lstm_2"] {
        let expected = keras("cli/states_predicted.npz", name, 4);
        assert_close(&numbers(&predicted[name]), &expected);
        let mut bytes = Vec::new();
        zip.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
        assert_close(&values(&bytes, 4), &expected);
    }
    assert_eq!(predicted.as_object().unwrap().len(), 3);
}

#[test]
fn predicts_many_samples_as_it_does_each() {
    let folder = Folder::new();
    let all: Vec<f32> = (0..300).map(|at| (at as f32).sin()).collect();
    let (x, out) = (folder.put("x.npy", &npy("<f4", false, "(100, 3)", &floats(&all))), folder.path("out.npy"));
    stdout(&["predict", &small(), &x, "-o", &out, "--batch-size", "3"]);
    let together = values(&fs::read(&out).unwrap(), 200);
    for sample in [0, 23, 24, 99] {
        let one = folder.put("one.npy", &npy("<f4", false, "(1, 3)", &floats(&all[3 * sample..][..3])));
        let alone = json(&["predict", &small(), &one]);
        assert_close(&together[2 * sample..][..2], &numbers(&alone["scores"]));
    }
    let none = folder.put("none.npy", &npy("<f4", false, "(0, 3)", &[]));
    assert_eq!(json(&["predict", &small(), &none]), serde_json::json!({"scores": []}));
}

#[test]
fn arrays_of_any_dtype_are_read() {
    let folder = Folder::new();
    let expected = json(&[
        "predict",
        &small(),
        &folder.put("x.npy", &npy("<f4", false, "(2, 3)", &floats(&[0.0, 1.0, 0.0, 1.0, 1.0, 0.0]))),
    ]);
    let bits = [0, 1, 0, 1, 1, 0_u8];
    let wide = |to: &dyn Fn(u8) -> Vec<u8>| bits.iter().flat_map(|&bit| to(bit)).collect::<Vec<u8>>();
    for (descr, bytes) in [
        ("|b1", bits.to_vec()),
        ("|u1", bits.to_vec()),
        ("|i1", bits.to_vec()),
        ("<u2", wide(&|bit| u16::from(bit).to_le_bytes().to_vec())),
        ("<i2", wide(&|bit| i16::from(bit).to_le_bytes().to_vec())),
        ("<f2", wide(&|bit| (u16::from(bit) * 0x3c00).to_le_bytes().to_vec())),
        ("<i4", wide(&|bit| i32::from(bit).to_le_bytes().to_vec())),
        ("<u4", wide(&|bit| u32::from(bit).to_le_bytes().to_vec())),
        ("<i8", wide(&|bit| i64::from(bit).to_le_bytes().to_vec())),
        ("<u8", wide(&|bit| u64::from(bit).to_le_bytes().to_vec())),
        ("<f8", wide(&|bit| f64::from(bit).to_le_bytes().to_vec())),
        (">f4", wide(&|bit| f32::from(bit).to_be_bytes().to_vec())),
        (">i8", wide(&|bit| i64::from(bit).to_be_bytes().to_vec())),
    ] {
        let x = folder.put("x.npy", &npy(descr, false, "(2, 3)", &bytes));
        assert_eq!(json(&["predict", &small(), &x]), expected, "{descr}");
    }
    let columns = folder.put("x.npy", &npy("<f4", true, "(2, 3)", &floats(&[0.0, 1.0, 1.0, 1.0, 0.0, 0.0])));
    assert_eq!(json(&["predict", &small(), &columns]), expected);
}

#[test]
fn shows_arrays_shortly() {
    let folder = Folder::new();
    let x = folder.put("x.npy", &npy("|u1", false, "(1000, 3)", &[1; 3000]));
    let shown = stdout(&["predict", &small(), &x]);
    assert!(shown.starts_with("scores: float32 (1000, 2)\n[["), "{shown}");
    assert!(shown.contains("...") && shown.lines().count() < 200, "{shown}");
}

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
fn endings_may_have_large_letters() {
    let folder = Folder::new();
    let x = folder.put("x.npy", &npy("|u1", false, "(1, 3)", &[1, 2, 3]));
    for name in ["m.KERAS", "m.H5", "m.Weights.H5", "m.SafeTensors"] {
        stdout(&["convert", &small(), &folder.path(name)]);
    }
    let expected = json(&["predict", &small(), &x]);
    for name in ["m.KERAS", "m.H5"] {
        assert_eq!(json(&["predict", &folder.path(name), &x]), expected, "{name}");
    }
    assert!(error(&["summary", &folder.path("m.Weights.H5")]).0 == 1, "the file has weights alone");
    for name in ["y.NPY", "y.NPZ"] {
        stdout(&["predict", &small(), &x, "-o", &folder.path(name)]);
        assert!(fs::metadata(folder.path(name)).is_ok());
    }
    stdout(&["plot", &small(), "-o", &folder.path("m.SVG")]);
    assert!(fs::read_to_string(folder.path("m.SVG")).unwrap().contains("<svg"));
}

#[test]
fn converts_there_and_back() {
    let folder = Folder::new();
    for model in [small(), fixture("cli/two.keras"), fixture("cli/nested.keras")] {
        // If the optimizer has made no step, Keras's file has fewer variables than Horn's.
        let is_trained = model == small();
        let tensors = |file: &str| {
            let all = json(&["inspect", file])["tensors"].as_array().unwrap().clone();
            let all = all.into_iter();
            all.filter(|it| is_trained || !it["path"].as_str().unwrap().starts_with("optimizer")).collect::<Vec<_>>()
        };
        let original = tensors(&model);
        let original_summary = json(&["summary", &model]);
        for weights in ["m.weights.h5", "m.safetensors"] {
            let (weights, again) = (folder.path(weights), folder.path("again.keras"));
            stdout(&["convert", &model, &weights]);
            // The model's own weights, which are replaced.
            stdout(&["convert", &weights, &again, "--model", &model]);
            assert_eq!(tensors(&again), original, "{weights}");
        }
        let (legacy, again) = (folder.path("m.h5"), folder.path("again.keras"));
        stdout(&["convert", &model, &legacy]);
        stdout(&["convert", &legacy, &again]);
        assert_eq!(tensors(&again), original);
        assert_eq!(json(&["summary", &again]), original_summary);
    }
    // The values come from the first file, not from the model.
    let changed = folder.path("changed.safetensors");
    stdout(&["convert", &small(), &changed]);
    let mut bytes = fs::read(&changed).unwrap();
    let end = bytes.len();
    bytes[end - 32..].fill(0);
    fs::write(&changed, bytes).unwrap();
    let (again, x) = (folder.path("zeros.keras"), folder.put("x.npy", &npy("|u1", false, "(1, 3)", &[1, 2, 3])));
    stdout(&["convert", &changed, &again, "--model", &small()]);
    assert_ne!(json(&["predict", &again, &x]), json(&["predict", &small(), &x]));
}

#[test]
fn inspects_all_kinds_of_files() {
    assert_eq!(
        stdout(&["inspect", &small()]).lines().take(2).collect::<Vec<_>>(),
        ["layers/dense/vars/0    (3, 4)  float32  48 B", "layers/dense/vars/1    (4,)    float32  16 B"]
    );
    let folder = Folder::new();
    let weights = folder.path("w.safetensors");
    stdout(&["convert", &small(), &weights]);
    assert_eq!(
        stdout(&["inspect", &weights]),
        "\
hidden/bias    (4,)    float32  16 B
hidden/kernel  (3, 4)  float32  48 B
scores/bias    (2,)    float32   8 B
scores/kernel  (4, 2)  float32  32 B
4 tensors, 26 values, 104 B
"
    );
    for file in ["files/small.h5", "files/small.weights.h5"] {
        assert_eq!(json(&["inspect", &fixture(file)])["values"], 80, "{file}");
    }
    assert_eq!(json(&["inspect", &weights])["tensors"][1]["shape"], serde_json::json!([3, 4]));
}

#[test]
fn safetensors_may_begin_as_zips_do() {
    let folder = Folder::new();
    let weights = folder.path("w.safetensors");
    stdout(&["convert", &small(), &weights]);
    let listed = stdout(&["inspect", &weights]);
    let bytes = fs::read(&weights).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    // Pads the header with spaces to a length whose first bytes are "PK".
    let mut longer = 19_280_u64.to_le_bytes().to_vec();
    longer.extend(&bytes[8..8 + length]);
    longer.resize(8 + 19_280, b' ');
    longer.extend(&bytes[8 + length..]);
    assert!(longer.starts_with(b"PK"));
    assert_eq!(stdout(&["inspect", &folder.put("w.safetensors", &longer)]), listed);
}

/// Opening a pipe blocks until another process opens it for writing.
#[cfg(unix)]
#[test]
fn pipes_are_no_files() {
    let folder = Folder::new();
    let pipe = |name: &str| {
        let path = folder.path(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    };
    let (keras, h5, tensors, npy) = (pipe("m.keras"), pipe("m.h5"), pipe("m.safetensors"), pipe("x.npy"));
    let two = fixture("cli/two.keras");
    for arguments in [
        vec!["summary", &keras],
        vec!["summary", &h5],
        vec!["inspect", &tensors],
        vec!["predict", &small(), &npy],
        vec!["predict", &two, &npy, &npy],
        vec!["convert", &tensors, "m.keras", "--model", &small()],
    ] {
        let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let start = std::time::Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed().as_secs() >= 20 {
                child.kill().unwrap();
                panic!("{arguments:?} waits for a pipe");
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("it is not a file, but a folder, a pipe or a device"), "{arguments:?}: {text}");
    }
}

#[test]
fn draws_the_graph() {
    let folder = Folder::new();
    let (nested, svg) = (fixture("cli/nested.keras"), folder.path("m.svg"));
    assert_eq!(stdout(&["plot", &nested, "-o", &svg]), "");
    let drawn = fs::read_to_string(&svg).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains(">encoder<") && !drawn.contains(">squeeze<"));
    assert_eq!(stdout(&["plot", &nested]), drawn);
    assert!(stdout(&["plot", &nested, "--expand-nested"]).contains(">squeeze<"));
}

#[test]
fn measures() {
    let model = fixture("cli/two.keras");
    let shown = stdout(&["bench", &model, "--seconds", "0.01", "--batch-size", "1,4"]);
    assert_eq!(shown.lines().count(), 4, "{shown}");
    let measured = json(&["bench", &model, "--seconds", "0.01"]);
    let sizes: Vec<_> = measured["batches"].as_array().unwrap().iter().map(|batch| &batch["batch_size"]).collect();
    assert_eq!(sizes, [1, 8, 32, 128]);
    for batch in measured["batches"].as_array().unwrap() {
        let number = |key: &str| batch[key].as_f64().unwrap();
        assert!(0.0 < number("median_ms") && number("median_ms") <= number("p95_ms"), "{batch}");
        assert!(number("samples_per_second") > 0.0 && number("runs") >= 5.0, "{batch}");
    }
}

#[test]
fn what_is_wrong_with_files_and_data_is_said_in_one_line() {
    let folder = Folder::new();
    let two = fixture("cli/two.keras");
    let x = folder.put("x.npy", &npy("|u1", false, "(1, 4)", &[1; 4]));
    let text = folder.put("text.keras", b"no model");
    let none = folder.path("none.keras");
    let other = folder.put("other.npy", &npy("|O", false, "(1,)", &[0; 8]));
    let cut = folder.put("cut.keras", &fs::read(small()).unwrap()[..20_000]);
    for (arguments, expected) in [
        (vec!["summary", &none], "cannot be read"),
        (vec!["summary", &text], "is not a .keras file"),
        (vec!["summary", folder.0.path().to_str().unwrap()], "cannot be read"),
        (vec!["inspect", &cut], "is not a .keras file"),
        (vec!["predict", &small(), &x], "received (1, 4), expected (None, 3)"),
        (vec!["predict", &small(), &other], "no such dtype"),
        (vec!["predict", &small(), &text], "is not a NumPy array"),
        (vec!["predict", &small(), &none], "cannot be read"),
        (vec!["predict", &two, &x], "received 1 .npy files, expected 2: words, price"),
        (vec!["predict", &two, &fixture("cli/two_y.npz")], "there is no array for the input \"words\""),
        (vec!["predict", &small(), &two], "is not a .npz file"),
        (vec!["convert", &text, "m.h5"], "is not a .keras file"),
        (vec!["plot", &text], "is not a .keras file"),
        (vec!["bench", &text], "is not a .keras file"),
        (vec!["plot", &small(), "-o", "/no/such/folder/m.svg"], "cannot be written"),
    ] {
        let (code, text) = error(&arguments);
        assert_eq!(code, 1, "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.lines().count() == 1, "{arguments:?}: {text}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
}

#[test]
fn what_is_wrong_with_the_command_line_has_a_code_of_its_own() {
    let weights = fixture("files/small.weights.h5");
    let (small, two, x) = (small(), fixture("cli/two.keras"), fixture("cli/two_x.npz"));
    for arguments in [
        vec![],
        vec!["dance"],
        vec!["summary"],
        vec!["summary", &small, "--loud"],
        vec!["predict", &small, &x, "--batch-size", "0"],
        vec!["predict", &small, &x, "-o", "out.txt"],
        vec!["predict", &two, &x, "-o", "out.npy"],
        vec!["convert", &small, "m.onnx"],
        vec!["convert", &weights, "m.keras"],
        vec!["plot", &small, "-o", "m.png"],
        vec!["bench", &small, "--seconds", "nan"],
    ] {
        let (code, text) = error(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains("error: ") || arguments.is_empty(), "{arguments:?}: {text}");
    }
    assert!(!Path::new("out.npy").exists() && !PathBuf::from("m.keras").exists());
    let help = stdout(&["--help"]);
    for code in ["0  it is done", "1  a file or the data is wrong", "2  the command line is wrong"] {
        assert!(help.contains(code), "{help}");
    }
    assert!(stdout(&["--version"]).starts_with("horn "));
}

#[test]
fn what_was_done_is_json_too() {
    let folder = Folder::new();
    let (again, svg, weights) = (folder.path("again.keras"), folder.path("m.svg"), folder.path("w.safetensors"));
    let converted = json(&["convert", &small(), &again]);
    let bytes = fs::metadata(&again).unwrap().len();
    let expected = serde_json::json!({
        "file": again, "bytes": bytes, "weights_only": false, "compiled": true, "params": 26,
    });
    assert_eq!(converted, expected);
    assert_eq!(json(&["convert", &small(), &again, "--uncompiled"])["compiled"], false);
    assert_eq!(json(&["convert", &small(), &weights])["weights_only"], true);
    assert_eq!(json(&["plot", &small(), "-o", &svg]), serde_json::json!({"file": svg}));
    assert_eq!(json(&["plot", &small()])["svg"], fs::read_to_string(&svg).unwrap());
}

/// A compiled model whose optimizer Horn does not have.
fn orbit(folder: &Folder) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(small()).unwrap()).unwrap();
    let path = folder.path("orbit.keras");
    let mut written = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for at in 0..zip.len() {
        let mut member = zip.by_index(at).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        if name == "config.json" {
            bytes = String::from_utf8(bytes).unwrap().replace("\"Adam\"", "\"Orbit\"").into_bytes();
        }
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        written.start_file(name, stored).unwrap();
        written.write_all(&bytes).unwrap();
    }
    written.finish().unwrap();
    path
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

/// The state of an optimizer is never dropped silently.
#[test]
fn a_model_with_another_optimizer_is_converted_when_that_is_said() {
    let folder = Folder::new();
    let orbit = orbit(&folder);
    for to in ["m.keras", "m.h5", "m.weights.h5"] {
        let to = folder.path(to);
        let (code, text) = error(&["convert", &orbit, &to]);
        assert_eq!(code, 1);
        assert!(
            text.contains("the model was compiled with what Horn does not have (") && text.contains("Orbit"),
            "{text}"
        );
        assert!(text.contains("Hint: leave that out by --uncompiled"), "{text}");
        assert!(!Path::new(&to).exists());
        stdout(&["convert", &orbit, &to, "--uncompiled"]);
        assert!(Path::new(&to).exists());
    }
    stdout(&["convert", &orbit, &folder.path("m.safetensors")]);
}

/// A header that declares terabytes is an error, and does not take long.
#[test]
fn corrupted_arrays_are_errors() {
    let folder = Folder::new();
    for (name, shape) in [("huge", "(1000000000000, 3)"), ("wrapping", "(4294967296, 4294967296, 3)")] {
        let x = folder.put(name, &npy("<f8", false, shape, &[0; 64]));
        let (code, text) = error(&["predict", &small(), &x]);
        assert_eq!(code, 1);
        assert!(text.contains("does not hold all of its values"), "{text}");
    }
    // A member whose declared size exceeds what its bytes can inflate to.
    let mut bytes = fs::read(fixture("cli/two_y.npz")).unwrap();
    let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes()[..4]);
    let (code, _) = error(&["predict", &small(), &folder.put("bomb.npz", &bytes)]);
    assert_eq!(code, 1);
    let whole = fs::read(fixture("cli/two_x.npz")).unwrap();
    for length in (0..whole.len()).step_by(37) {
        let (code, text) = error(&["predict", &fixture("cli/two.keras"), &folder.put("cut.npz", &whole[..length])]);
        assert_eq!(code, 1, "{length} bytes: {text}");
    }
}

/// `horn inspect … | head -1`
#[test]
fn a_reader_that_goes_away_is_not_a_failure() {
    let folder = Folder::new();
    // More than fits into the buffer of a pipe.
    let x = folder.put("x.npy", &npy("|u1", false, "(20000, 3)", &[1; 60_000]));
    let mut child =
        command(&["predict", &small(), &x, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(first, "{\n");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `numpy.load` refuses such a file, too.
#[test]
fn a_flipped_bit_in_an_array_is_an_error() {
    let folder = Folder::new();
    let mut bytes = fs::read(fixture("cli/two_x.npz")).unwrap();
    let values = keras("cli/two_x.npz", "price", 1);
    let at = bytes.windows(4).position(|four| four == values[0].to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    let (code, text) = error(&["predict", &fixture("cli/two.keras"), &folder.put("flip.npz", &bytes)]);
    assert_eq!(code, 1);
    assert!(text.contains("flip.npz\", \"price\": is damaged"), "{text}");
}

/// Also where the zip library would say something of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_in_one_line() {
    let folder = Folder::new();
    let x = folder.put("x.npy", &npy("|u1", false, "(2000, 3)", &[1; 6000]));
    for target in ["m.keras", "m.weights.h5", "m.h5", "m.safetensors", "out.npz", "out.npy"] {
        let horn = env!("CARGO_BIN_EXE_horn");
        let (model, to) = (small(), folder.path(target));
        let command = match target.starts_with("out") {
            true => format!("'{horn}' predict '{model}' '{x}' -o '{to}'"),
            false => format!("'{horn}' convert '{model}' '{to}'"),
        };
        // No file can grow.
        let limited = format!("trap '' XFSZ; ulimit -f 0; exec {command}");
        let output = Command::new("sh").args(["-c", &limited]).env_remove("HORN_DEVICE").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{target}: {text}");
        assert!(text.starts_with("error: ") && text.lines().count() == 1, "{target}: {text}");
        assert!(!Path::new(&to).exists());
    }
}
