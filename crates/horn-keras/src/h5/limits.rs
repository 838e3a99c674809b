//! Limits for the structure of a file, and the error for a damaged file.

use horn_nn::Error;

/// HDF5's own limit for the rank.
pub(super) const MAX_AXES: usize = 32;
/// Deeper than the groups of any model: Keras reads 120 models inside of each other, with two groups for each. Also stops
/// at groups that contain themselves.
pub(super) const MAX_LEVELS: usize = 260;

/// The limit for groups and datasets in a file of this size: an object takes more than 100 bytes. Also stops at groups that
/// contain each other.
pub(super) fn max_objects(len: u64) -> usize {
    usize::try_from(len / 100).unwrap_or(usize::MAX).saturating_add(100_000)
}

/// The error for a file that the HDF5 library can't read.
pub(super) fn damaged(error: hdf5_pure::Error) -> Error {
    Error::file("is not an HDF5 file of Keras's, or damaged").because(error).hint("save the model again")
}
