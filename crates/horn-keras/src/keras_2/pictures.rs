//! Functions of `tf.image` that Keras 3 has only in several steps: each becomes a chain of simpler ones. They are for images
//! of floats, of which the sizes are known.

use horn_nn::Shape;
use serde_json::{Value, json};

use super::composed::{call, last, named, output, sliced, step};

/// What stands for a layer with such a function, called so, where the shape of the images is known.
pub(super) fn expanded(layer: &Value, given: &Value, shape_of: &dyn Fn(&Value) -> Option<Shape>) -> Option<Vec<Value>> {
    let own = layer["config"]["function"].as_str()?.strip_prefix("image.")?;
    let (x, kwargs) = (&given["args"][0], &given["kwargs"]);
    let number = |key: &str| kwargs[key].as_f64();
    let is_float = || shape_of(x).filter(Shape::is_floats);
    match own {
        "adjust_brightness" => {
            is_float()?;
            let delta = number("delta")?;
            Some(vec![last(layer, "add", |_, _| Some(call([x.clone()], json!({"y": delta}))))?])
        }
        "adjust_contrast" => {
            is_float()?;
            contrasted(layer, x, number("contrast_factor")?)
        }
        "adjust_gamma" => {
            is_float()?;
            let (gamma, gain) = (number("gamma").unwrap_or(1.0), number("gain").unwrap_or(1.0));
            let power = step(layer, "power", "pow", |_, _| Some(call([x.clone()], json!({"y": gamma}))))?;
            let scaled = last(layer, "multiply", |_, _| Some(call([output(&power, 0)], json!({"y": gain}))))?;
            Some(vec![power, scaled])
        }
        "adjust_hue" => {
            is_float()?;
            let delta = number("delta")?;
            // The hue goes round. A value of 1.0 or more is none of its range, which no hue of an image reaches.
            let bounded = ("hue", "mod", json!({"y": 1.0}));
            colored(layer, x, ("moved", "add", json!({"y": [delta, 0.0, 0.0]})), bounded, 0)
        }
        "adjust_saturation" => {
            is_float()?;
            let factor = number("saturation_factor")?;
            let scaled = ("scaled", "multiply", json!({"y": [1.0, factor, 1.0]}));
            let bounded = ("clipped", "clip_by_value", json!({"clip_value_min": 0.0, "clip_value_max": 1.0}));
            colored(layer, x, scaled, bounded, 1)
        }
        "central_crop" => cropped(layer, x, number("central_fraction")?, &shape_of(x)?),
        "convert_image_dtype" => {
            let to_floats = kwargs["dtype"].as_str()?.starts_with("float");
            let shape = shape_of(x).filter(|shape| to_floats && (shape.is_floats() || shape.is_bytes()))?;
            let largest = if shape.is_bytes() { 255.0_f32 } else { 1.0 };
            let floats = step(layer, "floats", "cast", |_, _| Some(call([x.clone()], json!({"dtype": "float32"}))))?;
            let factor = f64::from(1.0 / largest);
            let scaled = last(layer, "multiply", |_, _| Some(call([output(&floats, 0)], json!({"y": factor}))))?;
            Some(vec![floats, scaled])
        }
        "per_image_standardization" => {
            is_float()?;
            standardized(layer, x, &shape_of(x)?)
        }
        "resize_with_crop_or_pad" => {
            let target = |key: &str| kwargs[key].as_i64();
            fitted(layer, x, [target("target_height")?, target("target_width")?], &shape_of(x)?)
        }
        _ => None,
    }
}

/// The height and the width of images, the axes third and second from the end.
fn sides(shape: &Shape) -> Option<[i64; 2]> {
    let [.., height, width, _] = shape.sizes() else { return None };
    Some([i64::try_from((*height)?).ok()?, i64::try_from((*width)?).ok()?])
}

/// The distance from the mean of each channel, times a factor.
fn contrasted(layer: &Value, x: &Value, factor: f64) -> Option<Vec<Value>> {
    let mean = step(layer, "mean", "reduce_mean", |_, _| {
        Some(call([x.clone()], json!({"axis": [-3, -2], "keepdims": true})))
    })?;
    let rest = step(layer, "rest", "subtract", |_, _| Some(call([x.clone()], json!({"y": output(&mean, 0)}))))?;
    let scaled = step(layer, "scaled", "multiply", |_, _| Some(call([output(&rest, 0)], json!({"y": factor}))))?;
    let sum = last(layer, "add", |_, _| Some(call([output(&scaled, 0)], json!({"y": output(&mean, 0)}))))?;
    Some(vec![mean, rest, scaled, sum])
}

/// A step with its name, its function and its arguments.
type Step<'a> = (&'a str, &'a str, Value);

/// Changes hue, saturation and value, and brings the channel that has changed back to where it can be.
fn colored(layer: &Value, x: &Value, change: Step, bound: Step, channel: usize) -> Option<Vec<Value>> {
    let hsv = step(layer, "hsv", "image.rgb_to_hsv", |_, _| Some(call([x.clone()], json!({}))))?;
    let changed = step(layer, change.0, change.1, |_, _| Some(call([output(&hsv, 0)], change.2.clone())))?;
    let part = |(name, at): (&str, i64)| {
        let key = json!(["...", {"start": at, "stop": at + 1, "step": null}]);
        named(sliced(layer, &output(&changed, 0), &key)?, name)
    };
    let parts = [("h", 0), ("s", 1), ("v", 2)].into_iter().map(part).collect::<Option<Vec<Value>>>()?;
    let bounded = step(layer, bound.0, bound.1, |_, _| Some(call([output(&parts[channel], 0)], bound.2.clone())))?;
    let mut joined: Vec<Value> = parts.iter().map(|part| output(part, 0)).collect();
    joined[channel] = output(&bounded, 0);
    let joined = step(layer, "joined", "concat", |_, _| Some(call([joined.clone().into()], json!({"axis": -1}))))?;
    let rgb = last(layer, "image.hsv_to_rgb", |_, _| Some(call([output(&joined, 0)], json!({}))))?;
    Some([vec![hsv, changed], parts, vec![bounded, joined, rgb]].concat())
}

/// A part of the images, of these rows and columns.
fn part(layer: &Value, x: &Value, start: [i64; 2], size: [i64; 2]) -> Option<Value> {
    let bounds = |at: usize| json!({"start": start[at], "stop": start[at] + size[at], "step": null});
    let all = json!({"start": null, "stop": null, "step": null});
    sliced(layer, x, &json!(["...", bounds(0), bounds(1), all]))
}

/// The middle of the images.
fn cropped(layer: &Value, x: &Value, fraction: f64, shape: &Shape) -> Option<Vec<Value>> {
    let sides = sides(shape).filter(|_| fraction > 0.0 && fraction <= 1.0)?;
    let start = sides.map(|side| ((side as f64 - side as f64 * fraction) / 2.0) as i64);
    let size = [0, 1].map(|at| sides[at] - 2 * start[at]);
    Some(vec![part(layer, x, start, size)?])
}

/// The middle of the images, or the images in the middle of zeros.
fn fitted(layer: &Value, x: &Value, target: [i64; 2], shape: &Shape) -> Option<Vec<Value>> {
    let sides = sides(shape).filter(|_| target.iter().all(|side| *side > 0))?;
    let start = [0, 1].map(|at| (sides[at] - target[at]).max(0) / 2);
    let size = [0, 1].map(|at| sides[at].min(target[at]));
    let before = [0, 1].map(|at| (target[at] - sides[at]).max(0) / 2);
    let after = [0, 1].map(|at| target[at] - size[at] - before[at]);
    let middle = part(layer, x, start, size)?;
    if [before, after].concat().iter().all(|margin| *margin == 0) {
        return Some(vec![middle]);
    }
    let middle = named(middle, "middle")?;
    let mut margins = vec![json!([0, 0]); shape.rank() - 3];
    margins.extend([json!([before[0], after[0]]), json!([before[1], after[1]]), json!([0, 0])]);
    let padded = last(layer, "pad", |_, _| Some(call([output(&middle, 0)], json!({"paddings": margins}))))?;
    Some(vec![middle, padded])
}

/// Images with a mean of 0 and a deviation of 1. The deviation of a plain image counts as one of its pixels.
fn standardized(layer: &Value, x: &Value, shape: &Shape) -> Option<Vec<Value>> {
    let [height, width] = sides(shape)?;
    let least = f64::from(((height * width * i64::try_from(shape.last()?).ok()?) as f32).sqrt().recip());
    let axes = json!({"axis": [-3, -2, -1], "keepdims": true});
    let mean = step(layer, "mean", "reduce_mean", |_, _| Some(call([x.clone()], axes.clone())))?;
    let deviation = step(layer, "deviation", "reduce_std", |_, _| Some(call([x.clone()], axes.clone())))?;
    let divisor = step(layer, "divisor", "maximum", |_, _| Some(call([output(&deviation, 0)], json!({"y": least}))))?;
    let rest = step(layer, "rest", "subtract", |_, _| Some(call([x.clone()], json!({"y": output(&mean, 0)}))))?;
    let divided = last(layer, "divide", |_, _| Some(call([output(&rest, 0)], json!({"y": output(&divisor, 0)}))))?;
    Some(vec![mean, deviation, divisor, rest, divided])
}
