//! A plan with weights: the list of layers and the graph that describe a model, and what one does with it once it is
//! built, a file for each: run it, predict, read its weights, take a part of it, use it as a layer. Imports `graph` and
//! below.

pub(crate) mod as_layer;
pub(crate) mod fill;
pub(crate) mod functional;
pub(crate) mod layer_ref;
#[expect(clippy::module_inception, reason = "the model itself, beside what is done with it")]
pub(crate) mod model;
pub(crate) mod part;
pub(crate) mod predict;
pub(crate) mod run;
pub(crate) mod sequential;
pub(crate) mod summary;
pub(crate) mod weight_groups;
pub(crate) mod weights;
pub(crate) mod write;
