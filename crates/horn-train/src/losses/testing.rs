//! Helpers for the tests of the losses.

use burn::Tensor;
use burn::tensor::{Device, TensorData};

use super::loss::Loss;
use super::target::Target;
use crate::testing::{assert_close, values};

pub const PROBABILITIES: [[f32; 3]; 4] = [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.0, 0.5, 0.5], [2.0, 1.0, 1.0]];
pub const LOGITS: [[f32; 3]; 4] = [[1.0, -2.0, 0.5], [1e4, -1e4, 0.0], [-1e4, 1e4, 0.0], [3.0, 3.0, 3.0]];
pub const LABELS: [i64; 4] = [2, 0, 0, 1];
pub const ONE_HOT: [[f32; 3]; 4] = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];

/// Keras's crossentropies of these rows, and their gradients, weighted as in [`check`]. Class numbers and one-hot
/// targets give the same values.
pub const FROM_PROBABILITIES: ([f32; 4], [[f32; 3]; 4]) = (
    [0.35667497, 1.2039728, 16.118095, 1.3862944],
    [[1.0, 1.0, -0.42857146], [-4.6666665, 2.0, 2.0], [0.0, 0.0, 0.0], [1.0, -3.0, 1.0]],
);
pub const FROM_LOGITS: ([f32; 4], [[f32; 3]; 4]) = (
    [1.004597, 0.0, 20000.0, 1.0986123],
    [[0.6037489, 0.030058887, -0.6338078], [0.0, 0.0, 0.0], [-3.0, 3.0, 0.0], [1.3333334, -2.6666665, 1.3333334]],
);

/// Compares the loss of each row with Keras's, and the gradient of their sum weighted with 1, 2, 3 and 4.
#[track_caller]
pub fn check<const K: usize>(
    loss: &dyn Loss,
    y_true: [[f32; K]; 4],
    y_pred: [[f32; K]; 4],
    expected: [f32; 4],
    gradient: [[f32; K]; 4],
) {
    check_target(loss, Target::Dense(Tensor::from_data(y_true, &Device::default())), y_pred, expected, gradient);
}

/// The same for class numbers.
#[track_caller]
pub fn check_classes<const K: usize>(
    loss: &dyn Loss,
    y_true: [i64; 4],
    y_pred: [[f32; K]; 4],
    expected: [f32; 4],
    gradient: [[f32; K]; 4],
) {
    check_target(loss, Target::Classes(Tensor::from_data(y_true, &Device::default())), y_pred, expected, gradient);
}

#[track_caller]
fn check_target<const K: usize>(
    loss: &dyn Loss,
    y_true: Target,
    y_pred: [[f32; K]; 4],
    expected: [f32; 4],
    gradient: [[f32; K]; 4],
) {
    let device = Device::default();
    let y_pred = TensorData::new(y_pred.concat(), [4, K]);
    let plain = loss.per_sample(y_true.clone(), Tensor::from_data(y_pred.clone(), &device)).unwrap();
    assert_close(&values(plain), &expected, 1e-6);

    let y_pred = Tensor::<2>::from_data(y_pred, &device.clone().autodiff()).require_grad();
    let weights = Tensor::<1>::from_data([1.0, 2.0, 3.0, 4.0], &device);
    let gradients = (loss.per_sample(y_true, y_pred.clone()).unwrap() * weights).sum().backward();
    // A gradient is often a difference of rounded terms, such as p - y.
    let actual = values(y_pred.grad(&gradients).unwrap());
    for (actual, expected) in actual.into_iter().zip(gradient.concat()) {
        assert!((actual - expected).abs() <= 1e-6 * expected.abs().max(0.5), "{actual:e} instead of {expected:e}");
    }
}
