//! Images: where their axes are, what values pixels have, and how they change their size. Imports `arguments`, `tensor` and
//! below. Layers and functions on tensors share it.

pub(crate) mod pixels;
pub(crate) mod resampling;
