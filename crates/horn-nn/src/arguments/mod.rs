//! What Keras lets an argument be: a number or several, a size for each axis, one of a few words. Imports `registry` at
//! most.

pub(crate) mod numbers;
pub(crate) mod options;
pub(crate) mod sizes;
