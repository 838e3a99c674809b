//! Chunked arrays, which may be compressed. Keras does not write them, but reads them.

use horn_nn::{Error, Result};

use super::limits::damaged;
use super::tree::Variable;
use crate::arrays::DType;

const MAX_CHUNKS: u64 = 100_000;

/// Checks that chunks are not much larger than their array, not too many, and inside the file.
///
/// The HDF5 library allocates memory for a chunk by the size that the file declares.
pub(super) fn check_chunks(variable: &Variable, chunk: &[u64], bytes: u64, dtype: DType, len: u64) -> Result<()> {
    let sizes = &variable.sizes;
    let wrong = || {
        Error::file("its chunks do not fit it")
            .received(format!("chunks of {chunk:?} in {sizes:?}"))
            .hint("save the model again, without compression")
    };
    if chunk.len() != sizes.len() || chunk.contains(&0) {
        return Err(wrong());
    }
    let of_chunk = chunk.iter().try_fold(dtype.size() as u64, |product, size| product.checked_mul(*size));
    let mut by_axis = sizes.iter().zip(chunk);
    let count = by_axis.try_fold(1, |product: u64, (size, one)| product.checked_mul(size.div_ceil(*one)));
    let count = match (of_chunk, count) {
        (Some(of_chunk), Some(count)) if of_chunk <= bytes.saturating_mul(4) && count <= MAX_CHUNKS => count,
        _ => return Err(wrong()),
    };
    let stored = variable.dataset.chunks().map_err(damaged)?;
    let inside = |start: u64, size: u64| start.checked_add(size).is_some_and(|end| end <= len);
    if stored.len() as u64 != count || !stored.iter().all(|chunk| inside(chunk.address, chunk.storage_size)) {
        return Err(Error::file("the file does not hold all of its values")
            .received(format!("{} chunks", stored.len()))
            .expected(format!("{count} inside of the file"))
            .hint("the file is damaged: save the model again"));
    }
    Ok(())
}
