//! The traits and types that define a layer: a description that builds a Burn module. Nothing here depends on a
//! particular layer or on graphs. Imports `initializers`, `regularizers`, `constraints`, `windows` and below.

pub(crate) mod any_weight;
pub(crate) mod budget;
pub(crate) mod builder;
pub(crate) mod call;
pub(crate) mod call_arguments;
pub(crate) mod called_as;
pub(crate) mod checks;
pub(crate) mod conventions;
pub(crate) mod deferred;
pub(crate) mod description;
pub(crate) mod erased;
pub(crate) mod erased_parameters;
pub(crate) mod forward;
pub(crate) mod given;
pub(crate) mod graphs;
pub(crate) mod layer_family;
pub(crate) mod lookup_state;
pub(crate) mod mask_trail;
pub(crate) mod names;
pub(crate) mod reading;
pub(crate) mod rounding;
pub(crate) mod signal;
pub(crate) mod state;
pub(crate) mod users;
pub(crate) mod weight;
pub(crate) mod weights;
