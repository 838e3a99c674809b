//! The arguments of operations: tensors of the graph and constants, as Keras's files store them.

use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::not_finite;
use crate::registry::arguments::ARRAYS;
use crate::tensor::any_tensor::MAX_RANK;

/// An argument of a call. `T` is what stands for a tensor: nothing in the description of an operation, a shape when its
/// output shape is computed, and a tensor when it runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument<T> {
    Tensor(T),
    Constant(Constant),
    List(Vec<Self>),
}

/// A value that is stored with the operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Array(Array),
    /// Python's `start:stop:step`.
    Slice([Option<i64>; 3]),
    /// Python's `...`.
    Ellipsis,
}

/// An array, with its object in Keras's files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Array {
    pub values: Arc<ArrayD<f64>>,
    written: Value,
}

impl Array {
    /// An array of floats.
    pub fn of_floats(values: &ArrayD<f32>) -> Self {
        let nested = nested(values.shape(), &mut values.iter().map(|&value| not_finite::value(value.into())));
        let written = json!({"class_name": "__numpy__", "config": {"value": nested, "dtype": "float32"}});
        Self { values: Arc::new(values.mapv(f64::from)), written }
    }

    /// Reads an array from Keras's object of it.
    ///
    /// # Errors
    ///
    /// If it is not made of numbers in lists of equal lengths.
    pub fn read(written: &Value) -> Result<Self> {
        let value = &written["config"]["value"];
        let (mut sizes, mut first) = (Vec::new(), value);
        while let Value::Array(items) = first {
            sizes.push(items.len());
            match items.first() {
                Some(item) if sizes.len() <= MAX_RANK => first = item,
                _ => break,
            }
        }
        let mut values = Vec::new();
        let fits = flatten(value, &sizes, &mut values);
        match ArrayD::from_shape_vec(IxDyn(&sizes), values) {
            Ok(values) if fits && sizes.len() <= MAX_RANK => {
                Ok(Self { values: Arc::new(values), written: written.clone() })
            }
            _ => Err(Error::argument("a constant array can't be read")
                .received(format!("an array of shape {}", crate::tensor::shape::sizes(&sizes)))
                .expected(format!("numbers in lists of equal lengths, with at most {MAX_RANK} axes"))
                .hint("save the model again: its configuration is not valid")),
        }
    }

    /// Keras's object of the array.
    pub fn written(&self) -> &Value {
        &self.written
    }

    /// The dtype in Keras.
    pub fn dtype(&self) -> &str {
        self.written["config"]["dtype"].as_str().unwrap_or("float32")
    }
}

/// The values as nested lists.
fn nested(sizes: &[usize], values: &mut impl Iterator<Item = Value>) -> Value {
    match sizes {
        [] => values.next().unwrap_or_default(),
        [size, inner @ ..] => (0..*size).map(|_| nested(inner, values)).collect(),
    }
}

/// Appends the numbers of nested lists; do the lists have these lengths?
fn flatten(value: &Value, sizes: &[usize], values: &mut Vec<f64>) -> bool {
    match (value, sizes) {
        (Value::Array(items), [size, inner @ ..]) => {
            items.len() == *size && items.iter().all(|item| flatten(item, inner, values))
        }
        (Value::Bool(truth), []) => {
            values.push(f64::from(u8::from(*truth)));
            true
        }
        (value, []) => not_finite::number(value).map(|number| values.push(number)).is_some(),
        _ => false,
    }
}

impl Argument<()> {
    /// Reads an argument of a call, and appends the places of its tensors, `[layer, call, output]`.
    ///
    /// # Errors
    ///
    /// If the argument is an object that stands for no tensor, array or slice.
    pub fn read(value: &Value, places: &mut Vec<Value>) -> Result<Self> {
        let constant = match value {
            Value::Null => Constant::None,
            Value::Bool(truth) => Constant::Bool(*truth),
            Value::Number(number) => match number.as_i64() {
                Some(number) => Constant::Int(number),
                None => Constant::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => match not_finite::number(value) {
                Some(number) => Constant::Float(number),
                None => Constant::Text(text.clone()),
            },
            Value::Array(items) => return Self::read_list(items, places),
            Value::Object(object) => match object.get("class_name").and_then(Value::as_str) {
                Some("__keras_tensor__") => {
                    places.push(value["config"]["keras_history"].clone());
                    return Ok(Self::Tensor(()));
                }
                Some("__tuple__") => {
                    return Self::read_list(value["items"].as_array().map_or(&[][..], Vec::as_slice), places);
                }
                Some(class) if ARRAYS.contains(&class) => Constant::Array(Array::read(value)?),
                Some("__slice__") => {
                    Constant::Slice(["start", "stop", "step"].map(|part| value["config"][part].as_i64()))
                }
                Some("__ellipsis__") => Constant::Ellipsis,
                class => {
                    return Err(Error::argument("an argument of the call can't be read")
                        .received(class.unwrap_or("an object without a class"))
                        .expected("a tensor, a number, an array or a slice")
                        .hint("replace it by a constant in the program that saves the model"));
                }
            },
        };
        Ok(Self::Constant(constant))
    }

    fn read_list(items: &[Value], places: &mut Vec<Value>) -> Result<Self> {
        items.iter().map(|item| Self::read(item, places)).collect::<Result<_>>().map(Self::List)
    }

    /// The argument as Keras writes it, with these objects of the tensors.
    pub fn write(&self, tensors: &mut impl Iterator<Item = Value>) -> Value {
        match self {
            Self::Tensor(()) => tensors.next().unwrap_or_default(),
            Self::List(items) => items.iter().map(|item| item.write(tensors)).collect(),
            Self::Constant(constant) => constant.write(),
        }
    }

    /// The argument with its tensors.
    pub fn filled<T>(&self, tensors: &mut impl Iterator<Item = T>) -> Argument<T> {
        match self {
            Self::Tensor(()) => tensors.next().map_or(Argument::Constant(Constant::None), Argument::Tensor),
            Self::List(items) => Argument::List(items.iter().map(|item| item.filled(tensors)).collect()),
            Self::Constant(constant) => Argument::Constant(constant.clone()),
        }
    }

    /// The number of tensors.
    pub fn count(&self) -> usize {
        match self {
            Self::Tensor(()) => 1,
            Self::List(items) => items.iter().map(Self::count).sum(),
            Self::Constant(_) => 0,
        }
    }
}

impl Constant {
    fn write(&self) -> Value {
        let object = |class_name: &str, config: Map<String, Value>| json!({"class_name": class_name, "config": config});
        match self {
            Self::None => Value::Null,
            Self::Bool(truth) => (*truth).into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => not_finite::value(*number),
            Self::Text(text) => text.as_str().into(),
            Self::Array(array) => array.written.clone(),
            Self::Slice(parts) => {
                let names = ["start", "stop", "step"].map(str::to_owned);
                object("__slice__", names.into_iter().zip(parts.map(Value::from)).collect())
            }
            Self::Ellipsis => object("__ellipsis__", Map::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        let tensor = |name: &str| json!({"class_name": "__keras_tensor__", "config": {"shape": [null, 4], "keras_history": [name, 0, 0]}});
        let slice = json!({"class_name": "__slice__", "config": {"start": 1, "stop": null, "step": -2}});
        let array = json!({"class_name": "__numpy__", "config": {"value": [[1.5, 2.0]], "dtype": "float32"}});
        let ellipsis = json!({"class_name": "__ellipsis__", "config": {}});
        let whole = json!([tensor("a"), [2, 0.5, true, null, "same"], [slice, ellipsis, tensor("b")], array]);
        let mut places = Vec::new();
        let argument = Argument::read(&whole, &mut places).unwrap();
        assert_eq!(json!(places), json!([["a", 0, 0], ["b", 0, 0]]));
        assert_eq!(argument.count(), 2);
        assert_eq!(argument.write(&mut [tensor("a"), tensor("b")].into_iter()), whole);
    }

    #[test]
    fn arrays_of_unequal_rows_and_other_objects_are_errors() {
        for value in [json!([[1.0], [1.0, 2.0]]), json!([[1.0], 2.0]), json!(["a"]), json!([[[[[[[1.0]]]]]]])] {
            let array = json!({"class_name": "__numpy__", "config": {"value": value, "dtype": "float32"}});
            assert!(Argument::read(&array, &mut Vec::new()).unwrap_err().is_argument(), "{value}");
        }
        assert!(Argument::read(&json!({"class_name": "Dense"}), &mut Vec::new()).is_err());
        assert!(Argument::read(&json!({}), &mut Vec::new()).is_err());
    }
}
