//! Converts bytes to values of any dtype.

use horn_nn::Result;

use crate::arrays::{DType, Element, Values};

/// Values of a dtype, whose bytes `read` fills in from an offset on, one buffer at a time. Memory for all values is
/// allocated at once: the caller has checked that the file has them.
///
/// # Errors
///
/// The first error that `read` returns.
pub fn of_dtype(
    dtype: DType,
    count: usize,
    big_endian: bool,
    mut read: impl FnMut(usize, &mut [u8]) -> Result<()>,
) -> Result<Values> {
    fn values<T: Element>(
        count: usize,
        big_endian: bool,
        read: &mut dyn FnMut(usize, &mut [u8]) -> Result<()>,
    ) -> Result<Vec<T>> {
        let mut values = Vec::with_capacity(count);
        let mut buffer = vec![0; (count * T::SIZE).min(1 << 16)];
        while values.len() < count {
            let bytes = ((count - values.len()) * T::SIZE).min(buffer.len());
            let part = &mut buffer[..bytes];
            read(values.len() * T::SIZE, part)?;
            values.extend(part.chunks_exact(T::SIZE).map(|bytes| T::take(bytes, big_endian)));
        }
        Ok(values)
    }
    let read = &mut read;
    Ok(match dtype {
        DType::F16 => Values::F16(values(count, big_endian, read)?),
        DType::Bf16 => Values::Bf16(values(count, big_endian, read)?),
        DType::F32 => Values::F32(values(count, big_endian, read)?),
        DType::F64 => Values::F64(values(count, big_endian, read)?),
        DType::I8 => Values::I8(values(count, big_endian, read)?),
        DType::I16 => Values::I16(values(count, big_endian, read)?),
        DType::I32 => Values::I32(values(count, big_endian, read)?),
        DType::I64 => Values::I64(values(count, big_endian, read)?),
        DType::U8 => Values::U8(values(count, big_endian, read)?),
        DType::U16 => Values::U16(values(count, big_endian, read)?),
        DType::U32 => Values::U32(values(count, big_endian, read)?),
        DType::U64 => Values::U64(values(count, big_endian, read)?),
        DType::Bool => Values::Bool(values(count, big_endian, read)?),
    })
}
