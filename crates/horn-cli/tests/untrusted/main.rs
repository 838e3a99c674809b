//! Every command on small untrusted files that ask for much, or have names that a terminal would act upon: with 2 GB of
//! memory and 10 s of computing, each ends with a result, or with an error of one line.

#![cfg(target_os = "linux")]

mod files;
mod greedy;
#[path = "../common/npy.rs"]
mod npy;

use std::io::Cursor;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::{fs, str};

use horn_keras::archive::ArchiveWriter;
use horn_keras::arrays::{Array, Values};
use horn_keras::h5::WeightsWriter;
use horn_nn::printable::is_printable;
use npy::{floats, npy};
use serde_json::{Value, json};

/// Escape sequences, a C1 control, a mark that reverses what follows, and a line of its own.
const BAD_NAME: &str = "a\x1b[2J\x1b]0;t\x07\u{9b}31m\u{202e}b\r\nerror: c\u{7f}";

fn layer(class: &str, config: Value) -> Value {
    json!({"module": "keras.layers", "class_name": class, "config": config, "registered_name": null})
}

/// A list of layers after an input of this shape.
fn sequential(shape: &[usize], dtype: &str, layers: impl IntoIterator<Item = Value>) -> Value {
    let shape: Vec<Value> = std::iter::once(Value::Null).chain(shape.iter().map(|&size| size.into())).collect();
    let mut all = vec![layer("InputLayer", json!({"batch_shape": shape, "dtype": dtype, "name": "x"}))];
    all.extend(layers);
    json!({"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": all}})
}

/// A layer in a graph, with the names of the layers whose outputs each of its calls takes.
fn node(class: &str, name: &str, config: Value, calls: &[&[String]]) -> Value {
    let tensor = |from: &String| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [from, 0, 0]}});
    let args = |from: &[String]| match from {
        [one] => json!([tensor(one)]),
        several => json!([several.iter().map(tensor).collect::<Value>()]),
    };
    let nodes: Value = calls.iter().map(|from| json!({"args": args(from), "kwargs": {}})).collect();
    let mut config = config;
    config["name"] = name.into();
    json!({"module": "keras.layers", "class_name": class, "name": name, "config": config, "inbound_nodes": nodes})
}

fn graph(nodes: Vec<Value>, outputs: Value) -> Value {
    let mut all = vec![node("InputLayer", "x", json!({"batch_shape": [null, 4]}), &[])];
    all.extend(nodes);
    let config = json!({"name": "g", "layers": all, "input_layers": [["x", 0, 0]], "output_layers": outputs});
    json!({"module": "keras.src.models.functional", "class_name": "Functional", "config": config})
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn keras_file(object: &Value) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), "3.15.1").unwrap();
    archive.config(&object.to_string()).unwrap();
    archive.weights(WeightsWriter::new()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The model that calls another so many times, which does the same, at so many levels.
fn doubling(levels: usize, calls: usize) -> Value {
    let inner = |level: usize, inside: Option<Value>| {
        let mut nodes = Vec::new();
        let froms: Vec<Vec<String>> = (0..calls).map(|call| names(&[if call == 0 { "x" } else { "y" }])).collect();
        let mut nested = match inside {
            None => node("ReLU", "y", json!({}), &[&names(&["x"])]),
            Some(Value::Object(object)) => {
                let mut nested = node("Functional", "y", json!({}), &[]);
                nested["config"] = object["config"].clone();
                nested["config"]["name"] = "y".into();
                let tensor = |from: &str, call: usize| json!([{"class_name": "__keras_tensor__", "config": {"keras_history": [from, call, 0]}}]);
                nested["inbound_nodes"] = froms
                    .iter()
                    .enumerate()
                    .map(|(call, from)| json!({"args": tensor(&from[0], call.saturating_sub(1)), "kwargs": {}}))
                    .collect();
                nested
            }
            Some(_) => unreachable!("a model is an object"),
        };
        nested["name"] = "y".into();
        nodes.push(nested);
        let last = if level == 0 { 0 } else { calls - 1 };
        graph(nodes, json!([["y", last, 0]]))
    };
    (1..levels).fold(inner(0, None), |inside, level| inner(level, Some(inside)))
}

/// Runs the command with 2 GB of memory and 10 s of computing.
fn horn(arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -v 2000000; ulimit -t 10; ulimit -c 0; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_horn"),
    ]);
    command.args(arguments).env("COLUMNS", "80").env_remove("HORN_DEVICE").stdin(Stdio::null()).output().unwrap()
}

/// A result, or an error of one line, and nothing that a terminal acts upon. Returns the exit code and the error.
fn ends_well(arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = horn(arguments);
    let errors = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.signal(), None, "{arguments:?}: {errors}");
    let code = status.code().unwrap();
    assert!((0..=2).contains(&code), "{arguments:?}: {code}, {errors}");
    for text in [str::from_utf8(&stdout).expect("stdout is text"), &errors] {
        let bad = text.chars().find(|&letter| letter != '\n' && !is_printable(letter));
        assert_eq!(bad, None, "{arguments:?}: {:?}", &text[..text.len().min(2000)]);
    }
    match code {
        0 => assert!(errors.lines().all(|line| line.starts_with("warning: ")), "{arguments:?}: {errors}"),
        1 => {
            let lines: Vec<&str> = errors.lines().collect();
            let (last, before) = lines.split_last().unwrap();
            let warns = before.iter().all(|line| line.starts_with("warning: "));
            assert!(last.starts_with("error: ") && before.len() <= 1 && warns, "{arguments:?}: {errors}");
        }
        _ => assert!(errors.starts_with("error: "), "{arguments:?}: {errors}"),
    }
    if code == 0 && arguments.contains(&"--json") {
        // Models that are nested deeper than `serde_json` reads can be shown all the same.
        let parsed = serde_json::from_slice::<Value>(&stdout).map(drop).map_err(|error| error.to_string());
        assert!(
            parsed.clone().or_else(|error| if error.contains("recursion limit") { Ok(()) } else { Err(error) }).is_ok(),
            "{arguments:?}: {parsed:?}"
        );
    }
    (code, errors)
}

/// Runs every command on a file.
fn every_command(folder: &Path, file: &str, x: &str) {
    let to = |ending: &str| folder.join(format!("out{ending}")).to_str().unwrap().to_owned();
    let outputs = [".keras", ".h5", ".weights.h5", ".safetensors"].map(to);
    let (npz, svg) = (to(".npz"), to(".svg"));
    let mut all = vec![
        vec!["summary", file],
        vec!["summary", file, "--expand-nested", "--json"],
        vec!["inspect", file],
        vec!["inspect", file, "--json"],
        vec!["plot", file, "--expand-nested"],
        vec!["plot", file, "--json"],
        vec!["plot", file, "-o", &svg],
        vec!["predict", file, x],
        vec!["predict", file, x, "--json", "--batch-size", "1"],
        vec!["predict", file, x, "-o", &npz],
        vec!["predict", file, x, "--max-memory", "1M"],
        vec!["evaluate", file, x, x],
        vec!["bench", file, "--seconds", "0.001", "--batch-size", "2", "--open-size", "3"],
        vec!["convert", file, &npz, "--model", file],
    ];
    all.extend(outputs.iter().map(|output| vec!["convert", file, output.as_str()]));
    for arguments in all {
        ends_well(&arguments);
    }
}

#[test]
fn names_in_files_don_t_reach_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let x = put("x.npy", &npy("<f4", false, "(1, 4)", &floats(&[1.0; 4])));
    let mut named = sequential(&[4], "float32", [layer("ReLU", json!({"name": BAD_NAME}))]);
    let file = put("layer.keras", &keras_file(&named));
    every_command(folder.path(), &file, &x);
    let summary = horn(&["summary", &file]);
    assert!(String::from_utf8_lossy(&summary.stdout).contains("a\\u{1b}[2J"), "{summary:?}");
    let exact: Value = serde_json::from_slice(&horn(&["summary", &file, "--json"]).stdout).unwrap();
    assert_eq!(exact["layers"].as_array().unwrap().last().unwrap()["name"], BAD_NAME);
    named["config"]["name"] = BAD_NAME.into();
    named["config"]["layers"][1]["config"] = json!({"max_value": BAD_NAME});
    every_command(folder.path(), &put("argument.keras", &keras_file(&named)), &x);
    named["config"]["layers"][1]["class_name"] = BAD_NAME.into();
    every_command(folder.path(), &put("class.keras", &keras_file(&named)), &x);
    let outputs =
        vec![node("ReLU", BAD_NAME, json!({}), &[&names(&["x"])]), node("ReLU", "b", json!({}), &[&names(&["x"])])];
    let several = graph(outputs, json!([[BAD_NAME, 0, 0], ["b", 0, 0]]));
    every_command(folder.path(), &put("output.keras", &keras_file(&several)), &x);

    let mut weights = WeightsWriter::new();
    weights.dataset(&BAD_NAME.replace('/', "|"), Array::new(vec![1], Values::F32(vec![0.0])).unwrap()).unwrap();
    let mut bytes = Vec::new();
    weights.write(&mut bytes).unwrap();
    every_command(folder.path(), &put("w.weights.h5", &bytes), &x);
    let header = json!({BAD_NAME: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).to_string();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 4]].concat();
    let tensors = put("w.SAFETENSORS", &bytes);
    every_command(folder.path(), &tensors, &x);
    let listed: Value = serde_json::from_slice(&horn(&["inspect", &tensors, "--json"]).stdout).unwrap();
    assert_eq!(listed["tensors"][0]["path"], BAD_NAME);

    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(format!("{BAD_NAME}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, &npy("<f4", false, "(1, 4)", &floats(&[1.0; 4]))).unwrap();
    let arrays = put("x.npz", &zip.finish().unwrap().into_inner());
    every_command(folder.path(), &file, &arrays);
    ends_well(&["predict", &put("output.keras", &keras_file(&several)), &arrays]);
    // The names of files are untrusted, too.
    let strange = put(&BAD_NAME.replace('/', "|"), b"x");
    every_command(folder.path(), &strange, &strange);
    ends_well(&["summary", &file, BAD_NAME]);
    ends_well(&[BAD_NAME]);
}

#[test]
fn work_grows_no_faster_than_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, object: &Value| {
        let path = folder.path().join(name);
        fs::write(&path, keras_file(object)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let x = folder.path().join("x.npy");
    fs::write(&x, npy("<f4", false, "(1, 4)", &floats(&[1.0; 4]))).unwrap();
    let x = x.to_str().unwrap();

    let relu = || vec![node("ReLU", "y", json!({}), &[&names(&["x"])])];
    let outputs = put("outputs.keras", &graph(relu(), vec![json!(["y", 0, 0]); 10_000].into()));
    every_command(folder.path(), &outputs, x);

    let all: Vec<String> = std::iter::once("x".to_owned()).chain((0..60).map(|at| format!("l{at}"))).collect();
    let sums = (0..60).map(|at| node("Add", &all[at + 1], json!({}), &[&all[at.saturating_sub(30)..=at]]));
    let sums = sums.map(|mut sum| {
        // `l0` takes one tensor, which `Add` refuses.
        if sum["name"] == "l0" {
            sum = node("ReLU", "l0", json!({}), &[&names(&["x"])]);
        }
        sum
    });
    every_command(folder.path(), &put("mesh.keras", &graph(sums.collect(), json!([["l59", 0, 0]]))), x);

    let many = (0..30_000).map(|at| layer("ReLU", json!({"name": format!("l{at}")})));
    let (many, copy) = (put("many.keras", &sequential(&[4], "float32", many)), folder.path().join("copy.keras"));
    for command in
        [vec!["summary", &many, "--json"], vec!["plot", &many], vec!["convert", &many, copy.to_str().unwrap()]]
    {
        assert_eq!(ends_well(&command), (0, String::new()), "{command:?}");
    }

    let doubled = put("doubled.keras", &doubling(9, 10));
    every_command(folder.path(), &doubled, x);
    let (code, error) = ends_well(&["predict", &doubled, x]);
    assert!(code == 1 && error.contains("calls its layers too often"), "{error}");
    assert_eq!(ends_well(&["predict", &put("few.keras", &doubling(3, 10)), x]).0, 0);

    let nested = |levels: usize| {
        (0..levels).fold(sequential(&[4], "float32", [layer("ReLU", json!({}))]), |inner, level| {
            let mut inner = inner;
            inner["config"]["name"] = format!("m{level}").into();
            sequential(&[4], "float32", [inner])
        })
    };
    let deep = put("deep.keras", &nested(120));
    every_command(folder.path(), &deep, x);
    assert_eq!(ends_well(&["predict", &deep, x]).0, 0);
    let deeper = put("deeper.keras", &nested(125));
    every_command(folder.path(), &deeper, x);
    assert!(ends_well(&["predict", &deeper, x]).1.contains("nested too deeply"));
}
