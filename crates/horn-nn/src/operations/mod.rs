//! Keras's functions on tensors (`keras.ops`) as nodes of a graph: their names and arguments, output shapes, and what they
//! compute with Burn. Imports `layer` and below. The graph takes the functions for masks from here; the functions
//! that programs call are in `ops`.

pub(crate) mod activating;
pub(crate) mod argument;
pub(crate) mod arrays;
pub(crate) mod attending;
pub(crate) mod broadcast;
pub(crate) mod call;
pub(crate) mod constant;
pub(crate) mod correlating;
pub(crate) mod ctc;
pub(crate) mod decomposed;
pub(crate) mod decompositions;
pub(crate) mod elementwise;
pub(crate) mod fields;
pub(crate) mod formula;
pub(crate) mod fourier;
pub(crate) mod function;
pub(crate) mod indexing;
pub(crate) mod integers;
pub(crate) mod joining;
pub(crate) mod linear_algebra;
pub(crate) mod losses;
pub(crate) mod matrices;
pub(crate) mod moving;
pub(crate) mod nan;
pub(crate) mod numpy;
pub(crate) mod operands;
pub(crate) mod operation;
pub(crate) mod patches;
pub(crate) mod picturing;
pub(crate) mod products;
pub(crate) mod quantiles;
pub(crate) mod quantizing;
pub(crate) mod reductions;
pub(crate) mod resizing;
pub(crate) mod scattering;
pub(crate) mod searching;
pub(crate) mod selecting;
pub(crate) mod shaping;
pub(crate) mod special;
pub(crate) mod table;
pub(crate) mod unique;
pub(crate) mod windowed;
