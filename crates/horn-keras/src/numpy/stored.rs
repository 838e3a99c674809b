//! An array from a file, and the memory that reading one may take.

use burn::tensor::{bf16, f16};
use horn_nn::{Error, HostArray, Result};

use crate::arrays::{Array, Values};

/// An array from a file.
#[derive(Debug)]
pub enum Stored {
    /// Numbers of any dtype that Horn knows.
    Numbers(Array),
    /// Strings in row-major order.
    Texts {
        /// The strings.
        texts: Vec<String>,
        /// The shape.
        sizes: Vec<usize>,
    },
}

impl Stored {
    /// The array as data for a model. Dtypes that Horn does not compute with are widened, and a scalar is one sample.
    ///
    /// # Errors
    ///
    /// Never, for an array from a file.
    pub fn into_host(self) -> Result<HostArray<'static>> {
        let axes = |sizes: &[usize]| if sizes.is_empty() { vec![1] } else { sizes.to_vec() };
        let array = match self {
            Self::Numbers(array) => array,
            Self::Texts { texts, sizes } => return HostArray::new(texts, axes(&sizes)),
        };
        let sizes = axes(array.sizes());
        match array.into_values() {
            Values::F16(values) => HostArray::new(all(values, |bits| f16::from_bits(bits).to_f32()), sizes),
            Values::Bf16(values) => HostArray::new(all(values, |bits| bf16::from_bits(bits).to_f32()), sizes),
            Values::F32(values) => HostArray::new(values, sizes),
            Values::F64(values) => HostArray::new(values, sizes),
            Values::I8(values) => HostArray::new(values, sizes),
            Values::I16(values) => HostArray::new(values, sizes),
            Values::I32(values) => HostArray::new(values, sizes),
            Values::I64(values) => HostArray::new(values, sizes),
            Values::U8(values) => HostArray::new(values, sizes),
            Values::U16(values) => HostArray::new(values, sizes),
            Values::U32(values) => HostArray::new(values, sizes),
            Values::U64(values) => HostArray::new(values, sizes),
            Values::Bool(values) => HostArray::new(all(values, |value| value != 0), sizes),
        }
    }
}

fn all<T, U>(values: Vec<T>, convert: impl Fn(T) -> U) -> Vec<U> {
    values.into_iter().map(convert).collect()
}

/// The memory that all arrays of a file may take together, in bytes.
#[derive(Debug)]
pub(super) struct Memory {
    left: u64,
}

impl Memory {
    /// In proportion to a file of this many bytes. Deflate packs zeros a thousand times, real data ten times, and a string
    /// takes up to fifty times the memory of its bytes.
    pub fn of_file(len: u64) -> Self {
        Self { left: len.saturating_mul(100).saturating_add(32 << 20) }
    }

    /// Takes the bytes of an array.
    pub fn take(&mut self, wanted: u64) -> Result<()> {
        match self.left.checked_sub(wanted) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Error::file("the array is far larger than its file")
                .received(format!("{wanted} bytes"))
                .expected(format!("at most {}", self.left))
                .hint("save the array without compression: `numpy.savez` in place of `numpy.savez_compressed`")),
        }
    }
}
