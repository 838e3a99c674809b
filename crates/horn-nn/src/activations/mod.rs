//! Activations, by Keras's names and with Keras's formulas and gradients.
//!
//! A layer takes an [`Activation`]; the plain functions beside it ([`relu`], [`softmax`], …) work on tensors. A model
//! file and a command line name them in Keras's way, so they parse and print:
//!
//! ```
//! use horn_nn::Activation;
//!
//! let activation: Activation = "swish".parse()?;
//! assert_eq!(activation, Activation::Silu);
//! assert_eq!(activation.to_string(), "silu");
//! # Ok::<(), horn_nn::Error>(())
//! ```

pub(crate) mod activation;
pub(crate) mod functions;
pub(crate) mod names;
#[cfg(test)]
mod tests;
pub(crate) mod tuned;

pub use activation::Activation;
pub use functions::*;
pub use tuned::Tuned;
