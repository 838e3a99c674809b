//! What is done with an untrusted model, and how configurations are mutated.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use horn_nn::{HostArray, Model, Shape, default_device};
use horn_train::CompiledModel;
use serde_json::{Map, Value, json};

/// The limit for running a model: the number of values in all outputs of its layers. Also the budget for its weights.
const MAX_VALUES: usize = 1 << 14;
/// The limit for running a model: the number of calls of layers. Nested models that are shared make more calls than
/// there are in the file.
const MAX_CALLS: usize = 200;
/// The number of samples that a model is run on.
pub(super) const SAMPLES: usize = 2;

/// Does everything that is done with a configuration: deserializes, builds, serializes and runs the model, and compiles
/// it.
pub fn read_config(object: &Value) {
    let Ok(device) = default_device() else { return };
    let Ok(model) = Model::deserialize_empty(object, &device, MAX_VALUES as u64) else { return };
    use_model(&model);
    let _ = CompiledModel::from_compile_config(model, &object["compile_config"]);
}

/// Serializes a model, and runs it on zeros if it is small.
pub fn use_model(model: &Model) {
    let _ = model.serialize();
    let _ = model.to_summary().to_string();
    let (mut values, mut calls) = (0, 0);
    if !is_small(model, &mut values, &mut calls) {
        return;
    }
    let Some(inputs) = model.input_shapes().map(input).collect::<Option<Vec<_>>>() else { return };
    let _ = model.predict_all(inputs, SAMPLES);
}

/// Are the shapes of all outputs known, and within the limits?
fn is_small(model: &Model, values: &mut usize, calls: &mut usize) -> bool {
    model.layers().all(|layer| {
        *calls += 1;
        let Ok(features) = layer.output_shape().with_batch(SAMPLES) else { return false };
        let product = features.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
        let Some(sum) = product.and_then(|product| values.checked_add(product)) else { return false };
        *values = sum;
        sum <= MAX_VALUES
            && *calls <= MAX_CALLS
            && layer.as_model().is_none_or(|nested| is_small(nested, values, calls))
    })
}

/// An input of zeros or of strings.
pub(super) fn input(shape: &Shape) -> Option<HostArray<'static>> {
    let sizes = shape.with_batch(SAMPLES).ok()?;
    let count = horn_nn::count(&sizes).filter(|&count| count <= MAX_VALUES)?;
    match shape.is_strings() {
        true => HostArray::new(vec!["A text, of some words."; count], sizes).ok(),
        false => HostArray::new(vec![0.0_f32; count], sizes).ok(),
    }
}

/// Writes these bytes to a temporary file. In a process, it is always the same file.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("horn-fuzz-{}-{name}", std::process::id()));
    fs::write(&path, bytes).expect("the temporary folder can be written");
    path
}

/// A layer with the shapes of its inputs.
struct Known {
    object: Value,
    inputs: Vec<Value>,
}

/// All layers of the fixtures.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/keras/fixtures/layers");
    let files = fs::read_dir(folder).expect("the fixtures are there").flatten();
    let mut paths: Vec<_> = files.map(|file| file.path()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| fs::read(path).expect("a fixture can be read"));
    let cases = texts.flat_map(|text| serde_json::from_slice::<Vec<Value>>(&text).expect("a fixture is JSON"));
    cases.map(|case| known(&case)).collect()
});

fn known(case: &Value) -> Known {
    let inputs = case["inputs"].as_array().into_iter().flatten().map(|input| input["shape"].clone()).collect();
    Known { object: json!({"class_name": case["class_name"], "config": case["config"]}), inputs }
}

/// A random number generator with a seed.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u32) -> Self {
        Self(u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }

    fn of<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        values.get(self.below(values.len()))
    }
}

/// Mutates a configuration in one to four places. If the bytes are not valid JSON, they become a model of one known
/// layer.
pub fn change_config(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut object = match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Value::Object(object),
        _ => model_of_one(numbers),
    };
    for _ in 0..=numbers.below(4) {
        change(&mut object, numbers);
    }
    object.to_string().into_bytes()
}

fn change(object: &mut Value, numbers: &mut Numbers) {
    let count = count(object);
    let copied = nth(object, &mut numbers.below(count)).cloned().unwrap_or_default();
    let Some(place) = nth(object, &mut numbers.below(count)) else { return };
    match numbers.below(12) {
        0..3 => *place = interesting(numbers),
        3 => *place = copied,
        4 | 5 => change_number(place, numbers),
        6 => remove(place, numbers),
        7 => add(place, copied, numbers),
        8 => wrap(place, numbers),
        9 | 10 => other_layer(object, numbers),
        _ => more_layers(object, numbers),
    }
}

fn interesting(numbers: &mut Numbers) -> Value {
    let large = [
        1 << 16,
        (1 << 31) - 1,
        1 << 31,
        1 << 32,
        1 << 40,
        1 << 53,
        1 << 60,
        (1 << 62) + 1,
        i64::MAX as u64,
        1 << 63,
        u64::MAX - 1,
        u64::MAX,
    ];
    match numbers.below(12) {
        0 | 1 => (numbers.below(9) as i64 - 4).into(),
        2 | 3 => numbers.of(&large).copied().into(),
        4 => (-(1_i64 << numbers.below(63))).into(),
        5 => numbers.of(&[0.0, -0.0, 0.5, -1.5, 1e-300, 1e-40, 1e38, 1e39, 1e308, -1e308, 0.999_999_9]).copied().into(),
        6 => Value::Null,
        7 => (numbers.below(2) == 0).into(),
        8 => {
            let texts = [
                "",
                "same",
                "valid",
                "causal",
                "channels_first",
                "channels_last",
                "float16",
                "int32",
                "relu",
                "softmax",
                "concat",
                "none",
                "int",
                "multi_hot",
                "one_hot",
                "count",
                "tf_idf",
                "log",
                "/etc/passwd",
                "abc,cde->abe",
                "...a,ab->...b",
                "->",
                "\u{10ffff}",
            ];
            numbers.of(&texts).copied().into()
        }
        9 => json!([]),
        10 => (0..numbers.below(9)).map(|_| interesting_size(numbers)).collect(),
        _ => json!({}),
    }
}

fn interesting_size(numbers: &mut Numbers) -> Value {
    match numbers.below(6) {
        0 => (1_u64 << numbers.below(64)).into(),
        1 => json!([interesting(numbers)]),
        2 => Value::Null,
        _ => (numbers.below(6) as i64 - 1).into(),
    }
}

fn change_number(place: &mut Value, numbers: &mut Numbers) {
    let Some(number) = place.as_i64() else {
        *place = (numbers.below(4)).into();
        return;
    };
    *place = match numbers.below(6) {
        0 => number.saturating_add(1),
        1 => number.saturating_sub(1),
        2 => number.saturating_neg(),
        3 => number.saturating_mul(2),
        4 => number.saturating_mul(1 << 20),
        _ => 0,
    }
    .into();
}

fn remove(place: &mut Value, numbers: &mut Numbers) {
    match place {
        Value::Array(values) if !values.is_empty() => drop(values.remove(numbers.below(values.len()))),
        Value::Object(values) => {
            let key = values.keys().nth(numbers.below(values.len())).cloned();
            key.map(|key| values.remove(&key));
        }
        other => *other = Value::Null,
    }
}

fn add(place: &mut Value, value: Value, numbers: &mut Numbers) {
    match place {
        Value::Array(values) => values.insert(numbers.below(values.len() + 1), value),
        Value::Object(values) => {
            let known = numbers.of(&KNOWN).and_then(|known| known.object["config"].as_object());
            let key = known.and_then(|config| config.keys().nth(numbers.below(config.len())).cloned());
            values.insert(key.unwrap_or_default(), value);
        }
        other => *other = json!([other.take(), value]),
    }
}

/// Wraps a layer in another layer.
fn wrap(place: &mut Value, numbers: &mut Numbers) {
    if place.get("class_name").is_none() {
        return;
    }
    let inner = place.take();
    let class = ["TimeDistributed", "Bidirectional", "RNN", "SpectralNormalization", "Sequential"][numbers.below(5)];
    let config = match class {
        "RNN" => json!({"cell": inner}),
        "Sequential" => json!({"layers": [inner]}),
        _ => json!({"layer": inner}),
    };
    *place = json!({"class_name": class, "config": config});
}

/// Replaces a layer by another.
fn other_layer(object: &mut Value, numbers: &mut Numbers) {
    let mut layers = Vec::new();
    collect_layers(object, &mut layers);
    let at = numbers.below(layers.len());
    if let (Some(place), Some(known)) = (layers.into_iter().nth(at), numbers.of(&KNOWN)) {
        place.insert("class_name".to_owned(), known.object["class_name"].clone());
        place.insert("config".to_owned(), known.object["config"].clone());
    }
}

/// Appends a layer, which may be the whole model itself.
fn more_layers(object: &mut Value, numbers: &mut Numbers) {
    let whole = object.clone();
    let added = match (numbers.below(8), numbers.of(&KNOWN)) {
        (0, _) | (_, None) => whole,
        (_, Some(known)) => known.object.clone(),
    };
    match object.get_mut("config").and_then(|config| config.get_mut("layers")).and_then(Value::as_array_mut) {
        Some(layers) => layers.push(added),
        None => *object = model_of_one(numbers),
    }
}

/// Collects the layers that do not contain a list of layers.
fn collect_layers<'a>(value: &'a mut Value, layers: &mut Vec<&'a mut Map<String, Value>>) {
    let holds = value.get("config").is_some_and(|config| config.get("layers").is_some());
    let is_layer = !holds && value.get("class_name").is_some_and(|class| class != "InputLayer");
    if is_layer {
        layers.extend(value.as_object_mut());
        return;
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(|value| collect_layers(value, layers)),
        Value::Array(values) => values.iter_mut().for_each(|value| collect_layers(value, layers)),
        _ => {}
    }
}

/// A model of one layer, with inputs of the right shapes.
fn model_of_one(numbers: &mut Numbers) -> Value {
    let Some(known) = numbers.of(&KNOWN) else { return Value::Null };
    let shape = |shape: &Value| {
        let mut shape = shape.clone();
        if let Some(batch) = shape.get_mut(0) {
            *batch = Value::Null;
        }
        shape
    };
    if let [input] = known.inputs.as_slice() {
        let input = json!({"class_name": "InputLayer", "config": {"batch_shape": shape(input)}});
        return json!({"class_name": "Sequential", "config": {"layers": [input, known.object]}});
    }
    let tensor = |at: usize| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [format!("input_{at}"), 0, 0]}});
    let tensors: Vec<Value> = (0..known.inputs.len()).map(tensor).collect();
    let args = match numbers.below(2) {
        0 => json!(tensors),
        _ => json!([tensors]),
    };
    let mut layers: Vec<Value> = known
        .inputs
        .iter()
        .enumerate()
        .map(|(at, input)| {
            json!({"class_name": "InputLayer", "name": format!("input_{at}"), "inbound_nodes": [],
            "config": {"name": format!("input_{at}"), "batch_shape": shape(input)}})
        })
        .collect();
    let mut layer = known.object.clone();
    layer["name"] = "layer".into();
    layer["config"]["name"] = "layer".into();
    layer["inbound_nodes"] = json!([{"args": args, "kwargs": {}}]);
    layers.push(layer);
    let inputs: Vec<Value> = (0..known.inputs.len()).map(|at| json!([format!("input_{at}"), 0, 0])).collect();
    json!({"class_name": "Functional", "config": {"name": "model", "layers": layers, "input_layers": inputs,
        "output_layers": [["layer", 0, 0]]}})
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(values) => values.values().map(count).sum(),
        _ => 0,
    }
}

/// The value with this index, in depth-first order: a value comes before the values inside it.
fn nth<'a>(value: &'a mut Value, at: &mut usize) -> Option<&'a mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(values) => values.iter_mut().find_map(|value| nth(value, at)),
        Value::Object(values) => values.values_mut().find_map(|value| nth(value, at)),
        _ => None,
    }
}
