//! Tensors that TensorFlow makes for as many samples as another one has, as `tf.tile(token, [tf.shape(x)[0], 1, 1])`: what
//! is the same for all samples is added to zeros.

use serde_json::{Value, json};

use super::composed::{call, last, named, output, sliced, step};

/// What each of the samples of a tensor is given.
pub(super) struct Samples<'a> {
    /// The tensor with the samples, and the number of its axes.
    pub of: &'a Value,
    pub rank: usize,
}

impl Samples<'_> {
    /// The steps to zeros of `axes` axes, all but the first of size 1.
    fn zeros(&self, layer: &Value, axes: usize) -> Option<Vec<Value>> {
        let mut steps = Vec::new();
        let mut tensor = self.of.clone();
        if self.rank > 1 {
            let all = json!({"start": null, "stop": null, "step": null});
            let key: Vec<Value> = std::iter::once(all).chain(vec![json!(0); self.rank - 1]).collect();
            let first = named(sliced(layer, &tensor, &key.into())?, "first")?;
            tensor = output(&first, 0);
            steps.push(first);
        }
        let zeros = step(layer, "zeros", "zeros_like", |_, _| Some(call([tensor.clone()], json!({"dtype": "int32"}))))?;
        let mut shape = vec![1_i64; axes];
        *shape.first_mut()? = -1;
        let shaped = step(layer, "shaped", "reshape", |_, _| Some(call([output(&zeros, 0)], json!({"shape": shape}))))?;
        steps.extend([zeros, shaped]);
        Some(steps)
    }

    /// A value of `axes` axes, the first of size 1, for each sample, repeated so often along the other axes.
    pub fn each(&self, layer: &Value, value: &Value, axes: usize, repeats: &[i64]) -> Option<Vec<Value>> {
        let mut steps = self.zeros(layer, axes)?;
        let zeros = output(steps.last()?, 0);
        if repeats.iter().all(|&repeat| repeat == 1) {
            steps.push(last(layer, "add", |_, _| Some(call([zeros.clone()], json!({"y": value}))))?);
            return Some(steps);
        }
        let sum = step(layer, "sum", "add", |_, _| Some(call([zeros.clone()], json!({"y": value}))))?;
        let multiples: Vec<i64> = std::iter::once(1).chain(repeats.iter().copied()).collect();
        let tiled = last(layer, "tile", |_, _| Some(call([output(&sum, 0)], json!({"multiples": multiples}))))?;
        steps.extend([sum, tiled]);
        Some(steps)
    }

    /// A value that is broadcast to this shape after that of the samples.
    pub fn filled(&self, layer: &Value, value: &Value, sizes: &[i64]) -> Option<Vec<Value>> {
        let mut steps = self.zeros(layer, sizes.len() + 1)?;
        let multiples: Vec<i64> = std::iter::once(1).chain(sizes.iter().copied()).collect();
        let zeros = output(steps.last()?, 0);
        let tiled = step(layer, "tiled", "tile", |_, _| Some(call([zeros.clone()], json!({"multiples": multiples}))))?;
        let sum = last(layer, "add", |_, _| Some(call([output(&tiled, 0)], json!({"y": value}))))?;
        steps.extend([tiled, sum]);
        Some(steps)
    }
}

/// How many axes lists of numbers have, and the size of the first.
pub(super) fn axes_of(constant: &Value) -> Option<(usize, usize)> {
    let list = constant.as_array()?;
    let mut axes = 1;
    let mut first = list.first()?;
    while let Value::Array(items) = first {
        axes += 1;
        first = items.first()?;
    }
    first.is_number().then_some((axes, list.len()))
}
