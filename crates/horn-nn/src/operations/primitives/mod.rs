//! Functions that Burn computes directly: of elements, over axes, of shapes, slices, products. Imports `calls`.

pub(crate) mod activating;
pub(crate) mod elementwise;
pub(crate) mod exact_products;
pub(crate) mod indexing;
pub(crate) mod joining;
pub(crate) mod products;
pub(crate) mod reductions;
pub(crate) mod selecting;
pub(crate) mod shaping;
