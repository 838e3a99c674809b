//! Input data: arrays in host memory, one or several. Imports `tensor`, `registry` and `error`.

pub(crate) mod by_name;
mod conversions;
pub(crate) mod elements;
pub(crate) mod host_array;
pub(crate) mod into_arrays;
