//! Untrusted model files: whatever a configuration asks for, reading it ends soon, uses little memory and executes
//! nothing.

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

/// Layers, each with the shape of its input and what the error says.
fn impossible_layers() -> Vec<(Value, Value, &'static str)> {
    let larger = "is larger than any layer can be";
    let memory = "larger than any memory";
    let weights = "the layers have more weights than the file";
    let kind = "an argument is of another kind";
    let at_most = 1_u64 << 31;
    let vector = || json!([null, 4]);
    let steps = || json!([null, 4, 3]);
    let image = || json!([null, 4, 4, 3]);
    let volume = || json!([null, 4, 4, 4, 3]);
    vec![
        (steps(), layer("UpSampling1D", json!({"size": 1_u64 << 40})), larger),
        (steps(), layer("UpSampling1D", json!({"size": at_most})), memory),
        (image(), layer("UpSampling2D", json!({"size": [at_most, at_most]})), memory),
        (volume(), layer("UpSampling3D", json!({"size": [at_most, at_most, at_most]})), memory),
        (image(), layer("ZeroPadding2D", json!({"padding": [[HUGE, HUGE], [HUGE, HUGE]]})), larger),
        (image(), layer("ZeroPadding2D", json!({"padding": at_most})), memory),
        (image(), layer("ZeroPadding2D", json!({"padding": -1})), kind),
        (image(), layer("Cropping2D", json!({"cropping": at_most})), "nothing is left of an axis"),
        (vector(), layer("RepeatVector", json!({"n": HUGE})), larger),
        (vector(), layer("RepeatVector", json!({"n": at_most})), memory),
        (vector(), layer("RepeatVector", json!({"n": -3})), kind),
        (vector(), layer("Dense", json!({"units": u64::MAX / 2})), larger),
        (vector(), layer("Dense", json!({"units": at_most})), memory),
        (vector(), layer("Dense", json!({"units": 1 << 24})), weights),
        (vector(), layer("Dense", json!({"units": 1e30})), kind),
        (vector(), layer("Dense", json!({"units": []})), kind),
        (vector(), layer("Dense", json!({"units": "4"})), kind),
        (image(), layer("Conv2D", json!({"filters": 1 << 20, "kernel_size": [4, 4]})), weights),
        (
            image(),
            layer("Conv2D", json!({"filters": at_most, "kernel_size": [at_most, at_most], "padding": "same"})),
            memory,
        ),
        (image(), layer("Conv2D", json!({"filters": 1, "kernel_size": [at_most, at_most], "padding": "same"})), memory),
        (
            image(),
            layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "dilation_rate": 0})),
            "dilation_rate can't be 0",
        ),
        (image(), layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "strides": [0, 1]})), "strides can't be 0"),
        (image(), layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "strides": []})), kind),
        (image(), layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "groups": 0})), "groups"),
        (
            image(),
            layer("Conv2D", json!({"filters": 4, "kernel_size": 4, "dilation_rate": at_most})),
            "window is larger",
        ),
        (image(), layer("Conv2DTranspose", json!({"filters": 4, "kernel_size": 3, "strides": at_most})), memory),
        (image(), layer("DepthwiseConv2D", json!({"kernel_size": 3, "depth_multiplier": at_most})), memory),
        (image(), layer("MaxPooling2D", json!({"pool_size": [0, 0]})), "can't be 0"),
        (image(), layer("AdaptiveMaxPooling2D", json!({"output_size": [at_most, at_most]})), memory),
        (image(), layer("Resizing", json!({"height": 1 << 17, "width": 1 << 17, "interpolation": "bicubic"})), memory),
        (
            json!([null, 4096, 1, 1]),
            layer("Resizing", json!({"height": 1 << 22, "width": 1})),
            "compute more values in advance",
        ),
        (
            json!([null, 1, 1, 1]),
            layer("Resizing", json!({"height": 1 << 20, "width": 1, "pad_to_aspect_ratio": true})),
            "compute more values in advance",
        ),
        (json!([null, 8000]), layer("MelSpectrogram", json!({"fft_length": 1 << 30})), "the transform is too long"),
        (
            json!([null, 80_000]),
            layer("MelSpectrogram", json!({"fft_length": 1 << 16})),
            "compute more values in advance",
        ),
        (
            json!([null, 8000]),
            layer("MelSpectrogram", json!({"num_mel_bins": 1 << 24})),
            "compute more values in advance",
        ),
        (json!([null, 80_000, 1]), layer("STFTSpectrogram", json!({"frame_length": 1 << 16})), weights),
        (
            json!([null, 1_u64 << 31]),
            layer("Normalization", json!({"axis": -1, "mean": 0.0, "variance": 1.0})),
            "compute more values in advance",
        ),
        (json!([null, 1_u64 << 31]), layer("BatchNormalization", json!({})), weights),
        (image(), layer("BatchNormalization", json!({"axis": 9})), "axis"),
        (image(), layer("LayerNormalization", json!({"axis": [-9]})), "axis"),
        (image(), layer("Softmax", json!({"axis": 17})), "axis"),
        (json!([null, 4]), layer("Embedding", json!({"input_dim": 1 << 24, "output_dim": at_most})), memory),
        (steps(), layer("LSTM", json!({"units": at_most})), memory),
        (steps(), layer("GRU", json!({"units": 1 << 20})), weights),
        (steps(), layer("Bidirectional", json!({"layer": layer("LSTM", json!({"units": at_most}))})), memory),
        (steps(), layer("RNN", json!({"cell": layer("Dense", json!({"units": 2}))})), "the layer is no recurrent cell"),
        (steps(), layer("RNN", json!({"cell": layer("StackedRNNCells", json!({"cells": []}))})), "no recurrent cell"),
        (
            vector(),
            layer("Reshape", json!({"target_shape": [at_most, at_most, at_most, 0]})),
            "do not fit the target shape",
        ),
        (vector(), layer("Reshape", json!({"target_shape": vec![1; 50]})), "axes"),
        (vector(), layer("Reshape", json!({"target_shape": [-1, -1]})), "do not fit the target shape"),
        (vector(), layer("Permute", json!({"dims": [0]})), "can't be brought into this order"),
        (vector(), layer("Permute", json!({"dims": []})), "can't be brought into this order"),
        (vector(), layer("CategoryEncoding", json!({"num_tokens": at_most, "output_mode": "one_hot"})), memory),
        (vector(), layer("Dropout", json!({"rate": 1e300})), "rate"),
        (vector(), layer("Dropout", json!({"rate": null})), kind),
        (
            vector(),
            layer(
                "Dense",
                json!({"units": 4, "activation": {"class_name": "function", "config": "system", "module": "os"}}),
            ),
            "activation",
        ),
        (json!([null, 1_u64 << 40]), layer("Flatten", json!({})), larger),
        (json!([1_u64 << 20, 1 << 20]), layer("Flatten", json!({})), memory),
        (json!([null, u64::MAX]), layer("Flatten", json!({})), larger),
        (json!([null, 0]), layer("Flatten", json!({})), "has no values"),
        (json!([null, -1]), layer("Flatten", json!({})), kind),
        (json!([]), layer("Permute", json!({"dims": [2, 1]})), "needs an axis for the samples"),
        (json!([3]), layer("RMSNormalization", json!({"axis": -1})), "weights of their own"),
        (json!([1, 4, 3]), layer("LayerNormalization", json!({"axis": [-3, -1]})), "weights of their own"),
        (json!([4, 3]), layer("EinsumDense", json!({"equation": "ab,ab->ab", "output_shape": [3]})), "equation"),
        (json!([]), layer("Dense", json!({"units": 4})), "needs an axis for the samples"),
    ]
}

#[test]
fn impossible_layers_are_errors() {
    if runs_alone("untrusted_models::impossible_layers_are_errors") {
        return;
    }
    let mut wrong = Vec::new();
    for (shape, layer, problem) in impossible_layers() {
        let object = sequential(shape, [layer]);
        let error = refused(&object).to_string();
        if !error.contains(problem) {
            wrong.push(format!("{object}\n    {error}\n    {problem}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    little_memory();
}

/// Functions on tensors, each with further arguments of the call and what the error says.
fn impossible_functions() -> Vec<(&'static str, Value, Value, &'static str)> {
    let many = |value: Value| Value::Array(vec![value; 200_000]);
    let long = "a".repeat(1_000_000);
    vec![
        ("Tile", json!({"repeats": [HUGE, HUGE]}), json!([]), "larger than any memory"),
        ("Tile", json!({"repeats": many(json!(1))}), json!([]), "tensors of this rank"),
        ("Tile", json!({"repeats": [-1]}), json!([]), "repeats is not valid"),
        ("Repeat", json!({"repeats": HUGE, "axis": 1}), json!([]), "larger than any memory"),
        ("BroadcastTo", json!({"shape": [HUGE, HUGE, 4]}), json!([]), "larger than any memory"),
        ("BroadcastTo", json!({"shape": many(json!(1))}), json!([]), "tensors of this rank"),
        ("ExpandDims", json!({"axis": many(json!(0))}), json!([]), "tensors of this rank"),
        ("Squeeze", json!({"axis": 7}), json!([]), "there is no such axis"),
        ("Reshape", json!({"newshape": [HUGE, HUGE]}), json!([]), "another number of values"),
        ("Reshape", json!({"newshape": [-1, 0]}), json!([]), "another number of values"),
        ("Reshape", json!({"newshape": "all"}), json!([]), "newshape is not valid"),
        ("Moveaxis", json!({"source": many(json!(0)), "destination": many(json!(1))}), json!([]), "not valid"),
        ("Transpose", json!({"axes": [0, 0]}), json!([]), "axes is not valid"),
        ("Transpose", json!({"axes": [i64::MIN, 1]}), json!([]), "there is no such axis"),
        ("Pad", json!({"pad_width": HUGE}), json!([]), "larger than any memory"),
        ("Pad", json!({"pad_width": [[0, 0], [9, 9]], "mode": "reflect"}), json!([]), "pad_width is not valid"),
        ("Pad", json!({"pad_width": [[0, 0], [1, 1]], "mode": "wrap"}), json!([]), "mode is not valid"),
        ("Split", json!({"indices_or_sections": HUGE, "axis": 1}), json!([]), "indices_or_sections is not valid"),
        ("Split", json!({"indices_or_sections": many(json!(1)), "axis": 1}), json!([]), "too many outputs"),
        ("Split", json!({"indices_or_sections": 2, "axis": 0}), json!([]), "unknown size can't be split"),
        ("OneHot", json!({"num_classes": HUGE}), json!([]), "larger than any memory"),
        ("TopK", json!({"k": HUGE}), json!([]), "k is not valid"),
        ("Einsum", json!({"subscripts": long}), json!([]), "the equation does not fit"),
        ("Einsum", json!({"subscripts": format!("ab->{long}")}), json!([]), "the equation does not fit"),
        ("GetItem", json!({}), json!([many(Value::Null)]), "tensors of this rank"),
        ("GetItem", json!({}), json!([[0, i64::MAX]]), "the place is outside"),
        ("GetItem", json!({}), json!([[0, 0, 0]]), "the key is not valid"),
        ("Take", json!({"axis": 1}), json!([many(json!(9))]), "the place is outside"),
        ("Where", json!({}), json!([]), "a tensor, a number or an array"),
        ("Add", json!({}), json!([{"class_name": "__numpy__", "config": {"value": [[1.0], []]}}]), "can't be read"),
        ("Cast", json!({"dtype": "complex64"}), json!([]), "dtype is not valid"),
        ("Mean", json!({"axis": null}), json!([]), "a single number"),
        ("Resize", json!({"size": [HUGE, 1]}), json!([]), "size is not valid"),
        ("VectorizedMap", json!({}), json!([]), "a function of the program"),
        ("MultiHot", json!({"num_classes": HUGE}), json!([]), "larger than any memory"),
        ("Bincount", json!({"minlength": HUGE}), json!([]), "minlength is not valid"),
        ("Histogram", json!({"bins": HUGE}), json!([]), "bins is not valid"),
        (
            "ExtractSequences",
            json!({"sequence_length": HUGE, "sequence_stride": 1}),
            json!([]),
            "sequence_length is not valid",
        ),
        (
            "ExtractSequences",
            json!({"sequence_length": 2, "sequence_stride": 0}),
            json!([]),
            "sequence_stride is not valid",
        ),
        ("RFFT", json!({"fft_length": HUGE}), json!([]), "fft_length is not valid"),
        (
            "STFT",
            json!({"sequence_length": HUGE, "sequence_stride": 1, "fft_length": HUGE}),
            json!([]),
            "sequence_length is not valid",
        ),
        (
            "STFT",
            json!({"sequence_length": 2, "sequence_stride": 0, "fft_length": 2}),
            json!([]),
            "sequence_stride is not valid",
        ),
        ("SegmentSum", json!({"num_segments": HUGE}), json!([[0]]), "a tensor, a number or an array"),
        ("MaxPool", json!({"pool_size": HUGE}), json!([]), "tensors of this rank"),
        ("Diag", json!({"k": HUGE}), json!([]), "size of an axis must be known"),
        ("Diagflat", json!({"k": HUGE}), json!([]), "size of an axis must be known"),
        ("Diff", json!({"n": HUGE}), json!([]), "n is not valid"),
        ("Full", json!({"shape": [HUGE, HUGE]}), json!([]), "the shapes do not broadcast"),
        ("Linspace", json!({"num": HUGE}), json!([1.0]), "num is not valid"),
        ("Vander", json!({"N": HUGE}), json!([]), "powers are of a vector"),
        ("Rot90", json!({"axes": [0, 0]}), json!([]), "axes is not valid"),
        ("Trace", json!({"offset": HUGE, "axis1": 7}), json!([]), "there is no such axis"),
        ("Scatter", json!({"shape": [HUGE, HUGE]}), json!([[1.0]]), "a tensor, a number or an array"),
        ("Slice", json!({"shape": [HUGE, 1]}), json!([[0, 0]]), "larger than any memory"),
        ("Unfold", json!({"kernel_size": HUGE}), json!([]), "kernel_size is not valid"),
        ("UnravelIndex", json!({"shape": many(json!(1))}), json!([]), "shape is not valid"),
        ("Tensordot", json!({"axes": HUGE}), json!([1.0]), "axes is not valid"),
        ("Det", json!({}), json!([]), "a single number"),
        ("DepthToSpace", json!({"block_size": HUGE}), json!([]), "block_size is not valid"),
        ("GaussianBlur", json!({"kernel_size": [HUGE, HUGE]}), json!([]), "is no image"),
        ("Rearrange", json!({}), json!([long.clone()]), "the pattern does not fit"),
        ("Quantile", json!({}), json!([7.0]), "a quantile is outside of its range; received 7, expected 0 to 1"),
        ("Nonzero", json!({}), json!([]), "the values decide the shape"),
        ("Nonsense", json!({}), json!([]), "Horn has no such function"),
    ]
}

#[test]
fn impossible_functions_are_errors() {
    if runs_alone("untrusted_models::impossible_functions_are_errors") {
        return;
    }
    let mut wrong = Vec::new();
    for (class, config, rest, problem) in impossible_functions() {
        let mut function = node("f", class, config, &[&["x"]]);
        function["module"] = "keras.src.ops.numpy".into();
        let args = function["inbound_nodes"][0]["args"].as_array_mut().unwrap();
        args.extend(rest.as_array().unwrap().iter().cloned());
        let error = refused(&graph(vec![graph_input("x"), function], json!(["f", 0, 0]))).to_string();
        if !error.contains(problem) || error.len() > 20_000 {
            wrong.push(format!("{class}: {}\n    {problem}", error.chars().take(300).collect::<String>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    little_memory();
}

/// Nests layers: wraps the innermost layer `levels` times.
fn nested(levels: usize, innermost: Value, around: impl Fn(Value) -> Value) -> Value {
    (0..levels).fold(innermost, |inner, _| around(inner))
}

#[test]
fn nests_and_graphs_take_no_more_than_they_are_long() {
    if runs_alone("untrusted_models::nests_and_graphs_take_no_more_than_they_are_long") {
        return;
    }
    let lstm = || layer("LSTM", json!({"units": 2, "return_sequences": true}));
    let dense = || layer("Dense", json!({"units": 4}));
    let steps = || json!([null, 4, 3]);
    let both_ways = |inner: Value| layer("Bidirectional", json!({"layer": inner}));
    let two_ways = |inner: Value| layer("Bidirectional", json!({"layer": inner, "backward_layer": lstm()}));
    let each_step = |inner| layer("TimeDistributed", json!({"layer": inner}));
    let list = |inner| layer("Sequential", json!({"layers": [inner]}));
    let cell = |inner| layer("RNN", json!({"cell": layer("StackedRNNCells", json!({"cells": [inner]}))}));
    // Arguments of the call make the reader deserialize the layer again.
    let told = |inner| {
        let mut own = node("y", "TimeDistributed", json!({"layer": inner}), &[&["x"]]);
        own["inbound_nodes"][0]["kwargs"] = json!({"trainable": true});
        graph(vec![graph_input("x"), own], json!(["y", 0, 0]))
    };
    let doubled = |inner: Value| {
        let called = node("y", "Functional", inner["config"].clone(), &[&["x"]]);
        let again = node("z", "Functional", inner["config"].clone(), &[&["y"]]);
        graph(vec![graph_input("x"), called, again], json!(["z", 0, 0]))
    };
    let plain = graph(vec![graph_input("x"), node("y", "Dense", json!({"units": 4}), &[&["x"]])], json!(["y", 0, 0]));
    for (what, object) in [
        ("both ways", sequential(steps(), [nested(25, lstm(), both_ways)])),
        ("both ways by cells", sequential(steps(), [nested(8, lstm(), |inner| both_ways(cell(inner)))])),
        ("two ways", sequential(steps(), [nested(25, lstm(), two_ways)])),
        ("each step of each step", sequential(json!([null, 4, 3]), [nested(27, dense(), each_step)])),
        ("cells in cells", sequential(steps(), [nested(12, lstm(), cell)])),
        ("told again and again", nested(9, dense(), told)),
        ("too deep", sequential(json!([null, 4]), [nested(130, dense(), list)])),
        ("both ways, deeper", sequential(steps(), [nested(90, lstm(), both_ways)])),
        ("told again and again, deeper", nested(90, dense(), told)),
    ] {
        assert!(read(what, &object).is_err(), "{what}");
    }
    let fine = |what: &str, object: Value| {
        // The file lacks the weights. The error shows that everything before was read.
        let error = read(what, &object).map(drop).unwrap_err().to_string();
        assert!(error.contains("the file has other weights"), "{what}: {error}");
    };
    fine("lists in lists", sequential(json!([null, 4]), [nested(20, dense(), list)]));
    fine("models that have each other twice", nested(5, plain, doubled));
    little_memory();
}

#[test]
fn long_graphs_are_read_in_any_order() {
    if runs_alone("untrusted_models::long_graphs_are_read_in_any_order") {
        return;
    }
    let names: Vec<String> = (0..5000).map(|at| format!("layer{at}")).collect();
    let mut layers = vec![graph_input("x")];
    for (at, name) in names.iter().enumerate() {
        let before = if at == 0 { "x" } else { &names[at - 1] };
        layers.push(node(name, "ReLU", json!({}), &[&[before]]));
    }
    let mut backwards = layers.clone();
    backwards.reverse();
    let last = json!([names.last().unwrap(), 0, 0]);
    let mut halves = layers.clone();
    halves.truncate(2500);
    for (what, layers, output) in [
        ("forwards", layers.clone(), last.clone()),
        ("backwards", backwards, last.clone()),
        ("a part", layers, json!(["layer20", 0, 0])),
    ] {
        let bytes = keras_file(&graph(layers, output));
        // Five thousand layers are read, in an unoptimised build.
        let loaded = within(Duration::from_secs(10), what, || load_bytes::<Model>("model.keras", &bytes));
        assert!(loaded.is_ok(), "{what}");
    }
    assert!(refused(&graph(halves, last)).to_string().contains("an input or output is of no layer"));
    little_memory();
}

#[test]
fn graphs_that_are_none_are_errors() {
    if runs_alone("untrusted_models::graphs_that_are_none_are_errors") {
        return;
    }
    let relu = |name: &str, from: &[&[&str]]| node(name, "ReLU", json!({}), from);
    let history = |place: Value| {
        let mut own = relu("y", &[&["x"]]);
        own["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = place;
        graph(vec![graph_input("x"), own], json!(["y", 0, 0]))
    };
    let attention = |query: Value, value: Value| {
        let input = |name, shape| node(name, "InputLayer", json!({"batch_shape": shape}), &[]);
        let own = node("y", "Attention", json!({}), &[&["x", "z"]]);
        let mut object = graph(vec![input("x", query), input("z", value), own], json!(["y", 0, 0]));
        object["config"]["input_layers"] = json!([["x", 0, 0], ["z", 0, 0]]);
        object
    };
    let circle = "calls go round in a circle";
    let y = || json!(["y", 0, 0]);
    for (object, problem) in [
        (graph(vec![graph_input("x"), relu("y", &[&["y"]])], y()), circle),
        (graph(vec![graph_input("x"), relu("y", &[&["z"]]), relu("z", &[&["y"]])], y()), circle),
        (history(json!(["x", HUGE, 0])), circle),
        (history(json!(["x", 0, HUGE])), circle),
        (history(json!(["x", -1, 0])), circle),
        (history(json!(["x"])), circle),
        (history(json!([])), circle),
        (history(json!([[["x"]], null, {}])), circle),
        (history(json!({"x": 0})), circle),
        (history(json!("x")), circle),
        (history(Value::Null), "takes"),
        (
            graph(vec![graph_input("x"), relu("y", &[&["x"], &["x"]]), relu("y", &[&["x"]])], y()),
            "two layers have one name",
        ),
        (graph(vec![graph_input("x"), graph_input("x"), relu("y", &[&["x"]])], y()), "two layers have one name"),
        (
            graph(vec![graph_input("x"), relu("y", &[&["x"]])], json!(["y", HUGE, 0])),
            "an input or output is of no layer",
        ),
        (graph(vec![graph_input("x"), relu("y", &[&["x"]])], json!([0, 0, 0])), "an input or output is of no layer"),
        (graph(vec![graph_input("x"), relu("y", &[])], y()), "an input or output is of no layer"),
        (graph(vec![graph_input("x")], json!(["x", 0, 0])), "weights"),
        (graph(vec![], y()), "an input or output is of no layer"),
        (attention(json!([null, 8, 6, 4]), json!([null, 4, 6, 4])), "query and key are of other samples"),
        (attention(json!([null, 3, 3]), json!([null, 0, 3])), "the input has no values"),
        (layer("Functional", json!({"layers": {}})), "layers is missing"),
        (layer("Functional", json!([])), "layers is missing"),
        (layer("Functional", json!({"layers": [null, 1, "x", []]})), "name is missing"),
        (layer("Sequential", json!({"layers": []})), "no layers"),
        (layer("Sequential", json!({"layers": ["x", 1]})), "class_name is missing"),
        (layer("Sequential", json!({"layers": [sequential(json!([null, 4]), [])]})), "model"),
        (sequential(json!([null, 4]), [input(json!([null, 4]))]), "two layers have one name"),
        (layer("Model", Value::Null), "layers is missing"),
        (json!([]), "the object is no model"),
        (json!("Sequential"), "the object is no model"),
        (json!({"class_name": ["Sequential"]}), "the object is no model"),
        (sequential(json!([null, 4]), [layer("ReLU", json!({"x": vec![json!({}); 200_000]}))]), "too many objects"),
    ] {
        match read(problem, &object) {
            Err(error) => assert!(error.to_string().contains(problem), "{problem}: {error}"),
            // A model may return its input.
            Ok(_) => assert_eq!(problem, "weights"),
        }
    }
    little_memory();
}

#[test]
fn a_file_has_as_many_layers_as_it_has_room_for() {
    if runs_alone("untrusted_models::a_file_has_as_many_layers_as_it_has_room_for") {
        return;
    }
    let layers = |count: usize| sequential(json!([null, 4]), (0..count).map(|_| layer("ReLU", json!({}))));
    let (few, many) = (keras_file(&layers(10_000)), keras_file(&layers(20_000)));
    let read =
        |bytes: &[u8]| within(Duration::from_secs(20), "layers", || load_bytes::<Model>("model.keras", bytes).unwrap());
    assert_eq!(read(&few).layers().count(), 10_001);
    assert_eq!(read(&many).layers().count(), 20_001);
    little_memory();
}

/// The error of a prediction. The model itself can be read.
#[track_caller]
fn unusable(object: &Value, inputs: &[&[usize]]) -> String {
    let model = Model::deserialize(object, &default_device().unwrap()).unwrap();
    let inputs: Vec<_> = inputs.iter().map(|sizes| ArrayD::<f32>::zeros(IxDyn(sizes))).collect();
    model.predict_all(inputs.iter().map(HostArray::from).collect::<Vec<_>>(), 2).unwrap_err().to_string()
}

#[test]
fn models_that_contradict_themselves_do_not_predict() {
    let crop = layer("RandomCrop", json!({"height": 2, "width": 2}));
    let images = json!([null, 6, 7, 1]);
    // At inference nothing is cropped, so the images are larger than the weights of the next layer expect.
    let other = "the layer's weights are for other inputs";
    let p_relu = sequential(images.clone(), [crop.clone(), layer("PReLU", json!({}))]);
    assert!(unusable(&p_relu, &[&[2, 6, 7, 1]]).contains(other));
    let dense =
        sequential(images.clone(), [crop.clone(), layer("Flatten", json!({})), layer("Dense", json!({"units": 1}))]);
    assert!(unusable(&dense, &[&[2, 6, 7, 1]]).contains(other));
    let convolution = sequential(images, [crop, layer("Conv2D", json!({"filters": 1, "kernel_size": 2}))]);
    let model = Model::deserialize(&convolution, &default_device().unwrap()).unwrap();
    assert_eq!(model.predict(&ArrayD::<f32>::zeros(IxDyn(&[2, 6, 7, 1])), 2).unwrap().shape(), [2, 5, 6, 1]);

    let two = |class: &str, config: Value| {
        let input = |name| node(name, "InputLayer", json!({"batch_shape": [null, null, 3]}), &[]);
        let mut object =
            graph(vec![input("x"), input("z"), node("y", class, config, &[&["x", "z"]])], json!(["y", 0, 0]));
        object["config"]["input_layers"] = json!([["x", 0, 0], ["z", 0, 0]]);
        object
    };
    assert!(unusable(&two("Add", json!({})), &[&[2, 4, 3], &[2, 5, 3]]).contains("the inputs do not fit each other"));
    assert!(!unusable(&two("Dot", json!({"axes": 1})), &[&[2, 4, 3], &[2, 5, 3]]).is_empty());
}

#[test]
fn what_a_model_is_compiled_with_may_be_anything() {
    let whole = small("small.keras");
    let config = config_of(&whole);
    for compiled in [
        json!([1]),
        json!("adam"),
        json!({"optimizer": 3, "loss": "mse"}),
        json!({"optimizer": "adam", "loss": {"class_name": "__lambda__", "config": {"code": "4wEAAAAA"}}}),
        json!({"optimizer": "adam", "loss": vec!["mse"; 50]}),
        json!({"optimizer": "adam", "loss": "mse", "metrics": [[[[1]]]]}),
        json!({"optimizer": "adam", "loss": "mse", "metrics": {"output": {"class_name": "os.system"}}}),
        json!({"optimizer": "adam", "loss": "mse", "loss_weights": vec![f64::MAX; 3]}),
        json!({"optimizer": "adam", "loss": "mse", "harmless": 1}),
    ] {
        let mut object = config.clone();
        object["compile_config"] = compiled.clone();
        let bytes = with_member(&whole, "config.json", |content| *content = object.to_string().into_bytes());
        assert!(load_bytes::<CompiledModel>("compiled.keras", &bytes).is_err(), "{compiled}");
        assert!(load_bytes::<Model>("model.keras", &bytes).is_ok(), "{compiled}");
    }
    // An optimizer is not needed until the model is trained.
    for optimizer in [
        json!({"class_name": "function", "module": "os", "config": "system"}),
        json!({"class_name": "Adam", "config": {"learning_rate": "fast"}}),
        json!({"class_name": "Adam", "config": [[]]}),
        json!("rm -rf"),
    ] {
        let mut object = config.clone();
        object["compile_config"] = json!({"optimizer": optimizer, "loss": "mse"});
        let bytes = with_member(&whole, "config.json", |content| *content = object.to_string().into_bytes());
        let model = load_bytes::<CompiledModel>("compiled.keras", &bytes).unwrap();
        assert!(model.missing_optimizer().is_some(), "{optimizer}");
    }
}

/// A model with one layer, whose configuration names code. Python's Keras has executed such code.
fn one_layer(object: Value) -> Value {
    sequential(json!([null, 4]), [object])
}

fn function(module: &str, name: &str) -> Value {
    json!({"module": module, "class_name": "function", "config": name, "registered_name": name})
}

/// CVE-2024-3660: the bytecode of a `Lambda`.
#[test]
fn lambdas_are_not_run() {
    let lambda =
        json!({"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": null, "closure": null}});
    for object in [
        layer("Lambda", json!({"name": "lambda", "function": lambda, "arguments": {}})),
        layer("Lambda", json!({"function": ["4wEAAAAAAAAA", null, null], "function_type": "lambda"})),
    ] {
        let error = refused(&one_layer(object)).to_string();
        assert!(error.contains("Lambda"), "{error}");
    }
    let dense = layer("Dense", json!({"units": 2, "activation": lambda}));
    assert!(refused(&one_layer(dense)).to_string().contains("activation"));
    let dense = layer("Dense", json!({"units": 2, "kernel_initializer": lambda}));
    assert!(refused(&one_layer(dense)).is_argument());
    let each = layer("TimeDistributed", json!({"layer": layer("Lambda", json!({"function": lambda}))}));
    assert!(format!("{:#}", refused(&sequential(json!([null, 4, 3]), [each]))).contains("Lambda"));
}

/// CVE-2025-1550: any Python module and function by name.
#[test]
fn names_of_modules_lead_nowhere() {
    for (module, class) in
        [("os", "system"), ("subprocess", "Popen"), ("builtins", "eval"), ("keras.layers", "os.system")]
    {
        let object =
            json!({"module": module, "class_name": class, "registered_name": class, "config": {"command": "id"}});
        assert!(refused(&one_layer(object.clone())).to_string().contains("there is no layer of this class"));
        assert!(refused(&object).to_string().contains("the object is no model"));
    }
    let dense = layer("Dense", json!({"units": 2, "kernel_regularizer": function("os", "system")}));
    assert!(refused(&one_layer(dense)).is_argument());
    // A class that Horn has is used, whatever module the file names for it.
    let mut object = one_layer(layer("ReLU", json!({})));
    object["config"]["layers"][1]["module"] = "os".into();
    assert!(read("ReLU", &object).is_ok());
    // A registered custom class with the same name is another class.
    object["config"]["layers"][1]["registered_name"] = "system>ReLU".into();
    assert!(refused(&object).to_string().contains("there is no layer of this class; received system>ReLU"));
}

/// CVE-2025-8747 and CVE-2025-9906: functions of Keras itself that download files or allow lambdas.
#[test]
fn functions_of_keras_are_not_called() {
    let fetch = json!({
        "function": function("keras.utils", "get_file"),
        "arguments": {"fname": "x", "origin": "http://127.0.0.1:9/x", "cache_dir": "/"},
    });
    assert!(refused(&one_layer(layer("Lambda", fetch))).to_string().contains("Lambda"));
    let mut object = one_layer(layer("ReLU", json!({})));
    let allow = json!({"module": "keras.config", "class_name": "function", "config": "enable_unsafe_deserialization",
        "registered_name": "enable_unsafe_deserialization"});
    object["config"]["layers"].as_array_mut().unwrap().insert(1, allow);
    assert!(refused(&object).to_string().contains("there is no layer of this class"));
}

/// CVE-2025-9905: legacy files, for which Python's Keras ignored its safe mode.
#[test]
fn older_files_run_nothing_either() {
    let lambda = layer("Lambda", json!({"function": ["4wEAAAAAAAAA", null, null], "function_type": "lambda"}));
    for (config, training, problem) in [
        (one_layer(lambda).to_string(), "{}", "Lambda"),
        ("[]".to_owned(), "{}", "is not what Keras writes"),
        ("7".to_owned(), "{}", "is not what Keras writes"),
        (one_layer(layer("ReLU", json!({}))).to_string(), "[]", "is not what Keras writes"),
    ] {
        let mut writer = WeightsWriter::new();
        writer.attribute("", "model_config", Attribute::Text(config)).unwrap();
        writer.attribute("", "training_config", Attribute::Text(training.to_owned())).unwrap();
        writer.group("model_weights").unwrap();
        let mut bytes = Vec::new();
        writer.write(&mut bytes).unwrap();
        let error = load_bytes::<Model>("model.h5", &bytes).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

/// CVE-2025-12058: a vocabulary that is the path of a file or an address.
#[test]
fn vocabularies_are_no_paths() {
    for class in ["StringLookup", "IntegerLookup", "TextVectorization"] {
        for path in ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/vocabulary"] {
            let error = format!("{:#}", refused(&one_layer(layer(class, json!({"vocabulary": path})))));
            // A vocabulary must be a list. A string is refused before the layer sees it.
            assert!(error.contains("an argument is of another kind"), "{error}");
            assert!(error.contains(&format!("invalid type: string {path:?}, expected a list of tokens")), "{error}");
        }
    }
}

/// The file with an additional asset.
fn with_asset(whole: Vec<u8>, name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new_append(Cursor::new(whole)).unwrap();
    zip.start_file(format!("assets/layers/{name}/vocabulary.txt"), stored()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn vocabularies_are_held_to_a_size() {
    if runs_alone("untrusted_models::vocabularies_are_held_to_a_size") {
        return;
    }
    let lookup = || layer("IntegerLookup", json!({"vocabulary": null}));
    let numbers = |range: std::ops::Range<u32>| range.map(|it| it.to_string()).collect::<Vec<_>>().join("\n");
    let one = || keras_file(&sequential(json!([null, 4]), [lookup()]));
    let three = keras_file(&sequential(json!([null, 4]), [lookup(), lookup(), lookup()]));
    let part = [b"7\n".repeat(500_000), b"7".to_vec()].concat();
    let three = ["integer_lookup", "integer_lookup_1", "integer_lookup_2"]
        .into_iter()
        .fold(three, |whole, name| with_asset(whole, name, &part));
    for (bytes, problem) in [
        (
            with_asset(one(), "integer_lookup", &vec![b'\n'; 2 << 20]),
            "the vocabulary is too large; received 2097153 tokens",
        ),
        (with_asset(one(), "integer_lookup", &vec![b'7'; 17 << 20]), "the vocabulary is damaged"),
        (three, "more in a file of this size"),
    ] {
        let error = soon(problem, || load_bytes::<Model>("model.keras", &bytes)).map(drop).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    // More tokens than published word vectors have.
    let whole = with_asset(one(), "integer_lookup", numbers(2..1_000_000).as_bytes());
    assert!(load_bytes::<Model>("model.keras", &whole).is_ok());
    // A layer that can't learn a vocabulary.
    let object = sequential(json!([null, 4]), [layer("ReLU", json!({"vocabulary": null}))]);
    let whole = with_asset(keras_file(&object), "re_lu", &vec![b'\n'; 2 << 20]);
    assert!(soon("no vocabulary", || load_bytes::<Model>("model.keras", &whole)).is_ok());
    little_memory();
}

#[test]
fn names_in_older_files_are_of_something() {
    if runs_alone("untrusted_models::names_in_older_files_are_of_something") {
        return;
    }
    let read = |layers: &[&str], names: usize| {
        let mut writer = WeightsWriter::new();
        let config = one_layer(layer("Dense", json!({"units": 2}))).to_string();
        writer.attribute("", "model_config", Attribute::Text(config)).unwrap();
        let texts = |texts: Vec<&str>| Attribute::Texts(texts.into_iter().map(str::to_owned).collect());
        writer.attribute("model_weights", "layer_names", texts(layers.to_vec())).unwrap();
        writer.attribute("model_weights/a", "weight_names", texts(vec!["w"; names])).unwrap();
        writer.dataset("room", Array::new(vec![1000], Values::F32(vec![0.0; 1000])).unwrap()).unwrap();
        let mut bytes = Vec::new();
        writer.write(&mut bytes).unwrap();
        soon("names", || load_bytes::<Model>("model.h5", &bytes)).map(drop).unwrap_err().to_string()
    };
    let twice = read(&["a"; 4000], 4000);
    assert!(twice.contains("the file names more weights than it has; received 4000 names, expected 1"), "{twice}");
    for again in [["a", "a"], ["a", "/a"], ["a", "a/"]] {
        let error = read(&again, 1);
        assert!(error.contains("layer_names: the file names a layer twice; received \""), "{error}");
    }
    little_memory();
}

/// CVE-2025-12060: members that would be unpacked outside of the target folder.
#[test]
fn members_stay_inside() {
    let whole = small("small.keras");
    for name in ["../../horn.txt", "/tmp/horn.txt", "assets/../../horn.txt", "C:\\horn.txt"] {
        let mut zip = ZipWriter::new_append(Cursor::new(whole.clone())).unwrap();
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        let error = load_bytes::<Model>("model.keras", &bytes).unwrap_err().to_string();
        assert!(error.contains("would be unpacked elsewhere"), "{error}");
        assert!(!Path::new(name).exists(), "{name}");
    }
}

/// CVE-2026-1462: a layer that loads a TensorFlow SavedModel from a folder.
#[test]
fn saved_models_are_not_opened() {
    for class in ["TFSMLayer", "keras.layers.TFSMLayer", "JaxLayer", "TorchModuleWrapper"] {
        let object = layer(class, json!({"filepath": "/tmp/saved_model", "call_endpoint": "serve"}));
        assert!(refused(&one_layer(object)).to_string().contains("there is no layer of this class"));
    }
}

/// A model whose weights are HDF5 data that refers to other files.
#[test]
fn weights_in_other_files_are_not_read() {
    if runs_alone("untrusted_models::weights_in_other_files_are_not_read") {
        return;
    }
    let whole = small("small.keras");
    for name in ["external_link.h5", "external_storage.h5", "virtual.h5", "terabytes.h5", "cycle.h5", "inflated.h5"] {
        let weights = fs::read(fixture("bad").join(name)).unwrap();
        let bytes = with_member(&whole, "model.weights.h5", |content| *content = weights.clone());
        assert!(soon(name, || load_bytes::<Model>("model.keras", &bytes)).is_err(), "{name}");
    }
    little_memory();
}

/// A named pipe shows whether a file makes the reader open another one: opening it blocks until the other end is
/// opened.
#[cfg(unix)]
#[test]
fn no_other_file_is_opened() {
    // The path is as long as the one in the crafted files.
    let folder = tempfile::Builder::new().prefix("").rand_bytes(6).tempdir_in("/tmp").unwrap();
    let pipe = folder.path().join("p").to_str().unwrap().to_owned();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (whole, path) = (small("small.keras"), folder.path().join("model.weights.h5"));
    for (name, problem) in [
        ("outside_storage.weights.h5", "\"layers/dense/vars/0\": its values are not in this file"),
        ("outside_link.weights.h5", "the file has other weights than the layer; received nothing"),
    ] {
        let mut weights = small(&format!("bad/{name}"));
        let known = b"/etc/hostname";
        let at = weights.windows(known.len()).position(|bytes| bytes == known).unwrap();
        weights[at..at + known.len()].copy_from_slice(pipe.as_bytes());
        fs::write(&path, &weights).unwrap();
        let bytes = with_member(&whole, "model.weights.h5", |content| *content = weights);
        let error = without_opening(&pipe, name, move || load_bytes::<Model>("model.keras", &bytes).map(drop));
        assert!(error.contains(problem), "{name}: {error}");
        let path = path.clone();
        let error = without_opening(&pipe, name, move || {
            let mut model: Model = load_model(fixture("small.keras"))?;
            model.load_weights(&path).map(drop)
        });
        assert!(error.contains(problem), "{name}: {error}");
    }
    for class in ["StringLookup", "IntegerLookup", "TextVectorization"] {
        let bytes = keras_file(&one_layer(layer(class, json!({"vocabulary": pipe.clone()}))));
        let error = without_opening(&pipe, class, move || load_bytes::<Model>("model.keras", &bytes).map(drop));
        assert!(error.contains(&pipe), "{class}: {error}");
    }
    // Last, since this reader may have the pipe open for a while.
    let reads = pipe.clone();
    let reading =
        || without_opening(&pipe, "a reader", move || fs::read(reads).map(drop).map_err(|_| Error::file("p")));
    assert!(std::panic::catch_unwind(reading).is_err(), "a reader of the pipe is not noticed");
}

/// The error of reading, which must not open the pipe. If a reader opened it, it would wait for a writer, and a writer
/// would find it.
#[cfg(unix)]
fn without_opening(pipe: &str, what: &'static str, read: impl FnOnce() -> Result<()> + Send + 'static) -> String {
    use std::os::unix::fs::OpenOptionsExt;

    #[cfg(target_os = "linux")]
    const O_NONBLOCK: i32 = 0o4000;
    #[cfg(not(target_os = "linux"))]
    const O_NONBLOCK: i32 = 4;
    let reading = std::thread::spawn(move || soon(what, read));
    while !reading.is_finished() {
        // Opening for writing without blocking is an error as long as there is no reader.
        let writer = fs::OpenOptions::new().write(true).custom_flags(O_NONBLOCK).open(pipe);
        if writer.is_ok() {
            drop(writer);
            // The reader finds the end of the pipe. The next check must not find this reader.
            let _ = reading.join();
            panic!("{what} opens a pipe");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    format!("{:#}", reading.join().unwrap().unwrap_err())
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

/// The positions of the structural characters of a JSON text: brackets, quotes, colons and commas.
fn structure(text: &[u8]) -> Vec<usize> {
    let (mut places, mut in_string, mut escaped) = (Vec::new(), false, false);
    for (at, byte) in text.iter().enumerate() {
        let is_quote = *byte == b'"' && !escaped;
        escaped = in_string && *byte == b'\\' && !escaped;
        if is_quote || !in_string && b"{}[]:,".contains(byte) {
            places.push(at);
        }
        in_string ^= is_quote;
    }
    places
}

/// A way to corrupt a file, and how many of 100 such corruptions are expected to stay undetected.
type Kind<'a> = (&'static str, RangeInclusive<usize>, Box<dyn Fn(&mut Numbers) -> Vec<u8> + 'a>);

/// All positions in the bytes.
fn all(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).collect()
}

fn kinds<'a>(file: &str, whole: &'a [u8]) -> Vec<Kind<'a>> {
    let checked = checked_places(file, whole);
    let mut kinds: Vec<Kind> =
        vec![("what is checked", 0..=0, Box::new(move |numbers| corrupted(whole, &checked, numbers)))];
    if file.ends_with(".h5") {
        // About half of such a file is values and free space.
        kinds.push(("anything", 35..=65, Box::new(move |numbers| corrupted(whole, &all(whole), numbers))));
        return kinds;
    }
    let inside = move |name: &'static str, change: fn(&[u8], &mut Numbers) -> Vec<u8>| {
        move |numbers: &mut Numbers| with_member(whole, name, |content| *content = change(content, numbers))
    };
    let anything = |content: &[u8], numbers: &mut Numbers| corrupted(content, &all(content), numbers);
    let unstructured = |content: &[u8], numbers: &mut Numbers| {
        let places = structure(content);
        let mut text = content.to_vec();
        text[places[numbers.below(places.len())]] = b'x';
        text
    };
    kinds.push(("the configuration's structure", 0..=0, Box::new(inside("config.json", unstructured))));
    // If it is still JSON, it may describe a model of other sizes, which rarely fits the weights.
    kinds.push(("the configuration", 0..=8, Box::new(inside("config.json", anything))));
    // Values have no checksums.
    kinds.push(("the weights", 50..=85, Box::new(inside("model.weights.h5", anything))));
    kinds
}

/// Truncates and corrupts a file, and reads it as a model and as a compiled model.
fn harm(name: &str, whole: &[u8]) {
    let file = if name.ends_with(".h5") { "model.h5" } else { "model.keras" };
    let load = |bytes: &[u8]| {
        soon(name, || load_bytes::<Model>(file, bytes)).is_ok()
            | soon(name, || load_bytes::<CompiledModel>(file, bytes)).is_ok()
    };
    assert!(load(whole), "{name} can't be read as it is");
    for length in (0..whole.len()).step_by(1000) {
        assert!(!load(&whole[..length]), "{name} cut to {length} of {} bytes", whole.len());
    }
    let mut numbers = Numbers::new(whole.len() as u64);
    for (kind, allowed, corrupt) in kinds(file, whole) {
        let undetected = (0..100).filter(|_| load(&corrupt(&mut numbers))).count();
        assert!(allowed.contains(&undetected), "{name}: of 100 corruptions of {kind}, {undetected} are not found");
    }
    little_memory();
}

#[test]
fn corrupted_small_keras() {
    if runs_alone("untrusted_models::corrupted_small_keras") {
        return;
    }
    harm("small.keras", &small("small.keras"));
}

#[test]
fn corrupted_small_h5() {
    if runs_alone("untrusted_models::corrupted_small_h5") {
        return;
    }
    harm("small.h5", &small("small.h5"));
}

#[test]
fn corrupted_file_of_keras_2() {
    if runs_alone("untrusted_models::corrupted_file_of_keras_2") {
        return;
    }
    harm("v2_mlp.h5", &small("models/v2_mlp.h5"));
}

#[test]
fn corrupted_zip_of_keras_2() {
    if runs_alone("untrusted_models::corrupted_zip_of_keras_2") {
        return;
    }
    harm("v2_zip_mlp.keras", &small("models/v2_zip_mlp.keras"));
}

/// Not compiled, so half of its weights can't be told from others.
#[test]
fn corrupted_quantized_weights() {
    if runs_alone("untrusted_models::corrupted_quantized_weights") {
        return;
    }
    harm("quantized_int4_blocks.keras", &small("models/quantized_int4_blocks.keras"));
}

#[test]
fn corrupted_graph_of_convolutions() {
    if runs_alone("untrusted_models::corrupted_graph_of_convolutions") {
        return;
    }
    harm("inception block", &saved("inception block"));
}

#[test]
fn corrupted_graph_of_sequences() {
    if runs_alone("untrusted_models::corrupted_graph_of_sequences") {
        return;
    }
    harm("masked, both ways, every step", &saved("masked, both ways, every step"));
}

#[test]
fn corrupted_nested_models() {
    if runs_alone("untrusted_models::corrupted_nested_models") {
        return;
    }
    harm("nested Functional, called twice", &saved("nested Functional, called twice"));
}
