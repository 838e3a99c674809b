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

pub use burn_module::BurnModule;
pub use dense::Dense;
pub use einsum_dense::{EinsumDense, OutputSizes};
pub use embedding::Embedding;
pub use identity::Identity;
pub use lambda::Lambda;
pub use masking::Masking;
pub use reversible_embedding::ReversibleEmbedding;
pub use tensors::Tensors;

crate::layers::family::family! {
    "Dense" => Dense::new(1), requires "units";
    "EinsumDense" => EinsumDense::new("ab,bc->ac", 1), requires "equation", "output_shape";
    "Embedding" => Embedding::new(1, 1), requires "input_dim", "output_dim";
    "Identity" | "TFDIdentity" => Identity::new();
    "InputLayer" => crate::graph::input::Input::new([1]), requires "batch_shape";
    "Masking" => Masking::new();
    "ReversibleEmbedding" => ReversibleEmbedding::new(1, 1), requires "input_dim", "output_dim";
}
