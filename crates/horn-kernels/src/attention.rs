//! Attention by scaled dot products, without a matrix of scores that stays.

use burn::tensor::Tensor;

/// `softmax(scale · query · keyᵀ) · value` for each head, where hidden scores are -10⁹.
///
/// Several heads of the query may share one of the key: their number is a multiple of `key_heads`, and neighbours share.
///
/// # Shapes
///
/// - `query`: `[batch, queries, heads, width]`
/// - `key`: `[batch, keys, key_heads, width]`
/// - `value`: `[batch, keys, key_heads, value_width]`
/// - `allowed`: `[batch, heads, queries, keys]`, each of them or 1; 0 where a query may not look
/// - result: `[batch, queries, heads, value_width]`
///
/// A query that may look nowhere finds the mean of all values, or with `clears` zeros.
pub fn attention(
    query: &Tensor<4>,
    key: &Tensor<4>,
    value: &Tensor<4>,
    allowed: Option<&Tensor<4>>,
    scale: f64,
    clears: bool,
) -> Option<Tensor<4>> {
    #[cfg(feature = "flex")]
    return crate::flex::attention::attention([query, key, value], allowed, scale, clears);
    #[cfg(not(feature = "flex"))]
    None
}
