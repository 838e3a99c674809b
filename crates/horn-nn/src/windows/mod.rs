//! Windows that slide over the spatial axes of a tensor: where the axes are, how a window moves, and the convolutions and
//! poolings that it makes. Imports `arguments` and below. Layers and functions on tensors share it.

pub(crate) mod convolution;
pub(crate) mod layout;
pub(crate) mod pooling;
pub(crate) mod transposed;
pub(crate) mod wide;
pub(crate) mod window;
