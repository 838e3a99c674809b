//! How a Horn model learns.

pub mod losses;
pub mod optimizers;
mod progress;
#[cfg(test)]
mod testing;

pub use progress::{Progress, Verbose};
