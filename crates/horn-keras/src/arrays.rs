//! Arrays as Keras's files store them: a shape, and values of one of the dtypes of variables.

use std::fmt;

use burn::tensor::{bf16, f16};
use horn_nn::{Error, Result};
use ndarray::{ArrayD, IxDyn};

/// The dtype of an [`Array`], by Keras's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// `float16`
    F16,
    /// `bfloat16`
    Bf16,
    /// `float32`
    F32,
    /// `float64`
    F64,
    /// `int8`
    I8,
    /// `int16`
    I16,
    /// `int32`
    I32,
    /// `int64`
    I64,
    /// `uint8`
    U8,
    /// `uint16`
    U16,
    /// `uint32`
    U32,
    /// `uint64`
    U64,
    /// `bool`
    Bool,
}

impl DType {
    /// The size of a value in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::Bool => "bool",
        })
    }
}

/// The values of an [`Array`] in row-major order. 16-bit floats are kept as their bits, so that they are never rounded.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Values {
    F16(Vec<u16>),
    Bf16(Vec<u16>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    Bool(Vec<u8>),
}

/// Runs an expression on the vector inside [`Values`], whatever its type.
macro_rules! each {
    ($values:expr, $vector:ident => $body:expr) => {
        match $values {
            Values::F16($vector) | Values::Bf16($vector) | Values::U16($vector) => $body,
            Values::F32($vector) => $body,
            Values::F64($vector) => $body,
            Values::I8($vector) => $body,
            Values::I16($vector) => $body,
            Values::I32($vector) => $body,
            Values::I64($vector) => $body,
            Values::U8($vector) | Values::Bool($vector) => $body,
            Values::U32($vector) => $body,
            Values::U64($vector) => $body,
        }
    };
}

impl Values {
    fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    fn dtype(&self) -> DType {
        match self {
            Self::F16(_) => DType::F16,
            Self::Bf16(_) => DType::Bf16,
            Self::F32(_) => DType::F32,
            Self::F64(_) => DType::F64,
            Self::I8(_) => DType::I8,
            Self::I16(_) => DType::I16,
            Self::I32(_) => DType::I32,
            Self::I64(_) => DType::I64,
            Self::U8(_) => DType::U8,
            Self::U16(_) => DType::U16,
            Self::U32(_) => DType::U32,
            Self::U64(_) => DType::U64,
            Self::Bool(_) => DType::Bool,
        }
    }
}

/// A host array of any dtype and rank that a model file can hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    sizes: Vec<usize>,
    values: Values,
}

impl Array {
    /// Makes an array from values in row-major order.
    ///
    /// # Errors
    ///
    /// If the number of values does not match the shape.
    pub fn new(sizes: impl Into<Vec<usize>>, values: Values) -> Result<Self> {
        let sizes = sizes.into();
        match horn_nn::count(&sizes) {
            Some(count) if count == values.len() => Ok(Self { sizes, values }),
            _ => Err(Error::shape("the values do not fill the array")
                .received(format!("{} values", values.len()))
                .expected(format!("as many as {sizes:?} holds"))
                .hint("give as many values as the product of the shape")),
        }
    }

    /// A scalar.
    pub fn scalar(value: impl Into<Scalar>) -> Self {
        Self { sizes: Vec::new(), values: value.into().0 }
    }

    /// The shape.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The dtype of the values.
    pub fn dtype(&self) -> DType {
        self.values.dtype()
    }

    /// The size of the values in bytes.
    pub fn bytes(&self) -> usize {
        self.values.len() * self.dtype().size()
    }

    /// The values in row-major order.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Takes the values out, in row-major order.
    pub fn into_values(self) -> Values {
        self.values
    }

    /// The values as floats. `float32` values are not copied, narrower ones are widened, wider ones are rounded.
    ///
    /// # Errors
    ///
    /// If a finite number is too large for a float32.
    pub fn into_f32(self) -> Result<ArrayD<f32>> {
        let values = match self.values {
            Values::F32(values) => values,
            Values::F16(values) => values.into_iter().map(|bits| f16::from_bits(bits).to_f32()).collect(),
            Values::Bf16(values) => values.into_iter().map(|bits| bf16::from_bits(bits).to_f32()).collect(),
            Values::F64(values) => values.into_iter().map(rounded).collect::<Result<_>>()?,
            Values::I8(values) => values.into_iter().map(f32::from).collect(),
            Values::I16(values) => values.into_iter().map(f32::from).collect(),
            Values::I32(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::I64(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::U8(values) | Values::Bool(values) => values.into_iter().map(f32::from).collect(),
            Values::U16(values) => values.into_iter().map(f32::from).collect(),
            Values::U32(values) => values.into_iter().map(|value| value as f32).collect(),
            Values::U64(values) => values.into_iter().map(|value| value as f32).collect(),
        };
        ArrayD::from_shape_vec(IxDyn(&self.sizes), values)
            .map_err(|error| Error::shape("the values do not fill the array").because(error))
    }

    /// The value of a scalar or of an array with a single value, such as an optimizer's `iteration`.
    ///
    /// # Errors
    ///
    /// If the array does not have exactly one value.
    pub fn to_scalar(&self) -> Result<f64> {
        if self.values.len() != 1 {
            return Err(Error::shape("is not a scalar")
                .received(format!("the shape {:?}", self.sizes))
                .expected("one value")
                .hint("if the array is from a model file, the file is damaged: save the model again"));
        }
        Ok(match &self.values {
            Values::F16(values) => f16::from_bits(values[0]).to_f64(),
            Values::Bf16(values) => bf16::from_bits(values[0]).to_f64(),
            Values::F32(values) => f64::from(values[0]),
            Values::F64(values) => values[0],
            Values::I8(values) => f64::from(values[0]),
            Values::I16(values) => f64::from(values[0]),
            Values::I32(values) => f64::from(values[0]),
            Values::I64(values) => values[0] as f64,
            Values::U8(values) | Values::Bool(values) => f64::from(values[0]),
            Values::U16(values) => f64::from(values[0]),
            Values::U32(values) => f64::from(values[0]),
            Values::U64(values) => values[0] as f64,
        })
    }

    /// The values as little-endian bytes, as files store them.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        fn bytes<T: Element>(values: Vec<T>) -> Vec<u8> {
            let mut bytes = Vec::with_capacity(values.len() * T::SIZE);
            values.into_iter().for_each(|value| value.append(&mut bytes));
            bytes
        }
        match self.values {
            Values::U8(values) | Values::Bool(values) => values,
            values => each!(values, values => bytes(values)),
        }
    }
}

/// The nearest float32. Infinity and NaN stay what they are.
fn rounded(value: f64) -> Result<f32> {
    let float = value as f32;
    if float.is_infinite() && value.is_finite() {
        return Err(Error::data("a number is too large for a float32, which Horn computes with")
            .received(format!("{value:e}"))
            .expected(format!("at most {:e}", f32::MAX))
            .hint("save the weights as float32"));
    }
    Ok(float)
}

/// The value of [`Array::scalar`].
#[derive(Debug)]
pub struct Scalar(Values);

/// A number of fixed size.
pub(crate) trait Element: Copy {
    /// Its size in bytes.
    const SIZE: usize;

    /// Reads a number from its bytes, little-endian or big-endian. There must be [`SIZE`](Self::SIZE) of them.
    fn take(bytes: &[u8], big_endian: bool) -> Self;

    /// Appends the number as little-endian bytes.
    fn append(self, bytes: &mut Vec<u8>);
}

macro_rules! elements {
    ($($number:ident $variant:ident),+) => { $(
        impl Element for $number {
            const SIZE: usize = size_of::<Self>();

            fn take(bytes: &[u8], big_endian: bool) -> Self {
                let mut own = [0; size_of::<Self>()];
                own.copy_from_slice(bytes);
                if big_endian { Self::from_be_bytes(own) } else { Self::from_le_bytes(own) }
            }

            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }

        impl From<$number> for Scalar {
            fn from(value: $number) -> Self {
                Self(Values::$variant(vec![value]))
            }
        }
    )+ };
}

elements!(f32 F32, f64 F64, i8 I8, i16 I16, i32 I32, i64 I64, u8 U8, u16 U16, u32 U32, u64 U64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_must_fill_the_sizes() {
        let error = Array::new([2, 3], Values::F32(vec![0.0; 5])).unwrap_err();
        assert!(error.is_shape());
        let product = usize::MAX / 2;
        assert!(Array::new([product, 4], Values::U8(vec![0; 4])).is_err(), "a product that overflows");
        assert!(Array::new([usize::MAX, 0], Values::U8(Vec::new())).is_ok());
        assert!(Array::new([usize::MAX, 2, 0], Values::U8(Vec::new())).is_err());
        assert_eq!(Array::new([], Values::I64(vec![7])).unwrap().to_scalar().unwrap(), 7.0);
    }

    #[test]
    fn floats_are_not_copied() {
        let values = vec![1.0_f32, -0.0, f32::NAN];
        let place = values.as_ptr();
        let array = Array::new([3], Values::F32(values)).unwrap().into_f32().unwrap();
        assert_eq!(array.as_ptr(), place);
    }

    #[test]
    fn other_dtypes_become_floats() {
        let of = |values| Array::new([2], values).unwrap().into_f32().unwrap().into_raw_vec_and_offset().0;
        // 1.5 and the smallest subnormal 16-bit float.
        assert_eq!(of(Values::F16(vec![0x3e00, 0x0001])), [1.5, 2.0_f32.powi(-24)]);
        assert_eq!(of(Values::Bf16(vec![0x3fc0, 0xc000])), [1.5, -2.0]);
        assert_eq!(of(Values::F64(vec![0.1, f64::INFINITY])), [0.1, f32::INFINITY]);
        let large = Array::new([1], Values::F64(vec![-1e300])).unwrap().into_f32().unwrap_err().to_string();
        assert!(large.contains("too large for a float32, which Horn computes with; received -1e300"), "{large}");
        assert_eq!(of(Values::I8(vec![-128, 127])), [-128.0, 127.0]);
        assert_eq!(of(Values::I16(vec![-300, 300])), [-300.0, 300.0]);
        assert_eq!(of(Values::I32(vec![-70_000, 1])), [-70_000.0, 1.0]);
        assert_eq!(of(Values::I64(vec![1 << 40, -1])), [1_099_511_627_776.0, -1.0]);
        assert_eq!(of(Values::U8(vec![0, 255])), [0.0, 255.0]);
        assert_eq!(of(Values::U16(vec![0, 65_535])), [0.0, 65_535.0]);
        assert_eq!(of(Values::U32(vec![0, 1 << 31])), [0.0, 2_147_483_648.0]);
        assert_eq!(of(Values::U64(vec![0, 1 << 63])), [0.0, 9_223_372_036_854_775_808.0]);
        assert_eq!(of(Values::Bool(vec![0, 1])), [0.0, 1.0]);
    }

    #[test]
    fn bytes_are_little_endian() {
        assert_eq!(Array::scalar(0x0102_0304_i32).into_bytes(), [4, 3, 2, 1]);
        assert_eq!(i32::take(&[1, 2, 3, 4], true), 0x0102_0304);
        assert_eq!(f32::take(&1.5_f32.to_le_bytes(), false), 1.5);
    }

    #[test]
    fn only_one_value_is_a_scalar() {
        assert_eq!(Array::scalar(3_i64).to_scalar().unwrap(), 3.0);
        assert_eq!(Array::new([1, 1], Values::F16(vec![0x3e00])).unwrap().to_scalar().unwrap(), 1.5);
        let error = Array::new([2], Values::F32(vec![1.0, 2.0])).unwrap().to_scalar().unwrap_err();
        assert_eq!(
            error.to_string(),
            "is not a scalar; received the shape [2], expected one value. Hint: if the array is from a model file, the file \
             is damaged: save the model again."
        );
    }
}
