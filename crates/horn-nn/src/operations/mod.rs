//! Keras's functions on tensors (`keras.ops`) as nodes of a graph: their names and arguments, output shapes, and what they
//! compute with Burn. Imports the modules up to `layer`. The graph takes the functions for masks from here; the functions
//! that programs call are in `ops`.

pub(crate) mod activating;
pub(crate) mod argument;
pub(crate) mod broadcast;
pub(crate) mod call;
pub(crate) mod constant;
pub(crate) mod elementwise;
pub(crate) mod function;
pub(crate) mod indexing;
pub(crate) mod joining;
pub(crate) mod operands;
pub(crate) mod operation;
pub(crate) mod products;
pub(crate) mod reductions;
pub(crate) mod resizing;
pub(crate) mod selecting;
pub(crate) mod shaping;
pub(crate) mod table;
