//! The layers that models are made of first of all.

mod burn_module;
mod dense;
mod einsum_dense;
mod embedding;
mod equation;
mod identity;
mod input;
mod lambda;
mod masking;
mod probe;
mod tensors;

pub use burn_module::BurnModule;
pub use dense::Dense;
pub use einsum_dense::{EinsumDense, OutputSizes};
pub use embedding::Embedding;
pub use identity::Identity;
pub use input::{Input, InputDtype};
pub use lambda::Lambda;
pub(super) use lambda::unreadable;
pub use masking::Masking;
pub use tensors::Tensors;

super::registry::family! {
    "Dense" => Dense::new(1), requires "units";
    "EinsumDense" => EinsumDense::new("ab,bc->ac", 1), requires "equation", "output_shape";
    "Embedding" => Embedding::new(1, 1), requires "input_dim", "output_dim";
    "Identity" => Identity::new();
    "InputLayer" => Input::new([1]), requires "batch_shape";
    "Masking" => Masking::new();
}
