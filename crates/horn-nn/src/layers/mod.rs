//! Layers, one file each: the description with Keras's arguments, and the Burn module that it builds.
//!
//! Each has a struct (`Dense`, with `Dense::new` and a method for every optional argument) and a function of the same
//! name, so that a model reads as in Keras: `Dense(128).activation(Activation::Relu)`.

mod activation;
mod attention;
mod common;
mod convolution;
mod core_layers;
mod layout;
mod masks;
mod merging;
mod nested;
mod normalization;
mod numbers;
mod options;
mod pooling;
mod preprocessing;
mod recurrent;
mod registry;
mod regularization;
mod reshaping;
mod resize;
mod sizes;
mod window;

pub use activation::*;
pub use attention::*;
pub use convolution::*;
pub use core_layers::*;
pub use merging::*;
pub use nested::Nested;
pub use normalization::*;
pub use numbers::Numbers;
pub use options::{Axes, DataFormat, Interpolation, Padding};
pub use pooling::*;
pub use preprocessing::*;
pub use recurrent::*;
pub(crate) use registry::is_keras_class;
pub use registry::{from_config, register};
pub use regularization::*;
pub use reshaping::*;
pub use sizes::Sizes;

/// The readers of all families of layers.
const FAMILIES: &[registry::Family] = &[
    activation::from_config,
    attention::from_config,
    convolution::from_config,
    core_layers::from_config,
    merging::from_config,
    normalization::from_config,
    pooling::from_config,
    preprocessing::from_config,
    recurrent::from_config,
    regularization::from_config,
    reshaping::from_config,
];

#[cfg(test)]
pub(crate) mod check;
