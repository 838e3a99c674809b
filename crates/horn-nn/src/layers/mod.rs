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
pub use registry::{from_config, register};
pub(crate) use registry::{from_registered, public_name, registered_name};
pub use regularization::*;
pub use reshaping::*;
pub use sizes::Sizes;

/// All families of layers.
#[expect(unused_qualifications, reason = "every family has one of this name")]
const FAMILIES: &[registry::Family] = &[
    activation::FAMILY,
    attention::FAMILY,
    convolution::FAMILY,
    core_layers::FAMILY,
    merging::FAMILY,
    normalization::FAMILY,
    pooling::FAMILY,
    preprocessing::FAMILY,
    recurrent::FAMILY,
    regularization::FAMILY,
    reshaping::FAMILY,
];

#[cfg(test)]
pub(crate) mod check;
