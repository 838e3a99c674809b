//! The shape of a sample, as programs write it.

/// A size of an axis: a number, or `None` if it is only known when the model runs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a size of an axis",
    label = "expected a `usize`, or `None` for a size that is only known when the model runs"
)]
pub trait IntoSize {
    /// The size.
    fn into_size(self) -> Option<usize>;
}

impl IntoSize for usize {
    fn into_size(self) -> Option<usize> {
        Some(self)
    }
}

impl IntoSize for Option<usize> {
    fn into_size(self) -> Option<usize> {
        self
    }
}

/// The shape of one sample, without the batch axis: a tuple, an array, a slice or a `Vec` of sizes, one size alone, or `()`
/// for samples that are single numbers.
///
/// ```
/// use horn::layers::Input;
///
/// let shape = |input: Input| input.tensor().shape().to_string();
/// assert_eq!(shape(Input((28, 28, 1))), "(None, 28, 28, 1)");
/// assert_eq!(shape(Input([28, 28, 1])), "(None, 28, 28, 1)");
/// assert_eq!(shape(Input((None, 16))), "(None, None, 16)");
/// assert_eq!(shape(Input(784)), "(None, 784)");
/// assert_eq!(shape(Input(())), "(None,)");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shape of samples",
    label = "expected a shape such as `(28, 28, 1)`, `[28, 28, 1]`, `784` or `(None, 16)`",
    note = "the batch axis is left out, as in Keras"
)]
pub trait IntoSampleShape {
    /// The sizes, without the batch axis.
    fn into_sizes(self) -> Vec<Option<usize>>;
}

impl IntoSampleShape for usize {
    fn into_sizes(self) -> Vec<Option<usize>> {
        vec![Some(self)]
    }
}

impl IntoSampleShape for () {
    fn into_sizes(self) -> Vec<Option<usize>> {
        Vec::new()
    }
}

impl<T: IntoSize, const N: usize> IntoSampleShape for [T; N] {
    fn into_sizes(self) -> Vec<Option<usize>> {
        self.into_iter().map(T::into_size).collect()
    }
}

impl<T: IntoSize> IntoSampleShape for Vec<T> {
    fn into_sizes(self) -> Vec<Option<usize>> {
        self.into_iter().map(T::into_size).collect()
    }
}

impl<T: IntoSize + Clone> IntoSampleShape for &[T] {
    fn into_sizes(self) -> Vec<Option<usize>> {
        self.iter().cloned().map(T::into_size).collect()
    }
}

impl<T: IntoSize + Clone> IntoSampleShape for &Vec<T> {
    fn into_sizes(self) -> Vec<Option<usize>> {
        self.as_slice().into_sizes()
    }
}

impl<T: IntoSize + Clone, const N: usize> IntoSampleShape for &[T; N] {
    fn into_sizes(self) -> Vec<Option<usize>> {
        self.as_slice().into_sizes()
    }
}

macro_rules! tuples {
    ($(($($size:ident),+))*) => {$(
        impl<$($size: IntoSize),+> IntoSampleShape for ($($size,)+) {
            #[allow(non_snake_case)]
            fn into_sizes(self) -> Vec<Option<usize>> {
                let ($($size,)+) = self;
                vec![$($size.into_size()),+]
            }
        }
    )*};
}

tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E));
