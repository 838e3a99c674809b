//! Vectors of length 1.

use ndarray::{Array, Axis, Dimension, RemoveAxis};

/// Divides each vector along an axis by its norm of this order: Keras's `normalize`, with the defaults `axis` -1 and
/// `order` 2. Vectors of zeros stay as they are.
///
/// Along the axis 0, Keras 3.15.1 divides by the norms of other vectors, which is not done here.
///
/// The norm of order p is `(Σ |x|^p)^(1/p)`; for an order of infinity it is the largest absolute value.
///
/// # Shapes
///
/// The output has the shape of `x`.
///
/// ```
/// use horn::utils::normalize;
///
/// let x = ndarray::arr2(&[[3.0_f32, 4.0], [0.0, 0.0]]);
/// assert_eq!(normalize(&x, -1, 2.0), ndarray::arr2(&[[0.6, 0.8], [0.0, 0.0]]));
/// ```
///
/// # Panics
///
/// If the array has no such axis.
#[must_use]
#[track_caller]
pub fn normalize<D: Dimension + RemoveAxis>(x: &Array<f32, D>, axis: isize, order: f32) -> Array<f32, D> {
    let rank = x.ndim();
    let axis = match usize::try_from(axis).ok().or_else(|| rank.checked_add_signed(axis)) {
        Some(axis) if axis < rank => Axis(axis),
        _ => panic!("normalize: the array has no axis {axis}, only {rank}"),
    };
    let mut normal = x.clone();
    for mut vector in normal.lanes_mut(axis) {
        let norm = match order {
            f32::INFINITY => vector.fold(0.0, |largest: f32, value| largest.max(value.abs())),
            order => vector.fold(0.0, |sum, value| sum + value.abs().powf(order)).powf(1.0 / order),
        };
        if norm > 0.0 {
            vector.mapv_inplace(|value| value / norm);
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "normalize: the array has no axis 2, only 2")]
    fn an_axis_that_is_not_there_is_a_mistake() {
        let _ = normalize(&ndarray::arr2(&[[1.0]]), 2, 2.0);
    }
}
