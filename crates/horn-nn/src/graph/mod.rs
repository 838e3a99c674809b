//! Graphs of layers: symbolic tensors, the plan that both APIs create from them, and how it is written to Keras's files.
//! Imports `operations` and below.

pub(crate) mod apply;
pub(crate) mod build_config;
pub(crate) mod constants;
pub(crate) mod dtypes;
pub(crate) mod input;
pub(crate) mod json;
pub(crate) mod keras_tensor;
pub(crate) mod limits;
pub(crate) mod mask_rules;
pub(crate) mod masks;
pub(crate) mod part;
pub(crate) mod plan;
pub(crate) mod shared_layer;
pub(crate) mod tracer;
pub(crate) mod write;
