//! What a layer is: a description that builds a Burn module. It knows no layer in particular and no graph. Imports the
//! rooms that layers are made with (`tensor`, `random`, `activations`, `initializers`, `regularizers`, `constraints`).

pub(crate) mod any_weight;
pub(crate) mod budget;
pub(crate) mod builder;
pub(crate) mod call;
pub(crate) mod call_arguments;
pub(crate) mod checks;
pub(crate) mod conventions;
pub(crate) mod description;
pub(crate) mod erased;
pub(crate) mod forward;
pub(crate) mod given;
pub(crate) mod lookup_state;
pub(crate) mod names;
pub(crate) mod reading;
pub(crate) mod signal;
pub(crate) mod state;
pub(crate) mod users;
pub(crate) mod weight;
pub(crate) mod weights;
