//! TensorFlow's functions that Keras 3 has only in several steps: each becomes a chain of simpler ones.

use serde_json::{Value, json};

use super::calls;

/// Replaces the functions in the layers of a graph of Keras 2. `tf.nn.moments` leaves one of them in a graph.
pub(crate) fn expand(layers: &mut Vec<Value>) {
    *layers = std::mem::take(layers).into_iter().flat_map(steps).collect();
}

fn steps(mut layer: Value) -> Vec<Value> {
    let function = layer["config"]["function"].as_str().filter(|_| layer["class_name"] == "TFOpLambda");
    let chain = match function.and_then(|function| function.rsplit('.').next()) {
        Some("squared_difference") => squared_difference,
        Some("add_n" | "accumulate_n") => sum,
        Some("clip_by_norm") => clip_by_norm,
        _ => return vec![layer],
    };
    layer["inbound_nodes"].as_array_mut().into_iter().flatten().for_each(calls::translate);
    chain(&layer).unwrap_or_else(|| vec![layer])
}

/// `(x - y)²`.
fn squared_difference(layer: &Value) -> Option<Vec<Value>> {
    let difference = step(layer, "difference", "math.subtract", |_, call| Some(call.clone()))?;
    let square = last(layer, "math.square", |at, _| Some(call([output(&difference, at)], json!({}))))?;
    Some(vec![difference, square])
}

/// The sum of a list of tensors.
fn sum(layer: &Value) -> Option<Vec<Value>> {
    let stacked =
        step(layer, "stacked", "stack", |_, given| Some(call([given["args"][0].clone()], json!({"axis": -1}))))?;
    let sum = last(layer, "reduce_sum", |at, _| Some(call([output(&stacked, at)], json!({"axis": -1}))))?;
    Some(vec![stacked, sum])
}

/// `x · c / max(‖x‖, c)`, with the norm along `axes`, or of the whole tensor.
fn clip_by_norm(layer: &Value) -> Option<Vec<Value>> {
    let clip = |call: &Value| call["kwargs"].get("clip_norm").cloned();
    let norm = step(layer, "norm", "norm", |_, given| {
        Some(call([given["args"][0].clone()], json!({"axis": given["kwargs"]["axes"], "keepdims": true})))
    })?;
    let divisor = step(layer, "divisor", "math.maximum", |at, given| {
        Some(call([output(&norm, at)], json!({"y": clip(given)?})))
    })?;
    let scaled = step(layer, "scaled", "math.multiply", |_, given| {
        Some(call([given["args"][0].clone()], json!({"y": clip(given)?})))
    })?;
    let divided =
        last(layer, "math.divide", |at, _| Some(call([output(&scaled, at)], json!({"y": output(&divisor, at)}))))?;
    Some(vec![norm, divisor, scaled, divided])
}

fn call<const N: usize>(args: [Value; N], kwargs: Value) -> Value {
    json!({"args": args.to_vec(), "kwargs": kwargs})
}

/// What a layer gives in one of its calls.
fn output(layer: &Value, at: usize) -> Value {
    json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer["config"]["name"], at, 0]}})
}

/// A step before the last one: the layer with another name and function, and with `calls` made of its own.
fn step(layer: &Value, name: &str, function: &str, calls: impl Fn(usize, &Value) -> Option<Value>) -> Option<Value> {
    let mut step = last(layer, function, calls)?;
    // With a dot: a name that ends in `_1` may be that of another layer.
    let name: Value = format!("{}.{name}", layer["config"]["name"].as_str()?).into();
    step["config"]["name"] = name.clone();
    step["name"] = name;
    Some(step)
}

/// The last step, which has the name of the layer.
fn last(layer: &Value, function: &str, calls: impl Fn(usize, &Value) -> Option<Value>) -> Option<Value> {
    let nodes = layer["inbound_nodes"].as_array()?.iter().enumerate();
    let nodes: Option<Vec<Value>> = nodes.map(|(at, call)| calls(at, call)).collect();
    let mut last = layer.clone();
    last["config"]["function"] = function.into();
    last["inbound_nodes"] = nodes?.into();
    Some(last)
}
