//! Linear algebra: products, parts and decompositions of matrices. Imports `formula`, `primitives` and below.

pub(crate) mod contractions;
pub(crate) mod decomposed;
pub(crate) mod decompositions;
pub(crate) mod linear_algebra;
pub(crate) mod matrices;
pub(crate) mod norms;
