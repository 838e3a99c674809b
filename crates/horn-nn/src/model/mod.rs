//! Models: the two APIs that describe a model, `Sequential` and `Functional`, and the built model. Each file has one group
//! of its methods: running it, predicting, gradients, reading weights, extracting a submodel, nesting it as a layer.
//! Imports `summary` and below.

pub(crate) mod as_layer;
pub(crate) mod fill;
pub(crate) mod functional;
pub(crate) mod gradients;
pub(crate) mod layer_ref;
#[expect(clippy::module_inception, reason = "the type itself, next to the files with its methods")]
pub(crate) mod model;
pub(crate) mod part;
pub(crate) mod precision;
pub(crate) mod predict;
pub(crate) mod predictor;
pub(crate) mod progress;
pub(crate) mod run;
pub(crate) mod sequential;
pub(crate) mod shared;
pub(crate) mod states;
pub(crate) mod summary;
pub(crate) mod weight_groups;
pub(crate) mod weights;
pub(crate) mod write;
