//! Steps of Newton and Schulz towards an orthogonal matrix.

use burn::Tensor;

/// A matrix near to the orthogonal one that is closest, by so many steps: with `A = X Xᵀ`, a step takes `X` to
/// `a X + (b A + c A²) X`. Its singular values come close to 1, not to exactly 1
/// ([Jordan et al., 2024](https://kellerjordan.github.io/posts/muon/)).
pub(super) fn nearly_orthogonal(matrix: Tensor<2>, [a, b, c]: [f64; 3], steps: u64) -> Tensor<2> {
    let [rows, columns] = matrix.dims();
    let is_tall = rows > columns;
    let x = if is_tall { matrix.transpose() } else { matrix };
    let length = x.clone().square().sum().sqrt().add_scalar(1e-7);
    let mut x = x / length.reshape([1, 1]);
    for _ in 0..steps {
        let square = x.clone().matmul(x.clone().transpose());
        let polynomial = square.clone().mul_scalar(b) + square.clone().mul_scalar(c).matmul(square);
        x = x.clone().mul_scalar(a) + polynomial.matmul(x);
    }
    if is_tall { x.transpose() } else { x }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn singular_values_come_close_to_one() {
        let tall = Tensor::<2>::from_data([[3.0, 1.0], [0.5, 4.0], [-2.0, 1.0]], &Device::default());
        for matrix in [tall.clone(), tall.transpose()] {
            let near = nearly_orthogonal(matrix.clone(), [3.4445, -4.775, 2.0315], 5);
            assert_eq!(near.dims(), matrix.dims());
            let near = if near.dims()[0] > near.dims()[1] { near.transpose() } else { near };
            let square: Vec<f32> = near.clone().matmul(near.transpose()).into_data().iter::<f32>().collect();
            // The squares of singular values between 0.7 and 1.2, on the diagonal of a matrix that is nearly diagonal.
            assert!(square[0] > 0.45 && square[0] < 1.5 && square[3] > 0.45 && square[3] < 1.5, "{square:?}");
            assert!(square[1].abs() < 0.4, "{square:?}");
        }
    }
}
