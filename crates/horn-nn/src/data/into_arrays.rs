//! The data of models with several inputs or outputs: several arrays.

use burn::tensor::{Int, Tensor};
use ndarray::{ArrayBase, Data, Dimension};

use crate::data::host_array::{HostArray, HostElement};

/// One array, or an array, a tuple or a `Vec` of several: one for each input or output of a model. Strings may also come
/// as a slice.
///
/// ```
/// use horn::IntoArrays;
/// use ndarray::Array2;
///
/// let (titles, bodies) = (Array2::<f32>::zeros((8, 10)), Array2::<u8>::zeros((8, 100)));
/// assert_eq!((&titles).into_arrays().len(), 1);
/// assert_eq!((&titles, &bodies).into_arrays().len(), 2);
/// assert_eq!((&["good", "bad"]).into_arrays()[0].sizes(), [2]);
/// ```
pub trait IntoArrays<'a> {
    /// The arrays as a list.
    fn into_arrays(self) -> Vec<HostArray<'a>>;
}

impl<'a> IntoArrays<'a> for HostArray<'a> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        vec![self]
    }
}

impl<'a> IntoArrays<'a> for &HostArray<'a> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        vec![self.clone()]
    }
}

impl<'a, E: HostElement, S: Data<Elem = E>, D: Dimension> IntoArrays<'a> for &'a ArrayBase<S, D> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        vec![self.into()]
    }
}

impl<'a, const D: usize> IntoArrays<'a> for &Tensor<D> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        vec![self.into()]
    }
}

impl<'a, const D: usize> IntoArrays<'a> for &Tensor<D, Int> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        vec![self.into()]
    }
}

impl<'a, S: AsRef<str>> IntoArrays<'a> for &[S] {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        let strings: Vec<String> = self.iter().map(|string| string.as_ref().to_owned()).collect();
        vec![HostArray::new(strings, [self.len()]).expect("there is one string for each sample")]
    }
}

impl<'a, S: AsRef<str>> IntoArrays<'a> for &Vec<S> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        self.as_slice().into_arrays()
    }
}

impl<'a, S: AsRef<str>, const N: usize> IntoArrays<'a> for &[S; N] {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        self.as_slice().into_arrays()
    }
}

impl<'a, T: IntoArrays<'a>, const N: usize> IntoArrays<'a> for [T; N] {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        self.into_iter().flat_map(T::into_arrays).collect()
    }
}

impl<'a, T: IntoArrays<'a>> IntoArrays<'a> for Vec<T> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        self.into_iter().flat_map(T::into_arrays).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<'a, $($part: IntoArrays<'a>),+> IntoArrays<'a> for ($($part,)+) {
            #[allow(non_snake_case)]
            fn into_arrays(self) -> Vec<HostArray<'a>> {
                let ($($part,)+) = self;
                [$($part.into_arrays()),+].concat()
            }
        }
    )*};
}

tuples!((A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E));
