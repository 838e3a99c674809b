//! What a Horn model is: tensors of any rank, layers, initializers, the graph, `Sequential` and its summary.
//!
//! This crate knows nothing of training; `horn-train` adds that. Users take both from the facade, `horn`.

pub mod activations;
mod device;
mod erased;
mod error;
mod host;
pub mod initializers;
mod layer;
pub mod layers;
mod model;
pub mod random;
mod sequential;
mod shape;
pub mod summary;
mod tensor;

pub use activations::Activation;
pub use device::{HORN_DEVICE, backends, default_device, device};
pub use erased::BuiltLayer;
pub use error::{Error, Result};
pub use host::{HostArray, HostElement};
pub use layer::{Build, Forward, Layer, Logits, Mode};
#[doc(hidden)]
pub use model::zero_batch_size;
pub use model::{Model, Node};
pub use sequential::Sequential;
pub use shape::{Shape, sizes};
pub use tensor::AnyTensor;
#[doc(hidden)]
pub use tensor::unsupported_rank;
