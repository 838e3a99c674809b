//! Input data in host memory: `ndarray` arrays, vectors with a shape, Burn tensors.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use burn::tensor::{Device, Int, Tensor, TensorData};
use ndarray::{ArrayD, IxDyn};

use crate::data::elements::{HostElement, Number, Values, by_element, map_values};
use crate::error::{Error, Result};
use crate::tensor::any_tensor::{AnyTensor, widest_int};
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// An array whose first axis is the samples: numbers, or strings for models that take strings. The values are borrowed
/// where that is possible.
///
/// ```
/// use horn::HostArray;
///
/// let images = ndarray::Array3::<u8>::zeros((100, 28, 28));
/// let x = HostArray::from(&images);
/// assert_eq!((x.len(), x.sizes()), (100, &[100, 28, 28][..]));
///
/// let x = HostArray::new(vec![1.0_f32, 2.0, 3.0, 4.0], [2, 2])?;
/// assert_eq!(x.len(), 2);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HostArray<'a> {
    name: Option<String>,
    sizes: Vec<usize>,
    values: Values<'a>,
}

impl<'a> HostArray<'a> {
    /// An array of `values` in row-major order.
    ///
    /// # Errors
    ///
    /// If the number of values is not the product of `sizes`, or `sizes` is empty.
    pub fn new<E: HostElement + 'a>(values: impl Into<Cow<'a, [E]>>, sizes: impl Into<Vec<usize>>) -> Result<Self> {
        let (values, sizes) = (values.into(), sizes.into());
        check_filled(values.len(), &sizes)?;
        Ok(Self::of(sizes, E::values(values)))
    }

    /// The number of values is the product of `sizes`.
    pub(crate) fn of(sizes: Vec<usize>, values: Values<'a>) -> Self {
        Self { name: None, sizes, values }
    }

    /// The same values in row-major order with another shape.
    ///
    /// # Errors
    ///
    /// If the number of values is not the product of `sizes`, or `sizes` is empty.
    pub fn reshape(self, sizes: impl Into<Vec<usize>>) -> Result<Self> {
        let sizes = sizes.into();
        check_filled(self.sizes.iter().product(), &sizes)?;
        Ok(Self { sizes, ..self })
    }

    /// The same array for the input or output of this name. The pair of a name and an array means the same.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The name of the input or output that the array is for, if it was given.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.sizes[0]
    }

    /// Are there no samples?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape; the first size is the number of samples.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Are the values strings?
    pub fn is_strings(&self) -> bool {
        matches!(self.values, Values::Strings(_))
    }

    /// Are the values whole numbers? Booleans are not.
    pub fn is_integer(&self) -> bool {
        !matches!(self.values, Values::Bool(_) | Values::F32(_) | Values::F64(_) | Values::Strings(_))
    }

    /// The shape, with all sizes known; it records whether the values are strings.
    pub fn shape(&self) -> Shape {
        Shape::of_data(&self.sizes, self.is_strings())
    }

    /// The number of values in a sample.
    pub fn features(&self) -> usize {
        self.sizes[1..].iter().product()
    }

    /// The position of the first value that is NaN or infinite as the float32 that is computed with; `None` for integers and
    /// strings.
    pub fn first_not_finite(&self) -> Option<(usize, f64)> {
        match &self.values {
            Values::F32(values) => first_not(values, |value| value.is_finite()).map(|at| (at, f64::from(values[at]))),
            Values::F64(values) => first_not(values, |&value| (value as f32).is_finite()).map(|at| (at, values[at])),
            _ => None,
        }
    }

    /// The first value that is neither a class index below `classes` nor the ignored one, with its position. `None` for
    /// strings.
    pub fn first_not_class(&self, classes: usize, ignored: Option<i64>) -> Option<(usize, f64)> {
        let ignored = ignored.map(|class| class as f64);
        by_element!(
            &self.values,
            |values| values
                .iter()
                .map(|value| value.to_f64())
                .enumerate()
                .find(|&(_, value)| !(value.fract() == 0.0 && (0.0..classes as f64).contains(&value)
                    || Some(value) == ignored)),
            strings: None
        )
    }

    /// The first number that is not in the range, with its position. `None` for strings.
    pub fn first_outside(&self, range: &RangeInclusive<f64>) -> Option<(usize, f64)> {
        by_element!(
            &self.values,
            |values| values.iter().map(Number::to_f64).enumerate().find(|(_, value)| !range.contains(value)),
            strings: None
        )
    }

    /// The values of the samples `at`, as floats.
    ///
    /// # Errors
    ///
    /// If the values are strings, or a finite number is too large for a float32.
    pub fn floats(&self, at: &[usize]) -> Result<Vec<f32>> {
        if let Values::F64(values) = &self.values {
            let mut large = None;
            let floats = self.gather(values, at, |&value| {
                let float = value as f32;
                if float.is_infinite() && value.is_finite() {
                    large.get_or_insert(value);
                }
                float
            });
            return large.map_or(Ok(floats), |large| Err(too_large(large)));
        }
        if let Values::F32(values) = &self.values {
            return Ok(horn_kernels::gather(values, self.features(), at));
        }
        by_element!(
            &self.values,
            |values| Ok(self.gather(values, at, |value| value.to_f32())),
            strings: Err(self.not_numbers())
        )
    }

    /// The values of the samples `at`, as integers.
    ///
    /// # Errors
    ///
    /// If the values are strings.
    pub fn ints(&self, at: &[usize]) -> Result<Vec<i32>> {
        by_element!(
            &self.values,
            |values| Ok(self.gather(values, at, |value| value.to_f64() as i32)),
            strings: Err(self.not_numbers())
        )
    }

    /// The error for strings where numbers are expected.
    fn not_numbers(&self) -> Error {
        Error::data("the values are strings")
            .received(format!("strings of shape {}", shape::sizes(&self.sizes)))
            .expected("numbers")
            .hint("convert the strings to numbers, for example with a TextVectorization or a StringLookup layer")
    }

    /// The same array, whose values are borrowed from this one.
    pub fn borrowed(&self) -> HostArray<'_> {
        let values = map_values!(&self.values, |values| Cow::Borrowed(values.as_ref()));
        HostArray { name: self.name.clone(), sizes: self.sizes.clone(), values }
    }

    /// Copies the samples `at` into a new array.
    #[must_use]
    pub fn samples(&self, at: &[usize]) -> HostArray<'static> {
        let values = map_values!(&self.values, |values| self.gather(values, at, Clone::clone).into());
        HostArray { name: self.name.clone(), sizes: self.batch_sizes(at), values }
    }

    /// The same array, with its own copy of the values.
    #[must_use]
    pub fn into_owned(self) -> HostArray<'static> {
        let values = map_values!(self.values, |values| values.into_owned().into());
        HostArray { name: self.name, sizes: self.sizes, values }
    }

    fn gather<T, U>(&self, values: &[T], at: &[usize], mut convert: impl FnMut(&T) -> U) -> Vec<U> {
        let features = self.features();
        let mut gathered = Vec::with_capacity(at.len() * features);
        for &sample in at {
            gathered.extend(values[sample * features..][..features].iter().map(&mut convert));
        }
        gathered
    }

    /// The shape of an array of the samples `at`.
    fn batch_sizes(&self, at: &[usize]) -> Vec<usize> {
        let mut sizes = self.sizes.clone();
        sizes[0] = at.len();
        sizes
    }

    /// The samples `at`, if the values are strings.
    pub(crate) fn string_batch(&self, at: &[usize]) -> Option<ArrayD<String>> {
        let Values::Strings(strings) = &self.values else { return None };
        let strings = self.gather(strings, at, String::clone);
        Some(ArrayD::from_shape_vec(IxDyn(&self.batch_sizes(at)), strings).expect("the samples fill their sizes"))
    }

    /// The samples `at` as a tensor of floats on the device.
    ///
    /// # Errors
    ///
    /// If the array has more axes than a tensor can have, or its values are strings.
    pub fn float_batch(&self, at: &[usize], device: &Device) -> Result<AnyTensor> {
        float_tensor(self.floats(at)?, self.batch_sizes(at), device)
    }

    /// The values themselves, if they are float32 and the array's own.
    pub(crate) fn into_floats(self) -> std::result::Result<Vec<f32>, Self> {
        match self.values {
            Values::F32(Cow::Owned(values)) => Ok(values),
            values => Err(Self { values, ..self }),
        }
    }

    /// The samples `at` as a tensor on the device: integers of more than 16 bits, which floats do not hold, as integers,
    /// and all other numbers as floats.
    pub(crate) fn number_batch(&self, at: &[usize], device: &Device) -> Result<AnyTensor> {
        let integers = match &self.values {
            Values::I32(values) => self.gather(values, at, |&value| value.into()),
            Values::U32(values) => self.gather(values, at, |&value| value.into()),
            Values::I64(values) => self.gather(values, at, |&value| value),
            Values::U64(values) => {
                let signed = self.gather(values, at, |&value| i64::try_from(value).map_err(|_| value));
                signed.into_iter().collect::<std::result::Result<_, _>>().map_err(|value| {
                    Error::data("the data holds an integer that is too large")
                        .received(value)
                        .expected(format!("at most {}", i64::MAX))
                        .hint("give floats, or smaller integers")
                })?
            }
            _ => return self.float_batch(at, device),
        };
        int_tensor(integers, self.batch_sizes(at), device)
    }

    /// The samples `at` as a flat tensor of integers on the device, for class indices.
    ///
    /// # Errors
    ///
    /// If the values are strings.
    pub fn class_batch(&self, at: &[usize], device: &Device) -> Result<Tensor<1, Int>> {
        let values = self.ints(at)?;
        let sizes = [values.len()];
        Ok(Tensor::from_data(TensorData::new(values, sizes), device))
    }
}

/// The position of the first value for which this does not hold.
fn first_not<T>(values: &[T], holds: impl Fn(&T) -> bool) -> Option<usize> {
    const CHUNK: usize = 1024;
    // Without an end in its middle, the loop over a chunk becomes vector instructions.
    let bad = |chunk: &[T]| !chunk.iter().fold(true, |all, value| all & holds(value));
    let first = values.chunks(CHUNK).position(bad)? * CHUNK;
    (first..values.len()).find(|&at| !holds(&values[at]))
}

/// Checks that this number of values fills an array of this shape.
fn check_filled(values: usize, sizes: &[usize]) -> Result<()> {
    let expected = shape::count(sizes);
    if expected == Some(values) && !sizes.is_empty() {
        return Ok(());
    }
    let expected = expected.map_or("a shape whose product is a number of values".to_owned(), |expected| {
        format!("{expected} values and at least one axis")
    });
    Err(Error::shape("the values do not fill the shape")
        .received(format!("{values} values for {}", shape::sizes(sizes)))
        .expected(expected)
        .hint("give as many values as the product of the sizes"))
}

/// The error for a float64 that is not a float32.
fn too_large(value: f64) -> Error {
    Error::data("a number is too large for a float32, which Horn computes with")
        .received(format!("{value:e}"))
        .expected(format!("at most {:e}", f32::MAX))
        .hint("scale the data")
}

/// A float tensor of any rank from host values.
///
/// # Errors
///
/// If there are more axes than a tensor can have.
pub(crate) fn float_tensor(values: Vec<f32>, sizes: Vec<usize>, device: &Device) -> Result<AnyTensor> {
    AnyTensor::from(Tensor::<1>::from_data(flat(values), device)).reshape(&sizes)
}

/// An integer tensor of any rank from host values.
///
/// # Errors
///
/// If there are more axes than a tensor can have.
pub(crate) fn int_tensor(values: Vec<i64>, sizes: Vec<usize>, device: &Device) -> Result<AnyTensor> {
    let options = (device, widest_int(device).into());
    AnyTensor::from(Tensor::<1, Int>::from_data(flat(values), options)).reshape(&sizes)
}

fn flat<E: burn::tensor::Element>(values: Vec<E>) -> TensorData {
    let len = values.len();
    TensorData::new(values, [len])
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, arr2};

    use super::*;

    #[test]
    fn gathers_in_the_order_asked_for() {
        let array = arr2(&[[1_u8, 2], [3, 4], [5, 6]]);
        let host = HostArray::from(&array);
        assert_eq!(host.floats(&[2, 0]).unwrap(), [5.0, 6.0, 1.0, 2.0]);
        assert_eq!(host.ints(&[1]).unwrap(), [3, 4]);
    }

    #[test]
    fn a_transposed_view_is_read_in_its_own_order() {
        let array = arr2(&[[1.0_f32, 2.0], [3.0, 4.0]]);
        assert_eq!(HostArray::from(&array.t()).floats(&[0, 1]).unwrap(), [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn finds_what_is_not_finite() {
        // The first of several, wherever it is.
        for at in [0, 1023, 1024, 2999] {
            let mut values = vec![1.0_f32; 3000];
            values[at] = f32::NAN;
            values[2999] = f32::INFINITY;
            let found = HostArray::from(&values).first_not_finite().map(|(at, _)| at);
            assert_eq!(found, Some(at));
        }
        let mut array = Array2::<f32>::zeros((3, 2));
        assert_eq!(HostArray::from(&array).first_not_finite(), None);
        array[[1, 1]] = f32::INFINITY;
        assert_eq!(HostArray::from(&array).first_not_finite(), Some((3, f64::INFINITY)));
    }

    #[test]
    fn a_number_that_is_infinite_as_a_float32_is_found_and_an_error() {
        let array = HostArray::new(vec![1e38_f64, -1e300, f64::INFINITY], [3]).unwrap();
        assert_eq!(array.first_not_finite(), Some((1, -1e300)));
        assert_eq!(array.floats(&[0, 2]).unwrap(), [1e38, f32::INFINITY]);
        assert_eq!(
            array.floats(&[0, 1]).unwrap_err().to_string(),
            "a number is too large for a float32, which Horn computes with; received -1e300, expected at most \
             3.4028235e38. Hint: scale the data."
        );
    }

    #[test]
    fn sizes_whose_product_overflows_are_an_error() {
        for sizes in [vec![1 << 32, 1 << 32], vec![0, 1 << 32, 1 << 32], vec![usize::MAX, 2, 0]] {
            let error = HostArray::new(Vec::<f32>::new(), sizes).unwrap_err();
            assert!(error.to_string().contains("expected a shape whose product is a number of values"), "{error}");
        }
        assert!(HostArray::new(Vec::<f32>::new(), [0, 1 << 32]).is_ok());
    }

    #[test]
    fn finds_what_is_not_a_class() {
        assert_eq!(HostArray::new(vec![0_u8, 9], [2]).unwrap().first_not_class(10, None), None);
        assert_eq!(HostArray::new(vec![0_u8, 10], [2]).unwrap().first_not_class(10, None), Some((1, 10.0)));
        assert_eq!(HostArray::new(vec![-1_i32], [1]).unwrap().first_not_class(10, None), Some((0, -1.0)));
        assert_eq!(HostArray::new(vec![-1_i32], [1]).unwrap().first_not_class(10, Some(-1)), None);
        assert_eq!(HostArray::new(vec![0.5_f32], [1]).unwrap().first_not_class(10, None), Some((0, 0.5)));
    }

    #[test]
    fn too_few_values_are_an_error() {
        let error = HostArray::new(vec![1.0_f32; 3], [2, 2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the values do not fill the shape; received 3 values for (2, 2), expected 4 values and at least one axis. \
             Hint: give as many values as the product of the sizes."
        );
    }

    #[test]
    fn unsigned_integers_that_no_device_has_are_an_error() {
        let batch = |value: u64| HostArray::new(vec![value], [1]).unwrap().batch(&[0], &Device::default());
        assert!(batch(i64::MAX as u64).is_ok());
        let error = batch(1 << 63).unwrap_err();
        assert!(error.is_data());
        assert!(
            error.to_string().contains("received 9223372036854775808, expected at most 9223372036854775807"),
            "{error}"
        );
    }

    #[test]
    fn texts_are_not_numbers() {
        let strings = ndarray::array![["a"], ["b"], ["c"]];
        let strings = HostArray::from(&strings);
        assert!(strings.is_strings() && strings.shape().is_strings());
        assert_eq!(strings.first_not_finite(), None);
        assert!(strings.floats(&[0]).unwrap_err().is_data() && strings.ints(&[0]).unwrap_err().is_data());
        let batch = strings.batch(&[2, 0], &Device::default()).unwrap();
        assert_eq!(
            *batch.clone().strings().unwrap().values,
            ndarray::array![["c".to_owned()], ["a".to_owned()]].into_dyn()
        );
        assert!(batch.value().unwrap_err().is_data());
    }

    #[test]
    fn large_integers_stay_integers() {
        let ids = [5_i64, 16_777_217, -123_456_789];
        let batch = |array: HostArray<'_>| array.batch(&[2, 1], &Device::default()).unwrap().integers().unwrap();
        let read = |x: AnyTensor| x.int::<1>().unwrap().into_data().iter::<i64>().collect::<Vec<_>>();
        assert_eq!(read(batch(HostArray::new(&ids[..], [3]).unwrap())), [-123_456_789, 16_777_217]);
        assert_eq!(read(batch(HostArray::new(vec![0_u32, 16_777_217, 1], [3]).unwrap())), [1, 16_777_217]);
        assert_eq!(read(batch(HostArray::new(vec![0_u64, 16_777_217, 1], [3]).unwrap())), [1, 16_777_217]);
        assert_eq!(read(batch(HostArray::new(vec![0.0_f32, -1.5, 2.5], [3]).unwrap())), [2, -1]);
    }

    #[test]
    fn tensors_are_read() {
        let tensor = Tensor::<2>::from_data([[1.0, 2.0]], &Device::default());
        assert_eq!(HostArray::from(&tensor).floats(&[0]).unwrap(), [1.0, 2.0]);
    }
}
