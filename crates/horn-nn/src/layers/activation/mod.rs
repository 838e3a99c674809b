//! Activations as layers.

mod activation_layer;
mod prelu;
mod rectifiers;
mod relu;
mod softmax;

pub use activation_layer::{Activation, ActivationLayer};
pub use prelu::PReLU;
pub use rectifiers::{ELU, LeakyReLU};
pub use relu::ReLU;
pub use softmax::Softmax;

super::registry::family! {
    "Activation" => ActivationLayer::new(crate::Activation::Linear), requires "activation";
    "ELU" => ELU::new();
    "LeakyReLU" => LeakyReLU::new();
    "PReLU" => PReLU::new();
    "ReLU" => ReLU::new();
    "Softmax" => Softmax::new();
}
