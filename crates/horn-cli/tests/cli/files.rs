//! The commands that show files or write others: `summary`, `inspect`, `convert`, `plot`, `bench`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::npy::npy;
use crate::{Folder, error, fixture, json, orbit, small, stdout};

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
