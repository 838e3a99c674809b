//! Functions of matrices, which are the last two axes. They are computed on the host, in float64.
//!
//! ```
//! use horn::layers::Input;
//! use horn::ops;
//!
//! let matrices = Input([4, 4]);
//! let right = Input([4, 2]);
//! assert_eq!(ops::solve(&matrices, &right)?.shape().to_string(), "(None, 4, 2)");
//! let [values, vectors] = ops::eigh(&matrices)?;
//! assert_eq!(values.shape().to_string(), "(None, 4)");
//! assert!(ops::inv(&right).unwrap_err().is_shape());
//! # Ok::<(), horn::Error>(())
//! ```

use crate::ops::operand::{IntoAxes, functions};

functions! {
    /// The lower or the upper triangle whose product with its transpose is the matrix, which is positive definite.
    cholesky(x; upper: bool => upper) => "Cholesky", "If the matrix is not square.";
    /// The inverse of the matrix that has this Cholesky factor.
    cholesky_inverse(x; upper: bool => upper) => "CholeskyInverse", "If the matrix is not square.";
    /// The determinant.
    det(x) => "Det", "If the matrix is not square.";
    /// The eigenvalues of a symmetric matrix in ascending order, and its eigenvectors as columns.
    eigh(x) => "Eigh"[2], "If the matrix is not square.";
    /// The inverse.
    inv(x) => "Inv", "If the matrix is not square.";
    /// The logarithm of the determinant of a positive definite matrix.
    logdet(x) => "Logdet", "If the matrix is not square.";
    /// The solution with the least squared error, and of these the shortest.
    lstsq(a, b) => "Lstsq", "If the right side does not fit.";
    /// Both triangles in one matrix, and the rows that were exchanged. It has no gradient.
    lu_factor(x) => "LuFactor"[2], "If there are no matrices.";
    /// The rank. It has no gradient.
    matrix_rank(x) => "MatrixRank", "If there are no matrices.";
    /// The pseudo-inverse of Moore and Penrose.
    pinv(x) => "Pinv", "If there are no matrices.";
    /// An orthogonal matrix and an upper triangle.
    qr(x) => "Qr"[2], "If there are no matrices.";
    /// The sign of the determinant, and the logarithm of its absolute value.
    slogdet(x) => "Slogdet"[2], "If the matrix is not square.";
    /// The solution of equations.
    solve(a, b) => "Solve", "If the matrix is not square, or the right side does not fit.";
    /// The solution of equations by the lower or the upper triangle of the matrix.
    solve_triangular(a, b; lower: bool => lower) => "SolveTriangular", "If the right side does not fit.";
    /// The left singular vectors as columns, the singular values, and the right vectors as rows. The vectors of full matrices
    /// have no gradient.
    svd(x; full_matrices: bool => full_matrices) => "SVD"[3], "If there are no matrices.";
    /// The distances of all pairs of rows.
    cdist(x, y) => "CDist", "If the rows are of different sizes.";
    /// The correlation coefficients of the rows of a matrix.
    corrcoef(x) => "Corrcoef", "If it is not a matrix.";
    /// The cross products of vectors of 2 or 3 values, along the last axis.
    cross(x1, x2) => "Cross", "If the vectors have other sizes.";
    /// The diagonal of the matrices in two axes, as the last axis.
    diagonal(x; offset: i64 => offset, axis1: i64 => axis1, axis2: i64 => axis2)
        => "Diagonal", "If the diagonal is outside of the matrix.";
    /// A matrix with the values of a vector on a diagonal, or the diagonal of a matrix.
    diag(x; k: i64 => k) => "Diag", "If there are more than two axes.";
    /// A matrix with all values on a diagonal.
    diagflat(x; k: i64 => k) => "Diagflat", "If the number of values is unknown.";
    /// The products of the last axes.
    inner(x1, x2) => "Inner", "If the sizes differ.";
    /// Each value of the first times all of the second.
    kron(x1, x2) => "Kron", "If there are too many axes.";
    /// The products of all pairs of values.
    outer(x1, x2) => "Outer", "If a tensor carries an error of an operator.";
    /// The sums of products over the last `axes` axes of `x1` and the first `axes` axes of `x2`.
    tensordot(x1, x2; axes: usize => axes) => "Tensordot", "If the axes do not fit.";
    /// The sum of the diagonal of the matrices in two axes.
    trace(x; offset: i64 => offset, axis1: i64 => axis1, axis2: i64 => axis2)
        => "Trace", "If the diagonal is outside of the matrix.";
    /// The sum of the products of all values.
    vdot(x1, x2) => "Vdot", "If the numbers of values differ.";
    /// Values added at indices of a tensor of zeros: the last axis of the indices has an index for each axis.
    scatter(indices, values; shape: impl IntoAxes => shape.into_axes()) => "Scatter", "If the indices do not fit.";
    /// The tensor with other values at these indices.
    scatter_update(inputs, indices, updates) => "ScatterUpdate", "If the indices do not fit.";
    /// The sums of the rows of each of `num_segments` segments.
    segment_sum(data, segment_ids; num_segments: usize => num_segments)
        => "SegmentSum", "If there is no segment for each row.";
    /// The smallest values of the rows of each of `num_segments` segments.
    segment_min(data, segment_ids; num_segments: usize => num_segments)
        => "SegmentMin", "If there is no segment for each row.";
    /// The products of the rows of each of `num_segments` segments.
    segment_prod(data, segment_ids; num_segments: usize => num_segments)
        => "SegmentProd", "If there is no segment for each row.";
    /// The largest values of the rows of each of `num_segments` segments.
    segment_max(data, segment_ids; num_segments: usize => num_segments)
        => "SegmentMax", "If there is no segment for each row.";
}
