//! Copies of some rows of a matrix: the samples of a batch.

/// The rows `at` of a matrix in row-major order, whose rows have `features` values.
///
/// ```
/// assert_eq!(horn_kernels::gather(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 2, &[2, 0]), [4.0, 5.0, 0.0, 1.0]);
/// ```
///
/// # Panics
///
/// If the matrix does not have one of the rows.
pub fn gather(values: &[f32], features: usize, at: &[usize]) -> Vec<f32> {
    #[cfg(feature = "flex")]
    if crate::enabled() {
        return crate::flex::gather::gather(values, features, at);
    }
    let mut rows = Vec::with_capacity(at.len() * features);
    at.iter().for_each(|&row| rows.extend_from_slice(&values[row * features..][..features]));
    rows
}
