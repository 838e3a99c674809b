//! What a compiled model does with data: `fit`, `evaluate`, `predict`, steps on one batch, and custom
//! training steps.

pub(crate) mod batch_options;
pub(crate) mod evaluate;
pub(crate) mod evaluating;
pub(crate) mod finite_batches;
pub(crate) mod fit;
pub(crate) mod fit_checks;
pub(crate) mod fit_step;
pub(crate) mod fitting;
pub(crate) mod minimize;
pub(crate) mod on_batch;
pub(crate) mod predict;
pub(crate) mod predicting;
pub(crate) mod rescue;
pub(crate) mod resuming;
pub(crate) mod steps;
pub(crate) mod supervised;
pub(crate) mod tracker;
pub(crate) mod training_loop;
pub(crate) mod validation_freq;
