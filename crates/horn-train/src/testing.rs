//! Helpers for the tests.

use burn::Tensor;

/// The values on the host.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as().unwrap()
}

/// Asserts that each value is within this relative distance of the expected one.
#[track_caller]
pub fn assert_close(actual: &[f32], expected: &[f32], relative: f32) {
    assert_eq!(actual.len(), expected.len(), "{actual:?} is not as long as {expected:?}");
    for (index, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        assert!((actual - expected).abs() <= relative * expected.abs(), "{index}: {actual:e} instead of {expected:e}");
    }
}

/// Asserts that each value is within this distance of the expected one, relative to the expected value, or to 1 if that
/// is larger. Sums of terms near 1 can't be more accurate.
#[track_caller]
pub fn assert_close_to_scale(actual: &[f32], expected: &[f32], relative: f32) {
    assert_eq!(actual.len(), expected.len(), "{actual:?} is not as long as {expected:?}");
    for (index, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        let allowed = relative * expected.abs().max(1.0);
        assert!((actual - expected).abs() <= allowed, "{index}: {actual:e} instead of {expected:e}");
    }
}
