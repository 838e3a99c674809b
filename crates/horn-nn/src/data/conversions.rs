//! What an array in host memory is made from: `ndarray` arrays, lists, rows, Burn tensors.

use std::borrow::Cow;

use burn::tensor::{Int, Tensor};
use ndarray::{Array, ArrayBase, Data, Dimension};

use crate::data::elements::{HostElement, Values};
use crate::data::host_array::HostArray;

impl<'a, E: HostElement, S: Data<Elem = E>, D: Dimension> From<&'a ArrayBase<S, D>> for HostArray<'a> {
    /// Borrows arrays in row-major order, and copies others. A scalar counts as one sample.
    fn from(array: &'a ArrayBase<S, D>) -> Self {
        let sizes = if array.ndim() == 0 { vec![1] } else { array.shape().to_vec() };
        let values = match array.as_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(array.iter().cloned().collect()),
        };
        Self::of(sizes, E::values(values))
    }
}

impl<'a, E: HostElement + 'a, D: Dimension> From<Array<E, D>> for HostArray<'a> {
    /// Takes the values of an array in row-major order, and copies others. A scalar counts as one sample.
    fn from(array: Array<E, D>) -> Self {
        let sizes = if array.ndim() == 0 { vec![1] } else { array.shape().to_vec() };
        let values = if array.is_standard_layout() {
            // An array that was sliced in place owns values before and behind its own.
            let count = array.len();
            let (mut values, offset) = array.into_raw_vec_and_offset();
            values.drain(..offset.unwrap_or(0));
            values.truncate(count);
            values
        } else {
            array.iter().cloned().collect()
        };
        Self::of(sizes, E::values(Cow::Owned(values)))
    }
}

/// One value for each sample.
impl<'a, E: HostElement> From<&'a [E]> for HostArray<'a> {
    fn from(values: &'a [E]) -> Self {
        Self::of(vec![values.len()], E::values(Cow::Borrowed(values)))
    }
}

/// Rows of equal lengths: `[samples, features]`.
impl<'a, E: HostElement, const F: usize> From<&'a [[E; F]]> for HostArray<'a> {
    fn from(rows: &'a [[E; F]]) -> Self {
        Self::of(vec![rows.len(), F], E::values(Cow::Borrowed(rows.as_flattened())))
    }
}

macro_rules! lists {
    ($([$($generic:tt)*] $list:ty;)+) => {$(
        impl<'a, E: HostElement, $($generic)*> From<&'a $list> for HostArray<'a> {
            fn from(list: &'a $list) -> Self {
                list.as_slice().into()
            }
        }
    )+};
}

lists! {
    [] Vec<E>;
    [const N: usize] [E; N];
    [const F: usize] Vec<[E; F]>;
    [const F: usize, const N: usize] [[E; F]; N];
}

impl<'a> From<&'a HostArray<'_>> for HostArray<'a> {
    fn from(array: &'a HostArray<'_>) -> Self {
        array.borrowed()
    }
}

impl<const D: usize> From<&Tensor<D>> for HostArray<'_> {
    /// Reads the tensor from its device.
    fn from(tensor: &Tensor<D>) -> Self {
        let data = tensor.to_data();
        Self::of(data.shape().to_vec(), Values::F32(data.iter::<f32>().collect()))
    }
}

impl<const D: usize> From<&Tensor<D, Int>> for HostArray<'_> {
    /// Reads the tensor from its device.
    fn from(tensor: &Tensor<D, Int>) -> Self {
        let data = tensor.to_data();
        Self::of(data.shape().to_vec(), Values::I64(data.iter::<i64>().collect()))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, arr0, array, s};

    use super::*;

    #[test]
    fn an_array_by_value_is_as_one_by_reference() {
        let whole = array![[1_i32, 2, 3], [4, 5, 6], [7, 8, 9]];
        let mut middle = whole.clone();
        middle.slice_collapse(s![1..2, ..]);
        let mut column = whole.clone();
        column.slice_collapse(s![.., 1..2]);
        let mut backwards = whole.clone();
        backwards.invert_axis(Axis(0));
        for array in [whole.clone(), whole.reversed_axes(), middle, column, backwards, Array2::zeros((0, 3))] {
            let (borrowed, owned) = (HostArray::from(&array), HostArray::from(array.clone()));
            assert_eq!(borrowed.sizes(), owned.sizes(), "{array}");
            let all: Vec<usize> = (0..array.nrows()).collect();
            assert_eq!(borrowed.ints(&all).unwrap(), owned.ints(&all).unwrap(), "{array}");
        }
        assert_eq!(HostArray::from(arr0(1.5_f32)).sizes(), [1]);
    }

    #[test]
    fn indices_are_integers() {
        let labels: Vec<usize> = [1, 0].to_vec();
        let array = HostArray::from(&labels);
        assert!(array.is_integer());
        assert_eq!(array.ints(&[0, 1]).unwrap(), [1, 0]);
        assert_eq!(HostArray::from(&[-1_isize]).ints(&[0]).unwrap(), [-1]);
    }
}
