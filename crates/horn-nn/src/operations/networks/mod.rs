//! Functions of neural networks: attention, losses, windows, quantization. Imports `formula`, `primitives` and below.

pub(crate) mod attending;
pub(crate) mod ctc;
pub(crate) mod losses;
pub(crate) mod quantizing;
pub(crate) mod windowed;
