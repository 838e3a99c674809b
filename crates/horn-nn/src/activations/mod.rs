//! Activations, by Keras's names and with Keras's formulas and gradients.
//!
//! Layers take an [`Activation`]; the plain functions ([`relu`], [`softmax`], …) work on tensors. Model files and
//! command lines use Keras's names, so an [`Activation`] can be parsed and printed:
//!
//! ```
//! use horn::Activation;
//!
//! let activation: Activation = "swish".parse()?;
//! assert_eq!(activation, Activation::Silu);
//! assert_eq!(activation.to_string(), "silu");
//! # Ok::<(), horn::Error>(())
//! ```

// Imports `registry` and `error`.

pub(crate) mod activation;
mod as_layers;
mod custom;
pub(crate) mod functions;
mod hard_sigmoid;
pub(crate) mod names;
#[cfg(test)]
mod tests;
pub(crate) mod tuned;

pub use activation::Activation;
pub use custom::CustomActivation;
pub use functions::*;
pub use tuned::Tuned;
