//! Shapes as tensors of a graph of Keras 2, as in `tf.reshape(x, [tf.shape(x)[0], 12])`. In a graph of Keras 3, shapes are
//! no tensors: what is made of them becomes a layer or a function that says the same.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::calls;
use super::composed::{call, last, output, step};

/// What a layer of the graph says of the shape of this tensor.
enum Part {
    /// All sizes.
    All(Value),
    /// The sizes as tensors of their own.
    Each(Value),
    /// The size of the axis of samples.
    Samples(Value),
    /// The size of another axis.
    Size(Value),
}

/// What is known of the layers before one.
#[derive(Default)]
struct Graph {
    /// What layers find of shapes, by their names.
    parts: HashMap<String, Part>,
    /// The layers whose first axis may be another than that of the samples.
    folded: HashSet<String>,
}

impl Graph {
    /// The tensor of which a value is a size: that of the samples, or another one.
    fn size_of(&self, value: &Value, of_samples: bool) -> Option<&Value> {
        let is_first = value["config"]["keras_history"][2] == 0;
        match self.parts.get(source(value)?)? {
            Part::Each(tensor) if is_first == of_samples => Some(tensor),
            Part::Samples(tensor) if of_samples => Some(tensor),
            Part::Size(tensor) if !of_samples => Some(tensor),
            _ => None,
        }
    }

    fn is_folded(&self, tensor: &Value) -> bool {
        source(tensor).is_some_and(|name| self.folded.contains(name))
    }

    /// Notes what a layer does with the axis of samples.
    fn follow(&mut self, name: &str, layer: &Value, call: Option<&Value>) {
        let kwargs = call.map_or(&Value::Null, |call| &call["kwargs"]);
        let function = layer["config"]["function"].as_str().unwrap_or_default();
        let is_folded = match function.rsplit('.').next() {
            Some("reshape") => self.size_of(&kwargs["shape"][0], true).is_none(),
            Some("transpose") if kwargs["perm"][0] != 0 => true,
            _ => {
                let mut reads_one = false;
                each_text(&layer["inbound_nodes"], &mut |name| reads_one |= self.folded.contains(name));
                reads_one
            }
        };
        if is_folded {
            self.folded.insert(name.to_owned());
        }
    }
}

/// Replaces the functions that take shapes of tensors.
pub(super) fn resolve(layers: &mut Vec<Value>) {
    let mut graph = Graph::default();
    for layer in std::mem::take(layers) {
        let name = layer["config"]["name"].as_str().unwrap_or_default().to_owned();
        let call = only_call(&layer).filter(|_| is_function(&layer));
        graph.follow(&name, &layer, call.as_ref());
        match call.as_ref().and_then(|call| part(&layer, call, &graph)) {
            Some(part) => {
                graph.parts.insert(name, part);
                layers.push(layer);
            }
            None => {
                let replaced = call.and_then(|call| replaced(&layer, &call, &graph));
                layers.extend(replaced.unwrap_or_else(|| vec![layer]));
            }
        }
    }
}

/// Leaves out functions that no layer and no output reads: those that found shapes, and those of `add_loss`.
pub(super) fn leave_out_unread(layers: &mut Vec<Value>, outputs: &Value) {
    let mut readers: HashMap<String, usize> = HashMap::new();
    let mut count = |name: &str| *readers.entry(name.to_owned()).or_default() += 1;
    each_text(outputs, &mut count);
    layers.iter().for_each(|layer| each_text(&layer["inbound_nodes"], &mut count));
    // The last ones first, since functions read those before them.
    let mut is_read = Vec::new();
    for layer in layers.iter().rev() {
        let name = layer["config"]["name"].as_str().unwrap_or_default();
        is_read.push(!is_function(layer) || readers.get(name).is_some_and(|readers| *readers > 0));
        if is_read.last() == Some(&false) {
            each_text(&layer["inbound_nodes"], &mut |name| {
                readers.entry(name.to_owned()).and_modify(|readers| *readers -= 1);
            });
        }
    }
    layers.retain(|_| is_read.pop().unwrap_or(true));
}

fn is_function(layer: &Value) -> bool {
    layer["class_name"] == "TFOpLambda" || layer["class_name"] == "SlicingOpLambda"
}

/// The only call of a layer, in Keras 3's form.
fn only_call(layer: &Value) -> Option<Value> {
    let [call] = layer["inbound_nodes"].as_array()?.as_slice() else { return None };
    let mut call = call.clone();
    calls::translate(&mut call);
    Some(call)
}

fn part(layer: &Value, call: &Value, graph: &Graph) -> Option<Part> {
    let input = &call["args"][0];
    let shape = || match graph.parts.get(source(input)?)? {
        Part::All(tensor) => Some(tensor.clone()),
        _ => None,
    };
    if layer["class_name"] == "SlicingOpLambda" {
        let is_first = call["kwargs"]["slice_spec"].as_i64()? == 0;
        return shape().map(if is_first { Part::Samples } else { Part::Size });
    }
    match layer["config"]["function"].as_str()? {
        "shape" | "compat.v1.shape" => Some(Part::All(input.clone())),
        "unstack" => shape().map(Part::Each),
        _ => None,
    }
}

/// The name of the layer that gives a tensor.
fn source(tensor: &Value) -> Option<&str> {
    tensor["config"]["keras_history"][0].as_str()
}

/// Visits all texts in a value, such as the names of layers in calls.
fn each_text(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(values) => values.iter().for_each(|value| each_text(value, visit)),
        Value::Object(values) => values.values().for_each(|value| each_text(value, visit)),
        _ => {}
    }
}

/// What stands for a function that takes a shape, if Keras 3 can say it.
fn replaced(layer: &Value, given: &Value, graph: &Graph) -> Option<Vec<Value>> {
    let of_tensor = |value: &Value| match graph.parts.get(source(value)?)? {
        Part::All(tensor) => Some(tensor.clone()),
        _ => None,
    };
    let (x, kwargs) = (&given["args"][0], &given["kwargs"]);
    // What has the sizes of a tensor is added to its zeros.
    let added = |like: Value, value: &Value| {
        let zeros = step(layer, "zeros", "zeros_like", |_, _| Some(call([like.clone()], json!({}))))?;
        let sum = last(layer, "add", |at, _| Some(call([output(&zeros, at)], json!({"y": value}))))?;
        Some(vec![zeros, sum])
    };
    let like = |function: &str| Some(vec![last(layer, function, |_, _| Some(call([of_tensor(x)?], json!({}))))?]);
    match layer["config"]["function"].as_str()? {
        "broadcast_to" => added(of_tensor(&kwargs["shape"])?, x),
        "fill" => added(of_tensor(x)?, &kwargs["value"]),
        "keras.backend.batch_flatten" => keeping_samples(layer, x, vec![json!(-1)]),
        "ones" => like("ones_like"),
        "reshape" => reshaped(layer, given, graph),
        "zeros" => like("zeros_like"),
        _ => None,
    }
}

/// A reshaping to sizes of which some are those of tensors.
fn reshaped(layer: &Value, given: &Value, graph: &Graph) -> Option<Vec<Value>> {
    let x = &given["args"][0];
    let [samples, sizes @ ..] = given["kwargs"]["shape"].as_array()?.as_slice() else { return None };
    let of_samples = graph.size_of(samples, true)?;
    let is_size = |value: &Value| graph.size_of(value, false).is_some();
    let size = |value: &Value| if is_size(value) { Some(json!(-1)) } else { value.is_i64().then(|| value.clone()) };
    let sizes = sizes.iter().map(size).collect::<Option<Vec<Value>>>()?;
    match sizes.iter().filter(|size| **size == -1).count() {
        // The samples are what is left.
        0 => {
            let shape: Vec<Value> = [json!(-1)].into_iter().chain(sizes).collect();
            Some(vec![last(layer, "reshape", |_, _| Some(call([x.clone()], json!({"shape": shape}))))?])
        }
        1 if of_samples == x || ![x, of_samples].map(|tensor| graph.is_folded(tensor)).contains(&true) => {
            keeping_samples(layer, x, sizes)
        }
        _ => None,
    }
}

/// The layer `Reshape`, which keeps the samples.
fn keeping_samples(layer: &Value, x: &Value, target: Vec<Value>) -> Option<Vec<Value>> {
    let mut reshape = layer.clone();
    reshape["class_name"] = "Reshape".into();
    let name = &layer["config"]["name"];
    reshape["config"] = json!({"name": name, "trainable": true, "dtype": "float32", "target_shape": target});
    reshape["inbound_nodes"] = json!([call([x.clone()], json!({}))]);
    Some(vec![reshape])
}
