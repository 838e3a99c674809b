//! What a Horn model is: tensors of any rank, layers, initializers, the graph, `Sequential` and its summary.
//!
//! This crate knows nothing of training; `horn-train` adds that. Users take both from the facade, `horn`.

pub mod activations;
mod any_weight;
pub mod applications;
mod build;
mod build_config;
mod call;
pub mod constraints;
mod device;
mod erased;
mod error;
#[doc(hidden)]
pub mod files;
mod from_config;
mod functional;
mod host;
mod host_arrays;
pub mod initializers;
mod keras_object;
mod layer;
mod layer_ref;
pub mod layers;
mod mask_operations;
mod model;
mod model_config;
mod model_summary;
mod plan;
pub mod random;
pub mod regularizers;
mod sequential;
mod shape;
mod signal;
mod state;
mod stored;
pub mod summary;
mod tensor;
mod weights;

pub use activations::Activation;
pub use build::{LayerBuilder, Weight, WeightSpec};
pub use call::CallContext;
pub use device::{HORN_DEVICE, backends, default_device, device};
pub use erased::BuiltLayer;
pub use error::{Error, Result};
pub use from_config::deserialize;
pub use functional::{Functional, IntoTensors, KerasTensor, SharedLayer};
pub use host::{HostArray, HostElement};
pub use host_arrays::IntoArrays;
#[doc(hidden)]
pub use keras_object::nearest;
pub use layer::{Forward, Layer, Logits, Mode, signals};
pub use layer_ref::LayerRef;
pub use model::Model;
#[doc(hidden)]
pub use model::zero_batch_size;
pub use model_config::serialize;
pub use plan::ModelKind;
#[doc(hidden)]
pub use plan::numbered as numbered_classes;
pub use sequential::Sequential;
pub use shape::{Shape, sizes};
pub use signal::Signal;
pub use state::State;
pub use stored::WeightGroup;
pub use tensor::AnyTensor;
#[doc(hidden)]
pub use tensor::unsupported_rank;
