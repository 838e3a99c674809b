//! Activations as layers.

mod activation_layer;
mod relu;
mod softmax;

pub use activation_layer::{Activation, ActivationLayer};
pub use relu::ReLU;
pub use softmax::Softmax;

super::registry::family! {
    "Activation" => ActivationLayer::new(crate::Activation::Linear), requires "activation";
    "ReLU" => ReLU::new();
    "Softmax" => Softmax::new();
}
