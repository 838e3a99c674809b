//! Optional arguments that nearly every program gives, and so by their place.

/// A positional argument that has a default: a value, or `()` for the default.
///
/// Rust's functions take a fixed number of arguments. So an argument that is optional in Keras, but that nearly every
/// program gives, is positional in Horn, and `()` leaves it out:
///
/// ```
/// use horn::layers::{LeakyReLU, MaxPooling2D};
///
/// assert_eq!(MaxPooling2D(2), MaxPooling2D(()));
/// assert_eq!(MaxPooling2D((2, 2)), MaxPooling2D::default());
/// assert_ne!(LeakyReLU(0.2), LeakyReLU(()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrDefault<T> {
    /// A value.
    Given(T),
    /// Keras's default.
    Default,
}

impl<T> OrDefault<T> {
    /// The value, or this default.
    pub(crate) fn unwrap_or(self, default: impl Into<T>) -> T {
        match self {
            Self::Given(value) => value,
            Self::Default => default.into(),
        }
    }
}

impl<T> From<()> for OrDefault<T> {
    fn from((): ()) -> Self {
        Self::Default
    }
}

/// Conversions to a type for `OrDefault` of the type.
macro_rules! or_default {
    ($($({$($generic:tt)+})? $from:ty => $to:ty;)+) => {$(
        impl $(<$($generic)+>)? From<$from> for $crate::arguments::or_default::OrDefault<$to> {
            fn from(value: $from) -> Self {
                Self::Given(value.into())
            }
        }
    )+};
}
pub(crate) use or_default;

or_default! {
    usize => usize;
    f64 => f64;
}
