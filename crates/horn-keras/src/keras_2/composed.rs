//! TensorFlow's functions that Keras 3 has only in several steps: each becomes a chain of simpler ones.

use serde_json::{Value, json};

use super::calls;

/// Replaces the functions in the layers of a graph of Keras 2. `tf.nn.moments` leaves one of them in a graph.
pub(crate) fn expand(layers: &mut Vec<Value>) {
    *layers = std::mem::take(layers).into_iter().flat_map(steps).collect();
}

fn steps(mut layer: Value) -> Vec<Value> {
    if layer["class_name"] != "TFOpLambda" {
        return vec![layer];
    }
    layer["inbound_nodes"].as_array_mut().into_iter().flatten().for_each(calls::translate);
    let chain = match layer["config"]["function"].as_str().and_then(|function| function.rsplit('.').next()) {
        Some("squared_difference") => squared_difference(&layer),
        Some("add_n" | "accumulate_n") => sum(&layer),
        Some("clip_by_norm") => clip_by_norm(&layer),
        _ => None,
    };
    chain.unwrap_or_else(|| vec![layer])
}

/// `(x - y)²`.
fn squared_difference(layer: &Value) -> Option<Vec<Value>> {
    let difference = step(layer, "difference", "math.subtract", |_, call| Some(call.clone()))?;
    let square = last(layer, "math.square", |at, _| Some(call([output(&difference, at)], json!({}))))?;
    Some(vec![difference, square])
}

/// The sum of a list of tensors, one after the other.
fn sum(layer: &Value) -> Option<Vec<Value>> {
    let lists = |call: &Value| call["args"][0].as_array().cloned();
    let count = lists(layer["inbound_nodes"].get(0)?)?.len();
    let mut chain: Vec<Value> = Vec::new();
    for term in 1..count {
        let add = |at: usize, given: &Value| {
            let terms = lists(given).filter(|terms| terms.len() == count)?;
            let before = chain.last().map_or_else(|| terms[0].clone(), |before| output(before, at));
            Some(call([before], json!({"y": terms[term]})))
        };
        let added = match term + 1 == count {
            true => last(layer, "math.add", add)?,
            false => step(layer, &format!("sum_{term}"), "math.add", add)?,
        };
        chain.push(added);
    }
    (!chain.is_empty()).then_some(chain)
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
    // A dot, as lines and numbers are in the names of other layers.
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
