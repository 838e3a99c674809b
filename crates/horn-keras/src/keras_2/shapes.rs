//! Shapes as tensors of a graph of Keras 2, as in `tf.reshape(x, [tf.shape(x)[0], 12])`. In a graph of Keras 3, shapes are
//! no tensors: what is made of them becomes a layer or a function that says the same.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::composed::{call, last, output, step};
use super::samples::{self, Samples};
use super::sizes::{self, Shapes, Translate};
use super::{calls, picked, pictures};

/// The most numbers of a `range` that become a constant.
const LONGEST_RANGE: usize = 1 << 16;

/// What a layer of the graph says of the shape of this tensor.
enum Part {
    /// All sizes.
    All(Value),
    /// The sizes as tensors of their own.
    Each(Value),
    /// The size of the axis of samples.
    Samples(Value),
    /// The size of another axis.
    Size(Value, i64),
    /// The sizes of some axes, as Python's `start:stop`.
    Sizes(Value, [Option<i64>; 2]),
    /// A number, or a list of numbers.
    Number(Value),
}

/// What is known of the layers before one.
struct Graph {
    /// What layers find of shapes, by their names.
    parts: HashMap<String, Part>,
    /// The layers whose first axis may be another than that of the samples.
    folded: HashSet<String>,
    shapes: Shapes,
}

impl Graph {
    /// The tensor of which a value is a size: that of the samples, or another one.
    fn size_of(&self, value: &Value, of_samples: bool) -> Option<&Value> {
        let is_first = value["config"]["keras_history"][2] == 0;
        match self.parts.get(source(value)?)? {
            Part::Each(tensor) if is_first == of_samples => Some(tensor),
            Part::Samples(tensor) if of_samples => Some(tensor),
            Part::Size(tensor, _) if !of_samples => Some(tensor),
            _ => None,
        }
    }

    /// The number that a layer gives as an output, or the numbers, where they are known.
    fn number(&self, name: &str, output: &Value, layers: &[Value]) -> Option<Value> {
        let size = |tensor: &Value, axis: i64| self.shapes.size(tensor, axis, layers).map(Value::from);
        match self.parts.get(name)? {
            Part::Number(number) => Some(number.clone()),
            Part::Size(tensor, axis) => size(tensor, *axis),
            Part::Each(tensor) => size(tensor, output.as_i64()?),
            Part::Sizes(tensor, [start, stop]) => {
                let shape = self.shapes.of(tensor, layers)?;
                let bound = |bound: &Option<i64>, open: usize| match bound {
                    Some(axis) => sizes::place_of(*axis, shape.rank()),
                    None => Some(open),
                };
                let axes = shape.sizes().get(bound(start, 0)?..bound(stop, shape.rank())?)?;
                axes.iter().map(|size| size.map(Value::from)).collect()
            }
            Part::All(_) | Part::Samples(_) => None,
        }
    }

    /// The tensor whose samples are the first of these sizes, with the number of its axes, and the other sizes.
    fn samples_and_sizes<'a>(&'a self, shape: &Value, layers: &[Value]) -> Option<(Samples<'a>, Vec<i64>)> {
        let [samples, sizes @ ..] = shape.as_array()?.as_slice() else { return None };
        let of = self.size_of(samples, true)?;
        let sizes = sizes.iter().map(|size| size.as_i64().filter(|size| *size > 0)).collect::<Option<Vec<i64>>>()?;
        Some((Samples { of, rank: self.shapes.of(of, layers)?.rank() }, sizes))
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
                calls::each_text(&layer["inbound_nodes"], &mut |name| reads_one |= self.folded.contains(name));
                reads_one
            }
        };
        if is_folded {
            self.folded.insert(name.to_owned());
        }
    }
}

/// Replaces the functions that take shapes of tensors. The shapes are those of layers that are translated.
pub(super) fn resolve(layers: &mut Vec<Value>, translate: Translate) {
    let mut graph = Graph { shapes: Shapes::new(translate), parts: HashMap::new(), folded: HashSet::new() };
    for mut layer in std::mem::take(layers) {
        if is_function(&layer) && !graph.parts.is_empty() {
            sizes::put_numbers(&mut layer["inbound_nodes"], &|name, output| graph.number(name, output, layers));
        }
        let name = layer["config"]["name"].as_str().unwrap_or_default().to_owned();
        let call = only_call(&layer).filter(|_| is_function(&layer));
        graph.follow(&name, &layer, call.as_ref());
        match call.as_ref().and_then(|call| part(&layer, call, &graph, layers)) {
            Some(part) => {
                graph.parts.insert(name, part);
                layers.push(layer);
            }
            None => {
                let replaced = call.and_then(|call| replaced(&layer, &call, &graph, layers));
                layers.extend(replaced.unwrap_or_else(|| vec![layer]));
            }
        }
    }
}

/// Leaves out functions that no layer and no output reads: those that found shapes, and those of `add_loss`.
pub(super) fn leave_out_unread(layers: &mut Vec<Value>, outputs: &Value) {
    let mut readers: HashMap<String, usize> = HashMap::new();
    let mut count = |name: &str| *readers.entry(name.to_owned()).or_default() += 1;
    calls::each_text(outputs, &mut count);
    layers.iter().for_each(|layer| calls::each_text(&layer["inbound_nodes"], &mut count));
    // The last ones first, since functions read those before them.
    let mut is_read = Vec::new();
    for layer in layers.iter().rev() {
        let name = layer["config"]["name"].as_str().unwrap_or_default();
        is_read.push(!is_function(layer) || readers.get(name).is_some_and(|readers| *readers > 0));
        if is_read.last() == Some(&false) {
            calls::each_text(&layer["inbound_nodes"], &mut |name| {
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

fn part(layer: &Value, call: &Value, graph: &Graph, layers: &[Value]) -> Option<Part> {
    let input = &call["args"][0];
    let shape = || match graph.parts.get(source(input)?)? {
        Part::All(tensor) => Some(tensor.clone()),
        _ => None,
    };
    if layer["class_name"] == "SlicingOpLambda" {
        return sliced(input, &call["kwargs"]["slice_spec"], shape(), graph, layers);
    }
    let function = layer["config"]["function"].as_str()?;
    match function.rsplit('.').next()? {
        "shape" if source(input).is_some() => Some(Part::All(input.clone())),
        "unstack" => shape().map(Part::Each),
        "rank" => Some(Part::Number(graph.shapes.of(input, layers)?.rank().into())),
        "size" => {
            let sizes = graph.shapes.of(input, layers)?.sizes().iter().copied().collect::<Option<Vec<usize>>>()?;
            let count = sizes.into_iter().try_fold(1_usize, usize::checked_mul)?;
            Some(Part::Number(count.into()))
        }
        _ => sizes::folded(function, call["args"].as_array()?, &call["kwargs"]).map(Part::Number),
    }
}

/// A part of a shape, or of a list of numbers.
fn sliced(input: &Value, key: &Value, shape: Option<Value>, graph: &Graph, layers: &[Value]) -> Option<Part> {
    let key = match key {
        Value::Array(keys) => keys.first().filter(|_| keys.len() == 1)?,
        key => key,
    };
    if let Value::Array(numbers) = input {
        let at = sizes::place_of(key.as_i64()?, numbers.len())?;
        return numbers.get(at).filter(|number| number.is_number()).cloned().map(Part::Number);
    }
    let tensor = shape?;
    match key {
        Value::Number(axis) => {
            let axis = axis.as_i64()?;
            let rank = || graph.shapes.of(&tensor, layers).map(|shape| shape.rank());
            let is_first = axis == 0 || axis < 0 && rank().is_some_and(|rank| sizes::place_of(axis, rank) == Some(0));
            Some(if is_first { Part::Samples(tensor) } else { Part::Size(tensor, axis) })
        }
        Value::Object(bounds) if matches!(bounds.get("step"), None | Some(Value::Null)) => {
            let bound = |key: &str| bounds.get(key).and_then(Value::as_i64);
            Some(Part::Sizes(tensor, [bound("start"), bound("stop")]))
        }
        _ => None,
    }
}

/// The name of the layer that gives a tensor.
fn source(tensor: &Value) -> Option<&str> {
    tensor["config"]["keras_history"][0].as_str()
}

/// What stands for a function that takes a shape, if Keras 3 can say it.
fn replaced(layer: &Value, given: &Value, graph: &Graph, layers: &[Value]) -> Option<Vec<Value>> {
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
    let samples_of = |shape: &Value| graph.samples_and_sizes(shape, layers);
    // The axes of a value that is one for all samples.
    let axes = |value: &Value| match graph.shapes.of(value, layers) {
        Some(shape) => Some(shape.rank()).filter(|_| shape.sizes().first() == Some(&Some(1))),
        None => samples::axes_of(value).filter(|(_, first)| *first == 1).map(|(axes, _)| axes),
    };
    let filled = |shape: &Value, value: &Value| {
        let (samples, sizes) = samples_of(shape)?;
        samples.filled(layer, value, &sizes)
    };
    let of_dtype = |number: i64| {
        let is_whole = kwargs["dtype"].as_str().is_some_and(|dtype| dtype.contains("int"));
        if is_whole { json!(number) } else { json!(number as f64) }
    };
    match layer["config"]["function"].as_str()? {
        "broadcast_to" if kwargs["shape"].is_array() => {
            filled(&kwargs["shape"], x).filter(|_| source(x).is_none() || axes(x).is_some())
        }
        "fill" if x.is_array() => filled(x, &kwargs["value"]),
        "ones" if x.is_array() => filled(x, &of_dtype(1)),
        "zeros" if x.is_array() => filled(x, &of_dtype(0)),
        "repeat" if kwargs["axis"] == 0 => {
            let of = graph.size_of(&kwargs["repeats"], true)?;
            let rank = graph.shapes.of(of, layers)?.rank();
            Samples { of, rank }.each(layer, x, axes(x)?, &[])
        }
        "tile" => {
            let (samples, repeats) = samples_of(&kwargs["multiples"])?;
            samples.each(layer, x, axes(x).filter(|axes| *axes == repeats.len() + 1)?, &repeats)
        }
        "range" => range(layer, x, kwargs, layers),
        "broadcast_to" => added(of_tensor(&kwargs["shape"])?, x),
        "fill" => added(of_tensor(x)?, &kwargs["value"]),
        "keras.backend.batch_flatten" => keeping_samples(layer, x, vec![json!(-1)]),
        "ones" => like("ones_like"),
        "reshape" => reshaped(layer, given, graph, layers),
        "zeros" => like("zeros_like"),
        "sequence_mask" => sequence_mask(layer, x, kwargs),
        _ => {
            let shape_of = |tensor: &Value| graph.shapes.of(tensor, layers);
            picked::expanded(layer, given, &shape_of).or_else(|| pictures::expanded(layer, given, &shape_of))
        }
    }
}

/// The numbers of a `range`, which are known, as a tensor: they are added to a zero of an input.
fn range(layer: &Value, x: &Value, kwargs: &Value, layers: &[Value]) -> Option<Vec<Value>> {
    let (start, limit) = match kwargs["limit"].as_i64() {
        Some(limit) => (x.as_i64()?, limit),
        None => (0, x.as_i64().filter(|_| kwargs["limit"].is_null())?),
    };
    let delta = if kwargs["delta"].is_null() { 1 } else { kwargs["delta"].as_i64().filter(|delta| *delta > 0)? };
    let numbers = (start..limit).step_by(usize::try_from(delta).ok()?).take(LONGEST_RANGE + 1);
    let numbers: Vec<i64> = numbers.collect();
    if !(1..=LONGEST_RANGE).contains(&numbers.len()) {
        return None;
    }
    let is_input = |layer: &&Value| layer["class_name"] == "InputLayer" && layer["config"]["dtype"] != "string";
    let input = output(layers.iter().find(is_input)?, 0);
    let zeros = step(layer, "zeros", "zeros_like", |_, _| Some(call([input.clone()], json!({"dtype": "int32"}))))?;
    let zero = step(layer, "zero", "reduce_max", |_, _| Some(call([output(&zeros, 0)], json!({}))))?;
    let sum = step(layer, "sum", "add", |_, _| Some(call([output(&zero, 0)], json!({"y": numbers}))))?;
    let dtype = kwargs["dtype"].as_str().unwrap_or("int32");
    let cast = last(layer, "cast", |_, _| Some(call([output(&sum, 0)], json!({"dtype": dtype}))))?;
    Some(vec![zeros, zero, sum, cast])
}

/// Which places are before the end of their sequence, for sequences of a length that is known.
fn sequence_mask(layer: &Value, lengths: &Value, kwargs: &Value) -> Option<Vec<Value>> {
    let longest = usize::try_from(kwargs["maxlen"].as_i64()?).ok().filter(|longest| *longest <= LONGEST_RANGE)?;
    let ends = step(layer, "ends", "expand_dims", |_, _| Some(call([lengths.clone()], json!({"axis": -1}))))?;
    let places: Vec<usize> = (0..longest).collect();
    let mask = step(layer, "mask", "greater", |_, _| Some(call([output(&ends, 0)], json!({"y": places}))))?;
    let dtype = kwargs["dtype"].as_str().unwrap_or("bool");
    let cast = last(layer, "cast", |_, _| Some(call([output(&mask, 0)], json!({"dtype": dtype}))))?;
    Some(vec![ends, mask, cast])
}

/// A reshaping to sizes of which some are those of tensors.
fn reshaped(layer: &Value, given: &Value, graph: &Graph, layers: &[Value]) -> Option<Vec<Value>> {
    let (x, shape) = (&given["args"][0], &given["kwargs"]["shape"]);
    if let Some(Part::All(tensor)) = source(shape).and_then(|name| graph.parts.get(name)) {
        let like = graph.shapes.of(tensor, layers)?;
        let sizes = like.sizes().get(1..)?.iter().copied().collect::<Option<Vec<usize>>>()?;
        let shape: Vec<Value> = [json!(-1)].into_iter().chain(sizes.into_iter().map(Value::from)).collect();
        return Some(vec![last(layer, "reshape", |_, _| Some(call([x.clone()], json!({"shape": shape}))))?]);
    }
    let [samples, sizes @ ..] = shape.as_array()?.as_slice() else { return None };
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
