//! The arguments and results of operations that are not just tensors. They import nothing of this crate.

pub(crate) mod activation;
pub(crate) mod batch_norm;
pub(crate) mod dense_layer;
pub(crate) mod key;
pub(crate) mod pooling;
pub(crate) mod sequence;
pub(crate) mod slide;
