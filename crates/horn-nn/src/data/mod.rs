//! What programs hand in: arrays on the host, one or several. Imports `tensor` at most.

pub(crate) mod host_array;
pub(crate) mod into_arrays;
