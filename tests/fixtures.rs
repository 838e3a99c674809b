//! Reads the fixtures from real Keras in `tests/keras/fixtures`. The scripts in `tests/keras` make them.

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use horn::burn::tensor::{Tensor, TensorData};
use horn::{AnyTensor, History, HostArray};
use ndarray::ArrayD;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// An array in a fixture.
#[derive(Debug, Clone, Deserialize)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<Number>,
}

/// A float. JSON has no NaN or infinity, so fixtures spell them as strings.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Spelled {
            Float(f64),
            Text(String),
        }
        Ok(Self(match Spelled::deserialize(deserializer)? {
            Spelled::Float(value) => value,
            Spelled::Text(text) => text.parse().map_err(serde::de::Error::custom)?,
        }))
    }
}

impl Array {
    pub fn values(&self) -> Vec<f32> {
        self.data.iter().map(|number| number.0 as f32).collect()
    }

    pub fn tensor<const D: usize>(&self, device: &horn::burn::tensor::Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.values(), self.shape.clone()), device)
    }

    /// The values as a tensor of the array's rank.
    pub fn any_tensor(&self, device: &horn::burn::tensor::Device) -> AnyTensor {
        AnyTensor::from(self.flat(device)).reshape(&self.shape).expect("a fixture fills its shape")
    }

    /// The values as a flat tensor.
    pub fn flat(&self, device: &horn::burn::tensor::Device) -> Tensor<1> {
        Tensor::from_data(TensorData::new(self.values(), [self.data.len()]), device)
    }

    pub fn host(&self) -> HostArray<'static> {
        HostArray::new(self.values(), self.shape.clone()).expect("a fixture fills its shape")
    }
}

/// An object whose keys are in the order of the file.
#[derive(Debug)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                std::iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>().map(Ordered)
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// The path of a fixture.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/fixtures").join(name)
}

/// Reads a fixture.
#[track_caller]
pub fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = path(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The values of a tensor.
pub fn values(tensor: AnyTensor) -> Vec<f32> {
    horn::by_rank!(tensor, |x| x.into_data().iter::<f32>().collect()).expect("a tensor of floats")
}

/// If no value of an array is larger than this, the array is what remains of numbers that cancel out, such as the
/// gradient by the bias of an attention's keys. It is rounding noise, and can only be checked to be small.
const NOISE: f64 = 1e-5;

/// Fails if a value differs from the expected one by more than `relative` times its magnitude. For small values, the
/// largest magnitude of the array counts instead, but at most 1.
#[track_caller]
pub fn assert_close(what: &str, received: &[f32], expected: &[f32], relative: f64) {
    assert_eq!(received.len(), expected.len(), "{what}: number of values");
    let magnitudes = expected.iter().map(|value| f64::from(value.abs())).filter(|value| value.is_finite());
    let largest = magnitudes.fold(0.0, f64::max);
    let largest = if largest <= NOISE { 1.0 } else { largest.min(1.0) };
    for (at, (&received, &expected)) in received.iter().zip(expected).enumerate() {
        if received == expected || received.is_nan() && expected.is_nan() {
            continue;
        }
        let difference = (f64::from(received) - f64::from(expected)).abs();
        assert!(
            expected.is_finite() && difference <= relative * f64::from(expected).abs().max(largest),
            "{what}: value {at} is {received}, Keras has {expected}, the largest is {largest}"
        );
    }
}

/// [`assert_close`] for the metrics of a history or an evaluation.
#[track_caller]
pub fn assert_scores_close<'a>(
    what: &str,
    received: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = &'a f64>,
    relative: f64,
) {
    let received: Vec<f32> = received.into_iter().map(|&value| value as f32).collect();
    let expected: Vec<f32> = expected.into_iter().map(|&value| value as f32).collect();
    assert_close(what, &received, &expected, relative);
}

/// Fails unless the history has the keys of Keras, in their order, with these values.
#[track_caller]
pub fn assert_history(what: &str, received: &History, expected: &Ordered<Vec<f64>>, relative: f64) {
    let keys: Vec<&str> = received.iter().map(|(key, _)| key).collect();
    assert_eq!(keys, expected.0.iter().map(|(key, _)| key).collect::<Vec<_>>(), "{what}: keys");
    for (key, expected) in &expected.0 {
        assert_scores_close(&format!("{what}: {key}"), &received[key.as_str()], expected, relative);
    }
}

/// The shapes and every bit of the weights.
pub fn bits(weights: &[ArrayD<f32>]) -> Vec<(Vec<usize>, Vec<u32>)> {
    let bits = |array: &ArrayD<f32>| (array.shape().to_vec(), array.iter().map(|value| value.to_bits()).collect());
    weights.iter().map(bits).collect()
}

/// Fails if a value differs from the expected one by more than NumPy's `allclose` allows.
#[track_caller]
pub fn assert_within(what: &str, received: &[f32], expected: &[f32], atol: f64, rtol: f64) {
    assert_eq!(received.len(), expected.len(), "{what}: number of values");
    for (at, (&received, &expected)) in received.iter().zip(expected).enumerate() {
        let limit = atol + rtol * f64::from(expected).abs();
        let is_close = (f64::from(received) - f64::from(expected)).abs() <= limit;
        assert!(is_close, "{what}: value {at} is {received}, Keras has {expected}, to be within {limit}");
    }
}

#[test]
fn small_arrays_are_compared_by_their_largest_value() {
    let close = |received: &[f32], expected: &[f32]| {
        std::panic::catch_unwind(|| assert_close("", received, expected, 1e-5)).is_ok()
    };
    assert!(close(&[0.01, 0.000_000_09], &[0.01, 0.0]));
    assert!(!close(&[0.01, 0.000_000_2], &[0.01, 0.0]));
    assert!(close(&[1000.0, 0.000_009], &[1000.0, 0.0]));
    assert!(!close(&[1000.0, 0.000_011], &[1000.0, 0.0]));
    assert!(close(&[0.000_009], &[0.000_000_1]));
    assert!(!close(&[0.000_011], &[0.000_000_1]));
    assert!(close(&[f32::NAN, f32::INFINITY], &[f32::NAN, f32::INFINITY]));
    assert!(!close(&[f32::INFINITY], &[1.0]) && !close(&[f32::NAN], &[1.0]));
    assert!(!close(&[1.0], &[f32::INFINITY]) && !close(&[1.0], &[f32::NAN]));
}
