//! Keras's functions on tensors (`keras.ops`) as nodes of a graph: their names and arguments, output shapes, and what they
//! compute with Burn. Imports `layer` and below. The graph takes the functions for masks from here; the functions
//! that programs call are in `ops`.
//!
//! From the bottom up: `calls`, `primitives`, `formula`, `networks` and `linear`, `imaging`, `numeric`; then the table of all
//! functions (`table`, with `numpy` and `fields`) and the node that has one of them (`operation`).

pub(crate) mod calls;
pub(crate) mod fields;
pub(crate) mod formula;
pub(crate) mod imaging;
pub(crate) mod linear;
pub(crate) mod networks;
pub(crate) mod numeric;
pub(crate) mod numpy;
pub(crate) mod operation;
pub(crate) mod primitives;
pub(crate) mod table;
