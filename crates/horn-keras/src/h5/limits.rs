//! How deep and wide a file may be, and the error for one that is damaged.

use horn_nn::Error;

/// HDF5's own limit.
pub(super) const MAX_AXES: usize = 32;
/// Deeper than the groups of any model, and a bound for files whose groups contain themselves.
pub(super) const MAX_LEVELS: usize = 64;

/// The error for what the reader of HDF5 can't read.
pub(super) fn damaged(error: hdf5_pure::Error) -> Error {
    Error::file("is no HDF5 file of Keras's, or damaged").because(error).hint("save the model again")
}
