//! Where batches come from: arrays, iterators, Keras's `PyDataset`; their targets and weights, and their order.

pub(crate) mod arranged;
pub(crate) mod array_source;
pub(crate) mod batch;
pub(crate) mod batches;
pub(crate) mod class_weight;
pub(crate) mod data;
pub(crate) mod prefetch;
pub(crate) mod py_dataset;
pub(crate) mod run;
pub(crate) mod samples;
pub(crate) mod shuffle;
pub(crate) mod source;
pub(crate) mod target_values;
