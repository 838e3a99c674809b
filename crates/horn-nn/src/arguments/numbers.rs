//! Numbers in a configuration: a single one, a list, or nested lists.

use ndarray::{Array, Array1, ArrayD, Dimension, IxDyn, arr0};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// One number, or an array of them.
///
/// ```
/// use horn::layers::Numbers;
///
/// let one: Numbers = 0.5.into();
/// let several: Numbers = [0.5, 1.0].into();
/// assert_ne!(one, several);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers(ArrayD<f64>);

impl Numbers {
    /// The numbers; a single one is an array without axes.
    pub fn array(&self) -> &ArrayD<f64> {
        &self.0
    }

    /// The number, where there is only one.
    pub(crate) fn single(&self) -> Option<f64> {
        if self.0.ndim() == 0 { self.0.first().copied() } else { None }
    }
}

impl From<f64> for Numbers {
    fn from(number: f64) -> Self {
        Self(arr0(number).into_dyn())
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(numbers: Vec<f64>) -> Self {
        Self(Array1::from(numbers).into_dyn())
    }
}

impl<const N: usize> From<[f64; N]> for Numbers {
    fn from(numbers: [f64; N]) -> Self {
        numbers.to_vec().into()
    }
}

impl<D: Dimension> From<Array<f64, D>> for Numbers {
    fn from(numbers: Array<f64, D>) -> Self {
        Self(numbers.into_dyn())
    }
}

impl<D: Dimension> From<Array<f32, D>> for Numbers {
    fn from(numbers: Array<f32, D>) -> Self {
        numbers.mapv(f64::from).into()
    }
}

impl Default for Numbers {
    fn default() -> Self {
        0.0.into()
    }
}

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn nested(array: ndarray::ArrayViewD<f64>) -> Value {
            if array.ndim() == 0 {
                return array.iter().copied().next().into();
            }
            Value::Array(array.outer_iter().map(nested).collect())
        }
        nested(self.0.view()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn flatten(value: &Value, depth: usize, sizes: &mut Vec<usize>, numbers: &mut Vec<f64>) -> bool {
            match value {
                Value::Array(values) => {
                    // The path to the first number gives the depth of the lists.
                    if sizes.len() == depth && numbers.is_empty() {
                        sizes.push(values.len());
                    }
                    sizes.get(depth) == Some(&values.len())
                        && values.iter().all(|value| flatten(value, depth + 1, sizes, numbers))
                }
                value => {
                    numbers.extend(value.as_f64());
                    value.is_number() && sizes.len() == depth
                }
            }
        }
        let value = Value::deserialize(deserializer)?;
        let (mut sizes, mut numbers) = (Vec::new(), Vec::new());
        let even = flatten(&value, 0, &mut sizes, &mut numbers);
        let array = if even { ArrayD::from_shape_vec(IxDyn(&sizes), numbers).ok() } else { None };
        array.map(Self).ok_or_else(|| serde::de::Error::custom(format!("no array of numbers: {value}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn come_out_as_they_went_in() {
        for value in [json!(0.5), json!([1.0, 2.0]), json!([[1.0], [2.0]])] {
            let numbers: Numbers = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(&numbers).unwrap(), value);
        }
        for value in [json!([[1.0], [2.0, 3.0]]), json!([1.0, [2.0]]), json!([[1.0], 2.0]), json!("a")] {
            assert!(serde_json::from_value::<Numbers>(value).is_err());
        }
    }
}
