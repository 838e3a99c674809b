//! Initializers that draw nothing: `Zeros`, `Ones`, `Constant` and `Identity`.

use ndarray::IxDyn;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::arguments::numbers::Numbers;
use crate::error::{Error, Result};
use crate::initializers::sample::{Sample, size};
use crate::registry::arguments::ARRAYS;
use crate::tensor::shape;

/// Fills a weight with zeros.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zeros {}

impl Zeros {
    /// Zeros.
    pub fn new() -> Self {
        Self {}
    }
}

impl Sample for Zeros {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        Ok(vec![0.0; size(shape)])
    }
}

/// Fills a weight with ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ones {}

impl Ones {
    /// Ones.
    pub fn new() -> Self {
        Self {}
    }
}

impl Sample for Ones {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        Ok(vec![1.0; size(shape)])
    }
}

/// Fills a weight with one value, or with the values of an array, such as vectors that were trained elsewhere.
///
/// An array is of the weight's shape, or can be repeated to it along axes that it lacks or has once.
///
/// ```
/// use horn::initializers::{Constant, Initializer};
/// use ndarray::arr2;
///
/// let vectors = Initializer::from(Constant::new(arr2(&[[0.5_f32, 1.0], [1.5, 2.0]])));
/// assert_eq!(vectors.sample(&[2, 2], 0)?, [0.5, 1.0, 1.5, 2.0]);
/// assert_eq!(Initializer::from(Constant::new(0.5)).sample(&[2, 2], 0)?, [0.5; 4]);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {
    value: Held,
}

impl Constant {
    /// This value everywhere, or these values.
    pub fn new(value: impl Into<Numbers>) -> Self {
        let numbers = value.into();
        let array = numbers
            .single()
            .is_none()
            .then(|| ArrayKind { class_name: ARRAYS[0].to_owned(), dtype: "float64".to_owned() });
        Self { value: Held { numbers, array } }
    }
}

impl Sample for Constant {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        let array = self.value.numbers.array();
        let values = array.broadcast(IxDyn(shape)).ok_or_else(|| {
            Error::shape("the array of a Constant does not fit the weight")
                .received(format!("an array {}", shape::sizes(array.shape())))
                .expected(format!("{}, or 1 for axes along which it is repeated", shape::sizes(shape)))
                .hint("give an array of the weight's shape")
        })?;
        Ok(values.iter().map(|&value| value as f32).collect())
    }
}

/// The value of a [`Constant`], and how Keras wrote it where it is an array: lists are written as they are.
#[derive(Debug, Clone, Default, PartialEq)]
struct Held {
    numbers: Numbers,
    array: Option<ArrayKind>,
}

/// An array of numpy's or of a backend's.
#[derive(Debug, Clone, PartialEq)]
struct ArrayKind {
    class_name: String,
    dtype: String,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, lists of numbers, or an array as Keras writes it")]
enum Written {
    Numbers(Numbers),
    Array { class_name: String, config: WrittenArray },
}

#[derive(Serialize, Deserialize)]
struct WrittenArray {
    value: Numbers,
    dtype: String,
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let value = self.numbers.clone();
        let written = match self.array.clone() {
            None => Written::Numbers(value),
            Some(ArrayKind { class_name, dtype }) => {
                Written::Array { class_name, config: WrittenArray { value, dtype } }
            }
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Numbers(numbers) => Ok(Self { numbers, array: None }),
            Written::Array { class_name, config } if ARRAYS.contains(&class_name.as_str()) => {
                let array = Some(ArrayKind { class_name, dtype: config.dtype });
                Ok(Self { numbers: config.value, array })
            }
            Written::Array { class_name, .. } => {
                Err(serde::de::Error::custom(format!("{class_name} is not an array; expected {}", ARRAYS.join(" or "))))
            }
        }
    }
}

/// Makes of a matrix the identity: `gain` on the diagonal, zeros elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Keras never writes the gain, and so loses it; it does read it.
    #[serde(skip_serializing_if = "is_one")]
    gain: f64,
}

impl Identity {
    /// Ones on the diagonal.
    pub fn new() -> Self {
        Self { gain: 1.0 }
    }

    /// What stands on the diagonal; 1 by default.
    #[must_use]
    pub fn gain(mut self, gain: f64) -> Self {
        self.gain = gain;
        self
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for Identity {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        let [rows, columns] = *shape else {
            return Err(Error::argument("Identity fills matrices only")
                .received(format!("the shape {shape:?}"))
                .expected("two axes")
                .hint("use Orthogonal for kernels of more axes"));
        };
        let mut values = vec![0.0; size(shape)];
        for i in 0..rows.min(columns) {
            values[i * columns + i] = self.gain as f32;
        }
        Ok(values)
    }
}

fn is_one(gain: &f64) -> bool {
    *gain == 1.0
}
