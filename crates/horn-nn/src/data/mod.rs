//! Input data: arrays in host memory, one or several. Imports nothing but `tensor` and errors.

pub(crate) mod host_array;
pub(crate) mod into_arrays;
