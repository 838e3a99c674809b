//! Sizes of tensors as numbers: what a graph of Keras 2 computes from `tf.shape(x)[1]`, `tf.rank(x)` or `tf.size(x)`, where
//! the sizes are known. In a graph of Keras 3 these are numbers and no tensors.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use horn_nn::{Functional, Result, Shape};
use serde_json::{Value, json};

use super::{calls, composed};

/// How many layers are read for the shapes of a file. Each shape takes as long as reading the layers before it, with those of
/// the models inside.
const MAX_LAYERS: usize = 50_000;

thread_local! {
    static LAYERS_LEFT: Cell<usize> = const { Cell::new(MAX_LAYERS) };
}

/// Begins with the shapes of another file.
pub(crate) fn begin() {
    LAYERS_LEFT.set(MAX_LAYERS);
}

/// The number of layers in a list, with those of the models inside.
fn count(layers: &[Value]) -> usize {
    let inner = |layer: &Value| layer["config"]["layers"].as_array().map_or(0, |layers| count(layers));
    layers.iter().map(|layer| 1 + inner(layer)).sum()
}

/// Translates a layer.
pub(super) type Translate = fn(&mut Value) -> Result<()>;

/// The shapes of the tensors of a graph, as far as they have been asked for.
pub(super) struct Shapes {
    translate: Translate,
    found: RefCell<HashMap<String, Option<Shape>>>,
}

impl Shapes {
    pub fn new(translate: Translate) -> Self {
        Self { translate, found: RefCell::default() }
    }

    /// The shape of a tensor that the layers give; none where it can't be known.
    pub fn of(&self, tensor: &Value, layers: &[Value]) -> Option<Shape> {
        let place = tensor["config"]["keras_history"].as_array()?;
        let key = json!(place).to_string();
        if let Some(known) = self.found.borrow().get(&key) {
            return known.clone();
        }
        let shape = self.shape(place, layers);
        self.found.borrow_mut().insert(key, shape.clone());
        shape
    }

    /// The size of an axis, which may be counted from the end.
    pub fn size(&self, tensor: &Value, axis: i64, layers: &[Value]) -> Option<usize> {
        let shape = self.of(tensor, layers)?;
        *shape.sizes().get(place_of(axis, shape.rank())?)?
    }

    /// The shape of the tensor at a place, from a model of the layers that lead to it.
    fn shape(&self, place: &[Value], layers: &[Value]) -> Option<Shape> {
        // A layer that is only looked at takes a part of the time.
        LAYERS_LEFT.set(LAYERS_LEFT.get().checked_sub(layers.len() / 16)?);
        let mut before = leading_to(place.first()?.as_str()?, layers)?;
        LAYERS_LEFT.set(LAYERS_LEFT.get().checked_sub(count(&before))?);
        composed::expand(&mut before);
        before.iter_mut().try_for_each(self.translate).ok()?;
        let inputs = before.iter().filter(|layer| layer["class_name"] == "InputLayer");
        let inputs: Vec<Value> = inputs.map(|layer| json!([layer["name"], 0, 0])).collect();
        let config = json!({"name": "part", "layers": before, "input_layers": inputs, "output_layers": [place]});
        Functional::from_config(&config).ok().map(|graph| graph.first_output().clone())
    }
}

/// Where an axis is among so many, if it is counted from the end.
pub(super) fn place_of(axis: i64, rank: usize) -> Option<usize> {
    usize::try_from(if axis < 0 { axis + i64::try_from(rank).ok()? } else { axis }).ok()
}

/// The layers from which the layer of this name is computed, and itself.
fn leading_to(name: &str, layers: &[Value]) -> Option<Vec<Value>> {
    let named: HashMap<&str, &Value> =
        layers.iter().filter_map(|layer| Some((layer["config"]["name"].as_str()?, layer))).collect();
    let (mut open, mut seen) = (vec![name], HashSet::from([name]));
    while let Some(name) = open.pop() {
        let layer: &Value = named.get(name)?;
        calls::each_text(&layer["inbound_nodes"], &mut |text| {
            if let Some((&name, _)) = named.get_key_value(text).filter(|(name, _)| !seen.contains(*name)) {
                seen.insert(name);
                open.push(name);
            }
        });
    }
    let is_seen = |layer: &&Value| layer["config"]["name"].as_str().is_some_and(|name| seen.contains(name));
    Some(layers.iter().filter(is_seen).cloned().collect())
}

/// Puts numbers in the place of the tensors that have them, in the calls of a layer as Keras 2 writes them.
pub(super) fn put_numbers(value: &mut Value, number: &impl Fn(&str, &Value) -> Option<Value>) {
    match value {
        Value::Array(values) => {
            values.iter_mut().for_each(|value| put_numbers(value, number));
            let known = match &values[..] {
                [Value::String(name), Value::Number(_), output @ Value::Number(_), ..] => number(name, output),
                _ => None,
            };
            match (known, values.get_mut(3).map(Value::take)) {
                (Some(known), Some(kwargs)) => *value = json!(["_CONSTANT_VALUE", -1, known, kwargs]),
                (Some(known), None) => *value = known,
                (None, Some(rest)) => values[3] = rest,
                (None, None) => {}
            }
        }
        Value::Object(values) => values.values_mut().for_each(|value| put_numbers(value, number)),
        _ => {}
    }
}

/// What a function of TensorFlow makes of numbers, or of lists of numbers as those of some axes.
pub(super) fn folded(function: &str, args: &[Value], kwargs: &Value) -> Option<Value> {
    let operand = |name: &str| args.get(1).or_else(|| kwargs.get(name));
    let x = args.first()?;
    match function.rsplit('.').next()? {
        "cast" => {
            let is_float = kwargs["dtype"].as_str()?.contains("float");
            each(x, &json!(0), |x, _| if is_float { float(x.as_f64()?) } else { Some(json!(x.as_f64()? as i64)) })
        }
        "convert_to_tensor" | "identity" => Some(x.clone()),
        "add" => each(x, operand("y")?, |x, y| computed(x, y, i64::checked_add, |x, y| x + y)),
        "subtract" => each(x, operand("y")?, |x, y| computed(x, y, i64::checked_sub, |x, y| x - y)),
        "multiply" => each(x, operand("y")?, |x, y| computed(x, y, i64::checked_mul, |x, y| x * y)),
        "maximum" => each(x, operand("y")?, |x, y| computed(x, y, |x, y| Some(x.max(y)), f32::max)),
        "minimum" => each(x, operand("y")?, |x, y| computed(x, y, |x, y| Some(x.min(y)), f32::min)),
        "floordiv" => each(x, operand("y")?, |x, y| {
            let whole = |x: i64, y: i64| (x >= 0 && y > 0).then(|| x / y);
            computed(x, y, whole, |x, y| (x / y).floor())
        }),
        "divide" | "realdiv" | "truediv" => {
            each(x, operand("y")?, |x, y| float(f64::from(x.as_f64()? as f32 / y.as_f64()? as f32)))
        }
        "pow" => each(x, operand("y")?, |x, y| {
            let whole = |x: i64, y: i64| x.checked_pow(u32::try_from(y).ok()?);
            computed(x, y, whole, f32::powf)
        }),
        "rsqrt" => each(x, &json!(0), |x, _| float(f64::from((x.as_f64()? as f32).sqrt().recip()))),
        "sqrt" => each(x, &json!(0), |x, _| float(f64::from((x.as_f64()? as f32).sqrt()))),
        _ => None,
    }
}

/// A number of floats; none where it is not finite.
fn float(number: f64) -> Option<Value> {
    number.is_finite().then(|| json!(number))
}

/// A result of two numbers: of integers where both are.
fn computed(
    x: &Value,
    y: &Value,
    whole: impl Fn(i64, i64) -> Option<i64>,
    floats: impl Fn(f32, f32) -> f32,
) -> Option<Value> {
    match (x.as_i64(), y.as_i64()) {
        (Some(x), Some(y)) => whole(x, y).map(Value::from),
        _ => float(floats(x.as_f64()? as f32, y.as_f64()? as f32).into()),
    }
}

/// A function of numbers for each item of lists; a number is the same for each.
fn each(x: &Value, y: &Value, function: impl Fn(&Value, &Value) -> Option<Value>) -> Option<Value> {
    match (x, y) {
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).map(|(x, y)| function(x, y)).collect()
        }
        (Value::Array(_), Value::Array(_)) => None,
        (Value::Array(x), y) => x.iter().map(|x| function(x, y)).collect(),
        (x, Value::Array(y)) => y.iter().map(|y| function(x, y)).collect(),
        (x, y) => function(x, y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_those_of_the_layers_before_until_too_many_are_read() {
        let input = json!({"batch_shape": [null, 4, 6], "dtype": "float32", "name": "x"});
        let input = json!({"class_name": "InputLayer", "config": input, "name": "x", "inbound_nodes": []});
        let tensor = json!({"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}});
        let size = |axis: i64| Shapes::new(|_| Ok(())).size(&tensor, axis, std::slice::from_ref(&input));
        begin();
        assert_eq!([-3, 0, 1, -1, 3, -4].map(size), [None, None, Some(4), Some(6), None, None]);
        assert_eq!(LAYERS_LEFT.get(), MAX_LAYERS - 6);
        LAYERS_LEFT.set(1);
        assert_eq!([size(1), size(1)], [Some(4), None]);
        begin();
        assert_eq!(size(1), Some(4));
    }

    #[test]
    fn functions_of_numbers_are_numbers() {
        let of = |function: &str, x: Value, kwargs: Value| folded(function, &[x], &kwargs);
        assert_eq!(of("cast", json!(5), json!({"dtype": "float32"})), Some(json!(5.0)));
        assert_eq!(of("math.sqrt", json!(2.0), json!({})), Some(json!(f64::from(2.0_f32.sqrt()))));
        assert_eq!(of("__operators__.add", json!(5), json!({"y": 2})), Some(json!(7)));
        assert_eq!(of("math.multiply", json!([3, 4]), json!({"y": 2})), Some(json!([6, 8])));
        assert_eq!(of("math.floordiv", json!(7), json!({"y": 2})), Some(json!(3)));
        assert_eq!(of("math.floordiv", json!(7), json!({"y": 0})), None);
        assert_eq!(of("math.truediv", json!(7), json!({"y": 2})), Some(json!(3.5)));
        assert_eq!(of("math.pow", json!(3), json!({"y": 2})), Some(json!(9)));
        assert_eq!(of("math.multiply", json!(i64::MAX), json!({"y": 2})), None);
        assert_eq!(of("math.truediv", json!(7), json!({"y": 0})), None);
    }
}
