//! Comparing an operation with the same one written by Burn's own, and with finite differences.

use std::cell::Cell;

use burn::tensor::{Device, Tensor, TensorData, activation};

thread_local! {
    /// How near to its bend a [`plain_relu`] of the plain path came.
    static NEAREST_BEND: Cell<f32> = const { Cell::new(f32::INFINITY) };
}

/// Nearer than this to 0, relative to the largest value, rounding decides on which side of the bend a value is.
const ROUNDING: f32 = 1e-6;

/// The plain path's relu. It tells [`same`] how near to 0 a value comes.
pub(crate) fn plain_relu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let values: Vec<f32> = x.clone().into_data().try_to_vec().unwrap();
    let [least, most] = [f32::min, f32::max].map(|of| values.iter().map(|value| value.abs()).reduce(of));
    if let (Some(least), Some(most)) = (least, most) {
        NEAREST_BEND.set(NEAREST_BEND.get().min(least / most));
    }
    activation::relu(x)
}

/// Numbers between -1 and 1 that look random and are the same in each run.
pub(crate) fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1_u64 << 23) as f32) - 1.0
    };
    (0..len).map(|_| next()).collect()
}

fn leaf(values: &[f32]) -> Tensor<1> {
    let device = Device::flex().autodiff();
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &device).require_grad()
}

fn listed(x: Tensor<1>) -> Vec<f32> {
    x.into_data().try_to_vec().unwrap()
}

/// The result of a function of leaves, and the gradient of a weighted sum of it by each leaf.
fn evaluate(leaves: &[Vec<f32>], function: impl Fn(&[Tensor<1>]) -> Tensor<1>) -> (Vec<f32>, Vec<Vec<f32>>) {
    let leaves: Vec<Tensor<1>> = leaves.iter().map(|values| leaf(values)).collect();
    let y = function(&leaves);
    let weights = numbers(y.dims()[0], 99);
    let weights = Tensor::<1>::from_data(TensorData::new(weights.clone(), [weights.len()]), &y.device());
    let gradients = (y.clone() * weights).sum().backward();
    let by_leaf = |leaf: &Tensor<1>| leaf.grad(&gradients).map_or_else(|| vec![0.0; leaf.dims()[0]], listed);
    (listed(y), leaves.iter().map(by_leaf).collect())
}

/// Panics unless the values differ by at most 1e-5 of the largest one, or of 1.
#[track_caller]
pub(crate) fn close(what: &str, fast: &[f32], plain: &[f32]) {
    assert_eq!(fast.len(), plain.len(), "{what}");
    let scale = plain.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
    for (at, (fast, plain)) in fast.iter().zip(plain).enumerate() {
        let difference = (fast - plain).abs();
        assert!(difference <= 1e-5 * scale, "{what}: {fast} at {at} instead of {plain} (largest {scale})");
    }
}

/// Panics unless two functions of leaves of these lengths give the same, and have the same gradients by each leaf. Where
/// a [`plain_relu`] of the plain one is within rounding of its bend, either slope is right, and the gradients are not compared.
#[track_caller]
pub(crate) fn same(
    lengths: &[usize],
    fast: impl Fn(&[Tensor<1>]) -> Tensor<1>,
    plain: impl Fn(&[Tensor<1>]) -> Tensor<1>,
) {
    let leaves: Vec<Vec<f32>> = lengths.iter().zip(1..).map(|(&len, seed)| numbers(len, seed)).collect();
    NEAREST_BEND.set(f32::INFINITY);
    let ((fast, fast_gradients), (plain, plain_gradients)) = (evaluate(&leaves, fast), evaluate(&leaves, plain));
    close("the result", &fast, &plain);
    if NEAREST_BEND.get() < ROUNDING {
        return;
    }
    for (at, (fast, plain)) in fast_gradients.iter().zip(&plain_gradients).enumerate() {
        close(&format!("the gradient by operand {at}"), fast, plain);
    }
}

/// Panics unless a smooth function changes along a direction as its gradients say.
#[track_caller]
pub(crate) fn follows_its_derivative(lengths: &[usize], function: impl Fn(&[Tensor<1>]) -> Tensor<1>) {
    let leaves: Vec<Vec<f32>> = lengths.iter().zip(1..).map(|(&len, seed)| numbers(len, seed)).collect();
    let (_, gradients) = evaluate(&leaves, &function);
    for at in 0..leaves.len() {
        let direction = numbers(lengths[at], 77);
        let moved = |step: f32| {
            let mut leaves = leaves.clone();
            leaves[at].iter_mut().zip(&direction).for_each(|(value, along)| *value += step * along);
            let (y, _) = evaluate(&leaves, &function);
            y.iter().zip(numbers(y.len(), 99)).map(|(y, weight)| f64::from(*y) * f64::from(weight)).sum::<f64>()
        };
        let step = 1e-2;
        let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
        let expected: f64 = gradients[at].iter().zip(&direction).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        assert!((slope - expected).abs() <= 2e-3 * expected.abs().max(1.0), "operand {at}: {slope}, not {expected}");
    }
}

/// A value of 2e-8 came out on either side of 0, by the order of the sum.
#[test]
fn slopes_are_not_compared_within_rounding_of_a_bend() {
    let shifted = |by: f32| move |leaves: &[Tensor<1>]| plain_relu(leaves[0].clone() - leaves[0].clone().detach() + by);
    same(&[5], shifted(1.0), shifted(1.0));
    let spread = Tensor::<1>::from_data([1.0, 0.0, 0.0, 0.0, 0.0], &Device::flex().autodiff());
    let bent = |by: f32| {
        let spread = spread.clone();
        move |leaves: &[Tensor<1>]| plain_relu(leaves[0].clone() - leaves[0].clone().detach() + spread.clone() + by)
    };
    same(&[5], bent(1e-8), bent(-1e-8));
    assert!(std::panic::catch_unwind(|| same(&[5], bent(1e-3), bent(-1e-3))).is_err());
}
