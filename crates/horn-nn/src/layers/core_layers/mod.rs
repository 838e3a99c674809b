//! Core layers: inputs, fully connected layers, embeddings, masks, functions and Burn modules.

pub(crate) mod burn_module;
pub(crate) mod dense;
pub(crate) mod einsum_dense;
pub(crate) mod embedding;
pub(crate) mod equation;
pub(crate) mod identity;
pub(crate) mod lambda;
pub(crate) mod masking;
pub(crate) mod probe;
pub(crate) mod reversible_embedding;
pub(crate) mod rounded_inputs;
pub(crate) mod tensors;

use crate::graph::input;

pub use burn_module::BurnModule;
pub use einsum_dense::OutputSizes;
pub use lambda::Lambda;
pub use tensors::Tensors;

crate::layers::family::family! { Core;
    "Dense" => dense::Dense::new(1), requires "units";
    "EinsumDense" => einsum_dense::EinsumDense::new("ab,bc->ac", 1), requires "equation", "output_shape";
    "Embedding" => embedding::Embedding::new(1, 1), requires "input_dim", "output_dim";
    "Identity" | "TFDIdentity" => identity::Identity::new();
    "InputLayer" => input::Input::new([1]), requires "batch_shape";
    "Masking" => masking::Masking::new();
    "ReversibleEmbedding" => reversible_embedding::ReversibleEmbedding::new(1, 1), requires "input_dim", "output_dim";
}
