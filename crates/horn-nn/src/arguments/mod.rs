//! Types of arguments that several layers share: a number or an array of numbers, a list, a size for each axis, a choice from a
//! list. Imports `tensor`.

pub(crate) mod dtype_policy;
pub mod float32;
pub(crate) mod list;
pub(crate) mod numbers;
pub(crate) mod options;
pub(crate) mod or_default;
pub(crate) mod sample_shape;
pub(crate) mod sizes;
