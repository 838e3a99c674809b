//! Layers that are activations.

pub(crate) mod activation_layer;
pub(crate) mod prelu;
pub(crate) mod rectifiers;
pub(crate) mod relu;
pub(crate) mod softmax;

pub use activation_layer::Activation;

crate::layers::family::family! { Activation;
    "Activation" => activation_layer::ActivationLayer::new(crate::activations::Activation::Linear),
        requires "activation";
    "ELU" => rectifiers::ELU::default();
    "LeakyReLU" => rectifiers::LeakyReLU::default();
    "PReLU" => prelu::PReLU::new();
    "ReLU" => relu::ReLU::new();
    "Softmax" => softmax::Softmax::new();
}
