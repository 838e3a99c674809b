//! TensorFlow's functions that pick values, or put them on a diagonal, for which the sizes of their tensors must be known:
//! each becomes a chain of simpler ones.

use horn_nn::Shape;
use serde_json::{Value, json};

use super::composed::{call, last, number, output, step};

/// The largest size of a matrix that is written as a constant.
const MAX_ROWS: usize = 1024;

/// What stands for a layer with such a function, called so, where the shapes of its tensors are known.
pub(super) fn expanded(layer: &Value, given: &Value, shape_of: &dyn Fn(&Value) -> Option<Shape>) -> Option<Vec<Value>> {
    let (x, kwargs) = (&given["args"][0], &given["kwargs"]);
    let function = layer["config"]["function"].as_str()?;
    let (module, own) = function.rsplit_once('.').unwrap_or(("", function));
    match own {
        "diag" if module == "linalg" && is_plain(kwargs, &["k", "padding_value"]) => {
            let shape = shape_of(x)?;
            on_diagonal(layer, x, &json!(0.0), shape.last()?)
        }
        "set_diag" if is_plain(kwargs, &["k"]) => {
            let diagonal = kwargs.get("diagonal")?;
            let shape = shape_of(x)?;
            let [.., rows, columns] = shape.sizes() else { return None };
            on_diagonal(layer, diagonal, x, rows.filter(|_| rows == columns)?)
        }
        "gather" => gathered(layer, x, kwargs, shape_of),
        "gather_nd" => gathered_by_places(layer, x, kwargs, shape_of),
        "local_response_normalization" => normalized(layer, x, kwargs, shape_of(x)?.last()?),
        _ => None,
    }
}

/// Have these arguments no effect?
fn is_plain(kwargs: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| kwargs.get(key).is_none_or(|value| value.is_null() || value.as_f64() == Some(0.0)))
}

/// The matrix of so many rows whose values are those of a function of row and column.
fn matrix(rows: usize, value: impl Fn(usize, usize) -> bool) -> Option<Value> {
    let row = |row: usize| (0..rows).map(|column| json!(u8::from(value(row, column)))).collect::<Value>();
    (rows <= MAX_ROWS).then(|| (0..rows).map(row).collect())
}

/// Matrices with these values on the diagonal, and other ones elsewhere.
fn on_diagonal(layer: &Value, values: &Value, others: &Value, rows: usize) -> Option<Vec<Value>> {
    let eye = matrix(rows, |row, column| row == column)?;
    let columns = step(layer, "columns", "expand_dims", |_, _| Some(call([values.clone()], json!({"axis": -1}))))?;
    let chosen =
        last(layer, "where", |_, _| Some(call([eye.clone()], json!({"x": output(&columns, 0), "y": others}))))?;
    Some(vec![columns, chosen])
}

/// `gather(x, indices, axis, batch_dims)` of one list of places for each of the batch: `take_along_axis`.
fn gathered(
    layer: &Value,
    x: &Value,
    kwargs: &Value,
    shape_of: &dyn Fn(&Value) -> Option<Shape>,
) -> Option<Vec<Value>> {
    let batch = usize::try_from(kwargs["batch_dims"].as_i64()?).ok().filter(|batch| *batch > 0)?;
    let indices = kwargs.get("indices")?;
    let (rank, places) = (shape_of(x)?.rank(), shape_of(indices)?.rank());
    let axis = kwargs["axis"].as_i64().map_or(Some(batch), |axis| super::sizes::place_of(axis, rank))?;
    if axis < batch || axis >= rank || places > batch + 1 {
        return None;
    }
    // The axes of the places are those of the batch, the picked one, and single ones for all others.
    let missing = axis - batch;
    let picks_one = places == batch;
    let added = std::iter::repeat_n(batch, missing)
        .chain(std::iter::repeat_n(axis, usize::from(picks_one)))
        .chain(axis + 1..rank);
    let (mut steps, shaped) = with_axes(layer, indices.clone(), added.map(|axis| json!(axis)))?;
    let along = |_: usize, _: &Value| Some(call([x.clone()], json!({"indices": shaped, "axis": axis})));
    if picks_one {
        let taken = step(layer, "taken", "take_along_axis", along)?;
        steps.push(taken.clone());
        steps.push(last(layer, "squeeze", |_, _| Some(call([output(&taken, 0)], json!({"axis": axis}))))?);
    } else {
        steps.push(last(layer, "take_along_axis", along)?);
    }
    Some(steps)
}

/// `gather_nd(x, indices, batch_dims=1)`: the last axis of the places are numbers of rows, columns, … of one sample.
fn gathered_by_places(
    layer: &Value,
    x: &Value,
    kwargs: &Value,
    shape_of: &dyn Fn(&Value) -> Option<Shape>,
) -> Option<Vec<Value>> {
    let indices = kwargs.get("indices").filter(|_| kwargs["batch_dims"] == 1)?;
    let (of_x, of_places) = (shape_of(x)?, shape_of(indices)?);
    let count = of_places.last()?;
    if of_places.rank() != 3 || count == 0 || of_x.rank() < count + 1 {
        return None;
    }
    let sizes = of_x.sizes()[1..].iter().copied().collect::<Option<Vec<usize>>>()?;
    let (picked, kept) = sizes.split_at(count);
    // A place among all rows and columns of a sample.
    let strides: Vec<usize> = (0..count).map(|axis| picked[axis + 1..].iter().product()).collect();
    let scaled = step(layer, "scaled", "multiply", |_, _| Some(call([indices.clone()], json!({"y": strides}))))?;
    let places = step(layer, "places", "reduce_sum", |_, _| Some(call([output(&scaled, 0)], json!({"axis": -1}))))?;
    let mut flat = vec![json!(-1), json!(picked.iter().product::<usize>())];
    flat.extend(kept.iter().map(|size| json!(size)));
    let rows = step(layer, "rows", "reshape", |_, _| Some(call([x.clone()], json!({"shape": flat}))))?;
    let (shaping, shaped) = with_axes(layer, output(&places, 0), kept.iter().map(|_| json!(-1)))?;
    let taken =
        last(layer, "take_along_axis", |_, _| Some(call([output(&rows, 0)], json!({"indices": shaped, "axis": 1}))))?;
    Some([vec![scaled, places, rows], shaping, vec![taken]].concat())
}

/// The steps that give places these axes of size 1, one after the other, and what the last one gives.
fn with_axes(layer: &Value, places: Value, axes: impl Iterator<Item = Value>) -> Option<(Vec<Value>, Value)> {
    let (mut steps, mut shaped) = (Vec::new(), places);
    for (at, axis) in axes.enumerate() {
        let next = step(layer, &format!("places_{at}"), "expand_dims", |_, _| {
            Some(call([shaped.clone()], json!({"axis": axis})))
        })?;
        shaped = output(&next, 0);
        steps.push(next);
    }
    Some((steps, shaped))
}

/// `x / (bias + alpha · Σ x²)^beta`, with the sum of so many channels before and after each.
fn normalized(layer: &Value, x: &Value, kwargs: &Value, channels: usize) -> Option<Vec<Value>> {
    let radius = number(kwargs, "depth_radius", 5.0)? as usize;
    let near = matrix(channels, |row, column| row.abs_diff(column) <= radius)?;
    let square = step(layer, "square", "math.square", |_, _| Some(call([x.clone()], json!({}))))?;
    let sums = step(layer, "sums", "matmul", |_, _| Some(call([output(&square, 0)], json!({"b": near}))))?;
    let alpha = number(kwargs, "alpha", 1.0)?;
    let scaled = step(layer, "scaled", "multiply", |_, _| Some(call([output(&sums, 0)], json!({"y": alpha}))))?;
    let bias = number(kwargs, "bias", 1.0)?;
    let moved = step(layer, "moved", "add", |_, _| Some(call([output(&scaled, 0)], json!({"y": bias}))))?;
    let beta = number(kwargs, "beta", 0.5)?;
    let power = step(layer, "power", "pow", |_, _| Some(call([output(&moved, 0)], json!({"y": beta}))))?;
    let divided = last(layer, "divide", |_, _| Some(call([x.clone()], json!({"y": output(&power, 0)}))))?;
    Some(vec![square, sums, scaled, moved, power, divided])
}
