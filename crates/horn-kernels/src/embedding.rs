//! Embeddings: rows of a table.

use burn::tensor::{Int, Tensor};

/// The rows of `table` that `ids` name, one after the other. `None`, too, if an id has no row.
///
/// # Shapes
///
/// - `table`: `[rows, features]`
/// - `ids`: `[ids]`
/// - result: `[ids, features]`
pub fn embedding(table: &Tensor<2>, ids: &Tensor<1, Int>) -> Option<Tensor<2>> {
    #[cfg(feature = "flex")]
    return crate::flex::embedding::embedding(table, ids);
    #[cfg(not(feature = "flex"))]
    None
}
