//! Tests of all metrics.

use burn::tensor::{Device, Int, Tensor};
use horn_nn::AnyTensor;

use super::*;

const SCORES: [[f32; 3]; 4] = [[0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0.3, 0.6, 0.6], [0.0, 0.0, 0.0]];
const ONE_HOT: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const SOFT: [[f32; 3]; 4] = [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.2, 0.8], [1.0, 0.0, 0.0]];
const LABELS: [i64; 4] = [0, 0, 1, 2];
const WEIGHTS: [f32; 4] = [1.0, 2.0, 0.0, 0.5];

fn dense<const K: usize>(values: [[f32; K]; 4]) -> AnyTensor {
    Tensor::<2>::from_data(values, &Device::default()).into()
}

fn classes() -> AnyTensor {
    Tensor::<1, Int>::from_data(LABELS, &Device::default()).into()
}

/// The samples from `begin` up to `end`, without `end`.
fn part(tensor: &AnyTensor, begin: usize, end: usize) -> AnyTensor {
    match (tensor.rank(), tensor.dtype().is_float()) {
        (1, false) => tensor.clone().int::<1>().unwrap().slice(begin..end).into(),
        (1, true) => tensor.clone().float::<1>().unwrap().slice(begin..end).into(),
        _ => tensor.clone().float::<2>().unwrap().slice(begin..end).into(),
    }
}

/// The mean of a batch, with and without weights, is Keras's, and does not depend on how the batch is divided.
#[track_caller]
fn check<const K: usize>(
    metric: &dyn Metric,
    y_true: AnyTensor,
    y_pred: [[f32; K]; 4],
    plain: f64,
    weighted: impl Into<Option<f64>>,
) {
    let y_pred = dense(y_pred);
    let close = |state: &dyn Accumulator, expected: f64| {
        let received = state.result();
        assert!((received - expected).abs() <= 1e-6 * expected, "{received} instead of {expected}");
    };
    let mut state = metric.accumulator();
    let mut second = metric.accumulator();
    state.update_state(part(&y_true, 0, 3), part(&y_pred, 0, 3), None).unwrap();
    second.update_state(part(&y_true, 3, 4), part(&y_pred, 3, 4), None).unwrap();
    state.merge_state(second.as_ref()).unwrap();
    close(state.as_ref(), plain);
    assert_eq!(state.results(), [state.result()]);

    if let Some(weighted) = weighted.into() {
        state.reset_state();
        assert_eq!(state.result(), 0.0);
        let weights: AnyTensor = Tensor::<1>::from_data(WEIGHTS, &Device::default()).into();
        for (begin, end) in [(0, 3), (3, 4)] {
            let weights = Some(part(&weights, begin, end));
            state.update_state(part(&y_true, begin, end), part(&y_pred, begin, end), weights).unwrap();
        }
        close(state.as_ref(), weighted);
    }
}

#[test]
fn accuracies_follow_keras() {
    let weighted = 0.2857142984867096;
    check(&CategoricalAccuracy::new(), dense(ONE_HOT), SCORES, 0.5, weighted);
    check(&CategoricalAccuracy::new(), dense(SOFT), SCORES, 0.5, 0.4285714328289032);
    check(&SparseCategoricalAccuracy::new(), classes(), SCORES, 0.5, weighted);
    let column = [[0.0], [0.0], [1.0], [2.0]];
    check(&SparseCategoricalAccuracy::new(), dense(column), SCORES, 0.5, weighted);

    check(&Accuracy::new(), dense(ONE_HOT), SCORES, 0.5, weighted);
    check(&Accuracy::new(), classes(), SCORES, 0.5, weighted);
    check(&Accuracy::new(), dense(column), SCORES, 0.5, weighted);
}

#[test]
fn binary_accuracy_follows_keras() {
    let y_true = [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.5]];
    let y_pred = [[0.1, 0.9], [0.5, 0.6], [0.7, 0.2], [0.4, 0.4]];
    check(&BinaryAccuracy::new(), dense(y_true), y_pred, 0.5, 0.8571428656578064);
    check(&BinaryAccuracy::new().threshold(0.4), dense(y_true), y_pred, 0.375, None);
    let columns = y_pred.map(|[first, _]| [first]);
    check(&Accuracy::new(), dense([[0.0], [1.0], [1.0], [0.0]]), columns, 0.75, None);
}

#[test]
fn a_row_of_zeros_chooses_no_class_for_an_f_score() {
    // `keras.metrics.F1Score(average="micro")`.
    check(&F1Score::new(Average::Micro), dense(ONE_HOT), SCORES, 0.4444444179534912, 0.26666662096977234);
}

#[test]
fn errors_follow_keras() {
    check(&MeanSquaredError::new(), dense(ONE_HOT), SCORES, 0.29250001907348633, 0.3561904728412628);
    check(&MeanAbsoluteError::new(), dense(ONE_HOT), SCORES, 0.44166669249534607, 0.5047619342803955);
}

#[test]
fn states_of_other_metrics_do_not_merge() {
    let mut state = MeanSquaredError::new().accumulator();
    let error = state.merge_state(CategoricalAccuracy::new().accumulator().as_ref()).unwrap_err();
    assert!(error.is_argument(), "{error}");
}

#[test]
fn masked_timesteps_do_not_count_in_means_of_rows_and_count_in_sums() {
    let device = Device::default();
    let steps = |values: [[f32; 2]; 2]| AnyTensor::from(Tensor::<2>::from_data(values, &device)).reshape(&[2, 2, 1]);
    let (y_true, y_pred) = (steps([[0.0, 0.0], [0.0, 0.0]]).unwrap(), steps([[1.0, 2.0], [3.0, 5.0]]).unwrap());
    let mask = AnyTensor::from(Tensor::<2>::from_data([[1.0, 0.0], [1.0, 1.0]], &device).greater_elem(0.5));
    let weights = AnyTensor::from(Tensor::<1>::from_data([1.0, 0.5], &device));
    let measure = |metric: &dyn Metric, weights: Option<AnyTensor>| {
        let mut state = metric.accumulator();
        state.update_masked(y_true.clone(), y_pred.clone(), Some(mask.clone()), weights).unwrap();
        state.result()
    };
    assert_eq!(measure(&MeanAbsoluteError::new(), None), 3.0);
    assert_eq!(measure(&MeanAbsoluteError::new(), Some(weights)), 2.5);
    // The root of (1 + 4 + 9 + 25) / 4.
    assert!((measure(&RootMeanSquaredError::new(), None) - 9.75_f64.sqrt()).abs() < 1e-6);
}
