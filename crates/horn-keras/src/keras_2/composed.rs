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
        Some("band_part") => band,
        Some("clip_by_norm") => clip_by_norm,
        Some("crelu") => crelu,
        Some("cumsum") => cumsum,
        Some("argsort" | "sort") => descending,
        Some("erfc") => complement,
        Some("one_hot") => one_hot,
        Some("multiply_no_nan" | "xlogy") => product_without_zeros,
        Some("slice" | "strided_slice") => part,
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

/// `1 - erf(x)`.
fn complement(layer: &Value) -> Option<Vec<Value>> {
    let erf = step(layer, "erf", "math.erf", |_, given| Some(call([given["args"][0].clone()], json!({}))))?;
    let rest = last(layer, "subtract", |at, _| Some(call([json!(1.0)], json!({"y": output(&erf, at)}))))?;
    Some(vec![erf, rest])
}

/// Values other than 1 for the class, and than 0 for the others.
fn one_hot(layer: &Value) -> Option<Vec<Value>> {
    let of = |given: &Value| {
        let kwargs = &given["kwargs"];
        Some((number(kwargs, "on_value", 1.0)?, number(kwargs, "off_value", 0.0)?))
    };
    let calls = layer["inbound_nodes"].as_array()?;
    if calls.iter().map(of).collect::<Option<Vec<_>>>()?.iter().all(|values| *values == (1.0, 0.0)) {
        return None;
    }
    let ones = step(layer, "ones", "one_hot", |_, given| {
        let kwargs =
            given["kwargs"].as_object()?.iter().filter(|(key, _)| !matches!(key.as_str(), "on_value" | "off_value"));
        let kwargs: Value = kwargs.map(|(key, value)| (key.clone(), value.clone())).collect();
        Some(call([given["args"][0].clone()], kwargs))
    })?;
    let is_class = step(layer, "is_class", "greater", |at, _| Some(call([output(&ones, at)], json!({"y": 0.5}))))?;
    let chosen = last(layer, "where", |at, given| {
        let (on, off) = of(given)?;
        Some(call([output(&is_class, at)], json!({"x": on, "y": off})))
    })?;
    Some(vec![ones, is_class, chosen])
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

/// The triangle below the `num_upper`-th diagonal, and of it that above the `num_lower`-th. A number below 0 keeps all.
fn band(layer: &Value) -> Option<Vec<Value>> {
    let kept = |given: &Value, side: &str| given["kwargs"][side].as_i64();
    let diagonal = |given: &Value, side: &str, sign: i64| match kept(given, side)? {
        ..0 => Some(i64::from(i32::MAX) * sign),
        count => Some(count * sign),
    };
    let lower = step(layer, "lower", "tril", |_, given| {
        Some(call([given["args"][0].clone()], json!({"k": diagonal(given, "num_upper", 1)?})))
    })?;
    let band = last(layer, "triu", |at, given| {
        Some(call([output(&lower, at)], json!({"k": diagonal(given, "num_lower", -1)?})))
    })?;
    Some(vec![lower, band])
}

/// `relu(x)` and `relu(-x)`, side by side.
fn crelu(layer: &Value) -> Option<Vec<Value>> {
    let x = |given: &Value| [given["args"][0].clone()];
    let positive = step(layer, "positive", "nn.relu", |_, given| Some(call(x(given), json!({}))))?;
    let negated = step(layer, "negated", "negative", |_, given| Some(call(x(given), json!({}))))?;
    let negative = step(layer, "negative", "nn.relu", |at, _| Some(call([output(&negated, at)], json!({}))))?;
    let both = last(layer, "concat", |at, given| {
        let axis = given["kwargs"].get("axis").filter(|axis| !axis.is_null()).cloned().unwrap_or(json!(-1));
        Some(call([json!([output(&positive, at), output(&negative, at)])], json!({"axis": axis})))
    })?;
    Some(vec![positive, negated, negative, both])
}

/// A sum of those before each value, where it is `exclusive`, or of those after it, where it is in `reverse`.
fn cumsum(layer: &Value) -> Option<Vec<Value>> {
    let given = &layer["inbound_nodes"][0]["kwargs"];
    let [exclusive, reverse] = ["exclusive", "reverse"].map(|option| given[option] == true);
    if !exclusive && !reverse {
        return None;
    }
    let axis = given.get("axis").cloned().unwrap_or(json!(0));
    let flipped = |x: Value| call([x], json!({"axis": axis}));
    let x = |given: &Value| given["args"][0].clone();
    let mut steps = Vec::new();
    if reverse {
        steps.push(step(layer, "reversed", "reverse", |_, given| Some(flipped(x(given))))?);
    }
    let start = steps.last().cloned();
    let start = |at: usize, given: &Value| start.as_ref().map_or_else(|| x(given), |start| output(start, at));
    let sums = step(layer, "sums", "cumsum", |at, given| Some(flipped(start(at, given))))?;
    steps.push(sums.clone());
    if exclusive {
        let before = |at: usize, given: &Value| call([output(&sums, at)], json!({"y": start(at, given)}));
        steps.push(step(layer, "before", "subtract", |at, given| Some(before(at, given)))?);
    }
    let sums = steps.last()?.clone();
    let function = if reverse { "reverse" } else { "identity" };
    let kwargs = if reverse { json!({"axis": axis}) } else { json!({}) };
    steps.push(last(layer, function, |at, _| Some(call([output(&sums, at)], kwargs.clone())))?);
    Some(steps)
}

/// Sorts in descending order: negated values in ascending order, so that equal ones keep their order.
fn descending(layer: &Value) -> Option<Vec<Value>> {
    let given = &layer["inbound_nodes"][0]["kwargs"];
    if given["direction"] != "DESCENDING" {
        return None;
    }
    let axis = json!({"axis": given.get("axis").filter(|axis| !axis.is_null()).cloned().unwrap_or(json!(-1))});
    let negated = step(layer, "negated", "negative", |_, given| Some(call([given["args"][0].clone()], json!({}))))?;
    let of_negated = |at: usize, _: &Value| Some(call([output(&negated, at)], axis.clone()));
    if layer["config"]["function"].as_str()?.ends_with("argsort") {
        return Some(vec![negated.clone(), last(layer, "argsort", of_negated)?]);
    }
    let sorted = step(layer, "sorted", "sort", of_negated)?;
    let found = last(layer, "negative", |at, _| Some(call([output(&sorted, at)], json!({}))))?;
    Some(vec![negated, sorted, found])
}

/// A product that is 0 where one factor is 0, whatever the other is: `y` of `multiply_no_nan(x, y)`, and `x` of
/// `xlogy(x, y)`, which is `x · log(y)`.
fn product_without_zeros(layer: &Value) -> Option<Vec<Value>> {
    let is_log = layer["config"]["function"].as_str()?.ends_with("xlogy");
    let (x, y) = (|given: &Value| given["args"][0].clone(), |given: &Value| given["kwargs"]["y"].clone());
    let mut steps = Vec::new();
    if is_log {
        steps.push(step(layer, "log", "math.log", |_, given| Some(call([y(given)], json!({}))))?);
    }
    let log = steps.last().cloned();
    let factor = |at: usize, given: &Value| log.as_ref().map_or_else(|| y(given), |log| output(log, at));
    let product =
        step(layer, "product", "multiply", |at, given| Some(call([x(given)], json!({"y": factor(at, given)}))))?;
    let zero = step(layer, "zero", "equal", |_, given| {
        Some(call([if is_log { x(given) } else { y(given) }], json!({"y": 0.0})))
    })?;
    let chosen =
        last(layer, "where", |at, _| Some(call([output(&zero, at)], json!({"x": 0.0, "y": output(&product, at)}))))?;
    steps.extend([product, zero, chosen]);
    Some(steps)
}

/// `slice(x, begin, size)` and `strided_slice(x, begin, end, strides)`, as `x[begin:end:strides]`.
fn part(layer: &Value) -> Option<Vec<Value>> {
    let mut sliced = layer.clone();
    sliced["class_name"] = "SlicingOpLambda".into();
    for node in sliced["inbound_nodes"].as_array_mut()? {
        let given = node["kwargs"].as_object()?;
        let is_known = |(key, value): (&String, &Value)| {
            matches!(key.as_str(), "begin" | "end" | "name" | "size" | "strides" | "var") || *value == 0
        };
        if !given.iter().all(is_known) {
            return None;
        }
        let numbers =
            |key: &str| -> Option<Vec<i64>> { given.get(key)?.as_array()?.iter().map(Value::as_i64).collect() };
        let begin = numbers("begin")?;
        let ends: Vec<Option<i64>> = match (numbers("size"), numbers("end")) {
            // A size of -1 is the rest.
            (Some(sizes), _) => {
                begin.iter().zip(sizes).map(|(begin, size)| (size >= 0).then(|| begin + size)).collect()
            }
            (None, Some(ends)) => ends.into_iter().map(Some).collect(),
            (None, None) => return None,
        };
        let strides = numbers("strides").unwrap_or_else(|| vec![1; begin.len()]);
        let parts = begin.iter().zip(ends).zip(strides);
        let parts: Vec<Value> =
            parts.map(|((begin, end), step)| json!({"start": begin, "stop": end, "step": step})).collect();
        node["kwargs"] = json!({"slice_spec": parts});
    }
    Some(vec![sliced])
}

/// The number that an argument has, or its default.
pub(super) fn number(kwargs: &Value, key: &str, default: f64) -> Option<f64> {
    match kwargs.get(key) {
        None | Some(Value::Null) => Some(default),
        Some(number) => number.as_f64(),
    }
}

pub(super) fn call<const N: usize>(args: [Value; N], kwargs: Value) -> Value {
    json!({"args": args.to_vec(), "kwargs": kwargs})
}

/// What a layer gives in one of its calls.
pub(super) fn output(layer: &Value, at: usize) -> Value {
    json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer["config"]["name"], at, 0]}})
}

/// A step before the last one: the layer with another name and function, and with `calls` made of its own.
pub(super) fn step(
    layer: &Value,
    name: &str,
    function: &str,
    calls: impl Fn(usize, &Value) -> Option<Value>,
) -> Option<Value> {
    named(last(layer, function, calls)?, name)
}

/// A layer as a step before the last one, which has another name.
pub(super) fn named(mut step: Value, name: &str) -> Option<Value> {
    // With a dot: a name that ends in `_1` may be that of another layer.
    let name: Value = format!("{}.{name}", step["config"]["name"].as_str()?).into();
    step["config"]["name"] = name.clone();
    step["name"] = name;
    Some(step)
}

/// The last step, which takes a part of a tensor, `x[key]`.
pub(super) fn sliced(layer: &Value, x: &Value, key: &Value) -> Option<Value> {
    let mut sliced = last(layer, "getitem", |_, _| Some(call([x.clone()], json!({"slice_spec": key}))))?;
    sliced["class_name"] = "SlicingOpLambda".into();
    Some(sliced)
}

/// The last step, which has the name of the layer.
pub(super) fn last(layer: &Value, function: &str, calls: impl Fn(usize, &Value) -> Option<Value>) -> Option<Value> {
    let nodes = layer["inbound_nodes"].as_array()?.iter().enumerate();
    let nodes: Option<Vec<Value>> = nodes.map(|(at, call)| calls(at, call)).collect();
    let mut last = layer.clone();
    last["config"]["function"] = function.into();
    last["inbound_nodes"] = nodes?.into();
    Some(last)
}
