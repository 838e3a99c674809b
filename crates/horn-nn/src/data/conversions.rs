//! What an array in host memory is made from: `ndarray` arrays, lists, rows, Burn tensors.

use std::borrow::Cow;

use burn::tensor::{Int, Tensor};
use ndarray::{ArrayBase, Data, Dimension};

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
