//! The data of models with several inputs or outputs: several arrays.

use burn::tensor::{Int, Tensor};
use ndarray::{Array, ArrayBase, Data, Dimension};

use crate::data::elements::HostElement;
use crate::data::host_array::HostArray;

/// One array, or an array, a tuple or a `Vec` of several: one for each input or output of a model. One number or string
/// for each sample, such as labels, may also come as a slice or a `Vec`, and so may rows of a fixed length.
///
/// ```
/// use horn::IntoArrays;
/// use ndarray::Array2;
///
/// let (titles, bodies) = (Array2::<f32>::zeros((8, 10)), Array2::<u8>::zeros((8, 100)));
/// assert_eq!((&titles).into_arrays().len(), 1);
/// assert_eq!((&titles, &bodies).into_arrays().len(), 2);
/// assert_eq!((&["good", "bad"]).into_arrays()[0].sizes(), [2]);
/// // By the names of the inputs, in any order.
/// assert_eq!([("titles", &titles)].into_arrays()[0].name(), Some("titles"));
/// // No array, for a model without targets.
/// assert!(().into_arrays().is_empty());
/// let labels: Vec<i32> = vec![3, 1, 2];
/// assert_eq!((&labels).into_arrays()[0].sizes(), [3]);
/// let rows = vec![[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// assert_eq!((&rows).into_arrays()[0].sizes(), [3, 2]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an array of samples",
    label = "expected a reference to an array, a `Vec` or a Burn tensor of numbers or strings, or several of them",
    note = "write `&x` for an array `x`, `(&a, &b)` for two inputs, and `HostArray::new(values, [samples, features])` for a \
            `Vec` of several values for each sample"
)]
pub trait IntoArrays<'a> {
    /// The arrays as a list.
    fn into_arrays(self) -> Vec<HostArray<'a>>;
}

/// The inputs or targets of a batch that a program makes: what [`IntoArrays`] takes, or an array by value, which is not
/// copied.
pub trait IntoBatch<'a> {
    /// The arrays as a list.
    fn into_batch(self) -> Vec<HostArray<'a>>;
}

impl<'a, T: IntoArrays<'a>> IntoBatch<'a> for T {
    fn into_batch(self) -> Vec<HostArray<'a>> {
        self.into_arrays()
    }
}

impl<'a, E: HostElement + 'a, D: Dimension> IntoBatch<'a> for Array<E, D> {
    fn into_batch(self) -> Vec<HostArray<'a>> {
        vec![self.into()]
    }
}

impl<'a> IntoArrays<'a> for () {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        Vec::new()
    }
}

/// The array of the input or output of this name.
impl<'a, T: IntoArrays<'a>> IntoArrays<'a> for (&str, T) {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        self.1.into_arrays().into_iter().map(|array| array.named(self.0)).collect()
    }
}

/// The array of the input or output of this name.
impl<'a, T: IntoArrays<'a>> IntoArrays<'a> for (String, T) {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        (self.0.as_str(), self.1).into_arrays()
    }
}

impl<'a> IntoArrays<'a> for HostArray<'a> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        vec![self]
    }
}

impl<'a> IntoArrays<'a> for &'a HostArray<'_> {
    fn into_arrays(self) -> Vec<HostArray<'a>> {
        vec![self.borrowed()]
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

macro_rules! lists {
    ($([$($generic:tt)*] $list:ty;)+) => {$(
        impl<'a, E: HostElement, $($generic)*> IntoArrays<'a> for &'a $list {
            fn into_arrays(self) -> Vec<HostArray<'a>> {
                vec![self.into()]
            }
        }
    )+};
}

lists! {
    [] [E];
    [] Vec<E>;
    [const N: usize] [E; N];
    [const F: usize] [[E; F]];
    [const F: usize] Vec<[E; F]>;
    [const F: usize, const N: usize] [[E; F]; N];
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
