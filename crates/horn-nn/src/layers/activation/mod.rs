//! Layers that are activations.

pub(crate) mod activation_layer;
pub(crate) mod prelu;
pub(crate) mod rectifiers;
pub(crate) mod relu;
pub(crate) mod softmax;

pub use activation_layer::{Activation, ActivationLayer};
pub use prelu::PReLU;
pub use rectifiers::{ELU, LeakyReLU};
pub use relu::ReLU;
pub use softmax::Softmax;

crate::layers::family::family! {
    "Activation" => ActivationLayer::new(crate::activations::Activation::Linear), requires "activation";
    "ELU" => ELU::default();
    "LeakyReLU" => LeakyReLU::default();
    "PReLU" => PReLU::new();
    "ReLU" => ReLU::new();
    "Softmax" => Softmax::new();
}
