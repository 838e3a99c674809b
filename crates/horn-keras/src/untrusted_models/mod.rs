//! Untrusted model files: whatever a configuration asks for, reading it ends soon, uses little memory and executes
//! nothing.

mod code;
mod contents;
mod corrupted;
mod functions;
mod graphs;
mod layers;
mod other_files;
mod vocabularies;

use std::fs;
use std::io::{Cursor, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use horn_nn::{Error, HostArray, Model, Result, default_device};
use horn_train::losses::MeanSquaredError;
use horn_train::metrics::Accuracy;
use horn_train::optimizers::Adam;
use horn_train::{Compile, CompiledModel};
use ndarray::{ArrayD, IxDyn};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::arrays::{Array, Values};
use crate::corrupted_files::{Numbers, checked_places, corrupted, little_memory, runs_alone, soon, within};
use crate::h5::{Attribute, WeightsWriter};
use crate::{SaveModel, fixture, load_model};

/// A `.keras` file with this configuration, and with more weights than most configurations need.
fn keras_file(object: &Value) -> Vec<u8> {
    static WEIGHTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut weights = WeightsWriter::new();
        let values = Values::F32(vec![0.0; 1 << 18]);
        weights.dataset("room", Array::new(vec![1 << 18], values).unwrap()).unwrap();
        let mut bytes = Vec::new();
        weights.write(&mut bytes).unwrap();
        bytes
    });
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("config.json", object.to_string().as_bytes()), ("model.weights.h5", &WEIGHTS)] {
        zip.start_file(name, stored()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// Reads the model of a configuration, within a second.
fn read(what: &str, object: &Value) -> Result<Model> {
    let bytes = keras_file(object);
    soon(what, || load_bytes("model.keras", &bytes))
}

/// The error for a configuration that is refused.
#[track_caller]
fn refused(object: &Value) -> Error {
    match read("a configuration", object) {
        Ok(_) => panic!("{object} is a model"),
        Err(error) => error,
    }
}

fn layer(class: &str, config: Value) -> Value {
    json!({"class_name": class, "config": config})
}

fn input(shape: Value) -> Value {
    layer("InputLayer", json!({"batch_shape": shape, "name": "input"}))
}

/// A sequential model of an input and these layers.
fn sequential(shape: Value, layers: impl IntoIterator<Item = Value>) -> Value {
    let layers: Vec<Value> = std::iter::once(input(shape)).chain(layers).collect();
    layer("Sequential", json!({"name": "model", "layers": layers}))
}

/// A layer of a graph, called once for each list of inputs.
fn node(name: &str, class: &str, mut config: Value, calls: &[&[&str]]) -> Value {
    config["name"] = name.into();
    let tensor = |name: &&str| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}});
    let nodes = calls.iter().map(|from| json!({"args": from.iter().map(tensor).collect::<Vec<_>>(), "kwargs": {}}));
    let nodes: Vec<Value> = nodes.collect();
    json!({"class_name": class, "name": name, "config": config, "inbound_nodes": nodes})
}

fn graph_input(name: &str) -> Value {
    node(name, "InputLayer", json!({"batch_shape": [null, 4]}), &[])
}

fn graph(layers: Vec<Value>, output: Value) -> Value {
    layer(
        "Functional",
        json!({"name": "model", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [output]}),
    )
}

const HUGE: u64 = 1 << 60;

/// A model with one layer, whose configuration names code. Python's Keras has executed such code.
fn one_layer(object: Value) -> Value {
    sequential(json!([null, 4]), [object])
}

fn function(module: &str, name: &str) -> Value {
    json!({"module": module, "class_name": "function", "config": name, "registered_name": name})
}

fn small(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap()
}

fn config_of(keras: &[u8]) -> Value {
    let mut zip = ZipArchive::new(Cursor::new(keras)).unwrap();
    serde_json::from_reader(zip.by_name("config.json").unwrap()).unwrap()
}

/// The zip archive with one member changed.
fn with_member(keras: &[u8], name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(keras)).unwrap();
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    let mut change = Some(change);
    for at in 0..zip.len() {
        let mut member = zip.by_index(at).unwrap();
        let own = member.name().unwrap().into_owned();
        let mut content = Vec::new();
        std::io::copy(&mut member, &mut content).unwrap();
        if own == name {
            change.take().unwrap()(&mut content);
        }
        written.start_file(own, stored()).unwrap();
        written.write_all(&content).unwrap();
    }
    assert!(change.is_none(), "{name} is not there");
    written.finish().unwrap().into_inner()
}

fn load_bytes<M: crate::LoadModel>(name: &str, bytes: &[u8]) -> Result<M> {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("some/folder");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    let loaded = load_model(&path);
    // Nothing is unpacked, in this folder or above, and the file is unchanged.
    assert_eq!(files_in(outer.path()), std::slice::from_ref(&path));
    assert!(fs::read(&path).unwrap() == bytes);
    loaded
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// A graph of the fixtures, compiled and saved by Horn.
fn saved(case: &str) -> Vec<u8> {
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(fixture("../graphs.json")).unwrap()).unwrap();
    let object = &cases.iter().find(|found| found["case"] == case).unwrap()["model"];
    let model = Model::deserialize(object, &default_device().unwrap()).unwrap();
    let compiled = model.compile(Adam::new(0.01), MeanSquaredError::new(), [Accuracy::new()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    compiled.save(&path).unwrap();
    fs::read(path).unwrap()
}
