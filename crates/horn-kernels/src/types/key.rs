//! Keys of random numbers.

/// A key of JAX's generator, Threefry-2x32.
pub type Key = [u32; 2];
