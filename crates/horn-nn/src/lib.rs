//! Models: tensors of any rank, layers, initializers, the graph, `Sequential` and the summary.
//!
//! This crate does not know about training, which `horn-train` adds. Programs use both through the facade crate, `horn`.

pub mod activations;
pub mod applications;
mod arguments;
pub mod constraints;
mod data;
mod device;
mod error;
#[doc(hidden)]
pub mod files;
mod graph;
mod images;
pub mod initializers;
mod layer;
pub mod layers;
pub mod memory;
mod model;
#[doc(hidden)]
pub mod not_finite;
mod operations;
pub mod ops;
#[doc(hidden)]
pub mod printable;
pub mod random;
mod registry;
pub mod regularizers;
mod saving;
pub mod summary;
mod tensor;
mod windows;

pub use activations::Activation;
pub use arguments::dtype_policy::{DTypePolicy, dtype_policy, set_dtype_policy};
#[doc(hidden)]
pub use arguments::float32;
#[doc(hidden)]
pub use data::by_name::{by_name, inputs_in_order};
pub use data::elements::HostElement;
pub use data::host_array::HostArray;
pub use data::into_arrays::{IntoArrays, IntoBatch};
pub use device::{HORN_DEVICE, HORN_NUM_THREADS, backends, default_device, device};
pub use error::{Error, Result};
pub use graph::apply::Apply;
pub use graph::keras_tensor::{IntoTensors, KerasTensor};
pub use graph::plan::ModelKind;
pub use graph::shared_layer::SharedLayer;
pub use graph::write::serialize;
#[doc(hidden)]
pub use images::resampling::{Window, crop_windows, place_in_steps, shares_at};
pub use layer::builder::LayerBuilder;
pub use layer::call::{CallContext, Mode};
pub use layer::call_arguments::CallArgument;
pub use layer::conventions::{BuiltFor, Conventions, MaskArgument, OutputMask, TokenKind};
pub use layer::description::{Layer, Part, PartInput};
pub use layer::erased::BuiltLayer;
pub use layer::forward::{Forward, signals};
#[doc(hidden)]
pub use layer::mask_trail::{MaskNumber, MaskTrail};
#[doc(hidden)]
pub use layer::names::numbered as numbered_classes;
#[doc(hidden)]
pub use layer::reading::{MaskRules, under_mask_rules};
pub use layer::signal::{Logits, Signal};
pub use layer::state::State;
pub use layer::weight::{Weight, WeightSpec};
pub use layers::deserialize::{clone_model, deserialize};
pub use model::functional::Functional;
pub use model::gradients::Gradients;
pub use model::layer_ref::LayerRef;
pub use model::model::Model;
pub use model::predict::OutputArray;
#[doc(hidden)]
pub use model::predict::zero_batch_size;
pub use model::predictor::Predictor;
pub use model::sequential::Sequential;
#[doc(hidden)]
pub use model::states::States;
pub use model::weight_groups::WeightGroup;
#[doc(hidden)]
pub use operations::networks::ctc::{Counted as CtcCounted, ctc_of_sequences};
#[doc(hidden)]
pub use registry::arguments::{array_values, read_arguments, read_over_defaults, start_of};
#[doc(hidden)]
pub use registry::objects::in_default_package;
#[doc(hidden)]
pub use registry::suggest::{did_you_mean, nearest};
pub use tensor::any_tensor::AnyTensor;
#[doc(hidden)]
pub use tensor::any_tensor::unsupported_rank;
#[doc(hidden)]
pub use tensor::powers::powf;
#[doc(hidden)]
pub use tensor::shape::count;
pub use tensor::shape::{Shape, sizes};
