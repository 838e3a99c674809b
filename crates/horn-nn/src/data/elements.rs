//! The element types of arrays in host memory.

use std::borrow::Cow;

/// The values of a [`HostArray`](crate::HostArray), one variant for each element type.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum Values<'a> {
    Bool(Cow<'a, [bool]>),
    I8(Cow<'a, [i8]>),
    U8(Cow<'a, [u8]>),
    I16(Cow<'a, [i16]>),
    U16(Cow<'a, [u16]>),
    I32(Cow<'a, [i32]>),
    U32(Cow<'a, [u32]>),
    I64(Cow<'a, [i64]>),
    U64(Cow<'a, [u64]>),
    F32(Cow<'a, [f32]>),
    F64(Cow<'a, [f64]>),
    Strings(Cow<'a, [String]>),
}

/// An element type of which a [`HostArray`](crate::HostArray) can be made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number, boolean or string",
    label = "arrays hold numbers, booleans or strings",
    note = "rows of any length are not an array: write `HostArray::new(values, [samples, features])` with all values in a row"
)]
pub trait HostElement: sealed::Element {}

mod sealed {
    use std::borrow::Cow;

    use crate::data::elements::Values;

    pub trait Element: Clone {
        fn values(cow: Cow<'_, [Self]>) -> Values<'_>;
    }
}

macro_rules! elements {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl sealed::Element for $type {
            fn values(cow: Cow<'_, [Self]>) -> Values<'_> {
                Values::$variant(cow)
            }
        }
        impl HostElement for $type {}
    )*};
}

elements! {
    bool => Bool,
    i8 => I8,
    u8 => U8,
    i16 => I16,
    u16 => U16,
    i32 => I32,
    u32 => U32,
    i64 => I64,
    u64 => U64,
    f32 => F32,
    f64 => F64,
    String => Strings,
}

/// Numbers of the machine's width are 64 bits wide in arrays.
macro_rules! widened {
    ($($type:ty => $variant:ident),*) => {$(
        impl sealed::Element for $type {
            fn values(cow: Cow<'_, [Self]>) -> Values<'_> {
                Values::$variant(cow.iter().map(|number| *number as _).collect())
            }
        }
        impl HostElement for $type {}
    )*};
}

widened!(usize => U64, isize => I64);

impl sealed::Element for &str {
    fn values(cow: Cow<'_, [Self]>) -> Values<'_> {
        Values::Strings(cow.iter().map(|text| (*text).to_owned()).collect())
    }
}

impl HostElement for &str {}

/// Evaluates the first expression with the slice of numbers, of any type, or the second one if the values are strings.
macro_rules! by_element {
    ($values:expr, |$slice:ident| $body:expr, strings: $strings:expr) => {
        match $values {
            Values::Bool($slice) => $body,
            Values::I8($slice) => $body,
            Values::U8($slice) => $body,
            Values::I16($slice) => $body,
            Values::U16($slice) => $body,
            Values::I32($slice) => $body,
            Values::U32($slice) => $body,
            Values::I64($slice) => $body,
            Values::U64($slice) => $body,
            Values::F32($slice) => $body,
            Values::F64($slice) => $body,
            Values::Strings(_) => $strings,
        }
    };
}

/// The same variant with other values.
macro_rules! map_values {
    ($values:expr, |$slice:ident| $body:expr) => {
        map_values!(@ $values, $slice, $body, Bool I8 U8 I16 U16 I32 U32 I64 U64 F32 F64 Strings)
    };
    (@ $values:expr, $slice:ident, $body:expr, $($variant:ident)+) => {
        match $values {
            $(Values::$variant($slice) => Values::$variant($body),)+
        }
    };
}

pub(crate) use {by_element, map_values};

/// Plain numeric conversions that the standard library has no trait for.
pub(crate) trait Number {
    fn to_f32(&self) -> f32;
    fn to_f64(&self) -> f64;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn to_f32(&self) -> f32 {
                *self as f32
            }
            fn to_f64(&self) -> f64 {
                *self as f64
            }
        }
    )*};
}

numbers!(i8, u8, i16, u16, i32, u32, i64, u64, f32, f64);

impl Number for bool {
    fn to_f32(&self) -> f32 {
        f32::from(u8::from(*self))
    }
    fn to_f64(&self) -> f64 {
        f64::from(u8::from(*self))
    }
}
