//! A list of numbers in the forms in which Keras takes it.

/// A list of numbers as Keras takes it: a tuple, an array, a slice or a `Vec`, or one number alone.
///
/// ```
/// use horn::layers::{Permute, Reshape};
///
/// assert_eq!(Reshape((28, 28, 1)), Reshape([28, 28, 1]));
/// assert_eq!(Reshape(-1), Reshape(vec![-1]));
/// assert_eq!(Permute((2, 1)), Permute([2, 1]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of numbers",
    label = "expected a tuple, an array, a slice or a `Vec`, such as `(28, 28)` or `[28, 28]`, or one number"
)]
pub trait IntoList<T> {
    /// The numbers.
    fn into_list(self) -> Vec<T>;
}

impl<T> IntoList<T> for T {
    fn into_list(self) -> Vec<T> {
        vec![self]
    }
}

impl<T> IntoList<T> for Vec<T> {
    fn into_list(self) -> Vec<T> {
        self
    }
}

impl<T, const N: usize> IntoList<T> for [T; N] {
    fn into_list(self) -> Vec<T> {
        self.into()
    }
}

impl<T: Clone> IntoList<T> for &[T] {
    fn into_list(self) -> Vec<T> {
        self.to_vec()
    }
}

impl<T: Clone> IntoList<T> for &Vec<T> {
    fn into_list(self) -> Vec<T> {
        self.clone()
    }
}

impl<T: Clone, const N: usize> IntoList<T> for &[T; N] {
    fn into_list(self) -> Vec<T> {
        self.to_vec()
    }
}

macro_rules! tuples {
    ($(($($item:ident: $type:ident),+))*) => {$(
        impl<T> IntoList<T> for ($($type,)+) {
            fn into_list(self) -> Vec<T> {
                let ($($item,)+) = self;
                vec![$($item),+]
            }
        }
    )*};
}

tuples!((a: T)(a: T, b: T)(a: T, b: T, c: T)(a: T, b: T, c: T, d: T)(a: T, b: T, c: T, d: T, e: T));
