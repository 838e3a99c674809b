//! What `compile` gives a model: the losses and metrics of its outputs, the optimizer and its variables.

pub(crate) mod averages;
pub(crate) mod compile;
pub(crate) mod compile_config;
pub(crate) mod given;
pub(crate) mod given_losses;
pub(crate) mod given_metrics;
pub(crate) mod learning_rates;
pub(crate) mod model;
pub(crate) mod objective;
pub(crate) mod optimizer_variables;
pub(crate) mod parts;
