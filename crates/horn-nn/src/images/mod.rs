//! Images: where their axes are, what values and colours pixels have, how images change their size, are moved and blurred.
//! Imports `arguments`, `random` and below. Layers and functions on tensors share it.

pub(crate) mod affine;
pub(crate) mod blur;
pub(crate) mod colors;
pub(crate) mod elastic;
pub(crate) mod pixels;
pub(crate) mod resampling;
