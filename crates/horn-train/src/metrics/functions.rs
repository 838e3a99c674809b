//! Keras's functions of metrics: the values that a metric averages.

use horn_nn::{AnyTensor, Result};

use super::accuracy::{
    BinaryAccuracy, categorical_accuracy as of_one_hot, on_one_side, sparse_categorical_accuracy as of_classes,
};
use super::correlation::{concordance, pearson};
use super::mean_of_rows::MeanOfRows;
use super::top_k_categorical_accuracy::{
    sparse_top_k_categorical_accuracy as of_top_classes, top_k_categorical_accuracy as of_top_one_hot,
};
use crate::losses::{Rows, TargetKind};

/// `keras.metrics.binary_accuracy(y_true, y_pred)`: 1 for each prediction that is on the same side of 0.5 as its target, and
/// 0 for the others, in the shape of the predictions.
///
/// # Errors
///
/// The targets do not fit the predictions.
pub fn binary_accuracy(y_true: impl Into<AnyTensor>, y_pred: impl Into<AnyTensor>) -> Result<AnyTensor> {
    let Rows { y_true, y_pred, leading, .. } = Rows::new(y_true.into(), y_pred.into(), None)?;
    let sizes = [&leading[..], &[y_pred.dims()[1]]].concat();
    AnyTensor::from(on_one_side(y_true, y_pred, BinaryAccuracy::THRESHOLD)?).reshape(&sizes)
}

/// `keras.metrics.categorical_accuracy(y_true, y_pred)`: 1 for each row whose largest prediction is at the position of the
/// largest target, and 0 for the others, in the shape of the leading axes.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::metrics::categorical_accuracy;
///
/// let device = Device::default();
/// let y_true = Tensor::<2>::from_data([[0.0, 1.0], [1.0, 0.0]], &device);
/// let y_pred = Tensor::<2>::from_data([[0.2, 0.8], [0.4, 0.6]], &device);
/// let right: Tensor<1> = categorical_accuracy(y_true, y_pred)?.float()?;
/// assert_eq!(right.into_data().try_to_vec::<f32>().unwrap(), [1.0, 0.0]);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// The targets do not fit the predictions.
pub fn categorical_accuracy(y_true: impl Into<AnyTensor>, y_pred: impl Into<AnyTensor>) -> Result<AnyTensor> {
    MeanOfRows::new(of_one_hot).values(y_true, y_pred)
}

/// `keras.metrics.sparse_categorical_accuracy(y_true, y_pred)`: 1 for each row whose largest prediction is at the class number
/// in the targets, and 0 for the others, in the shape of the leading axes.
///
/// # Errors
///
/// The targets do not fit the predictions.
pub fn sparse_categorical_accuracy(y_true: impl Into<AnyTensor>, y_pred: impl Into<AnyTensor>) -> Result<AnyTensor> {
    MeanOfRows::new(of_classes).values(y_true, y_pred)
}

/// `keras.metrics.top_k_categorical_accuracy(y_true, y_pred, k)`: 1 for each row whose largest target is at one of the `k`
/// largest predictions, and 0 for the others, in the shape of the leading axes. Keras's default for `k` is 5.
///
/// # Errors
///
/// The targets do not fit the predictions.
pub fn top_k_categorical_accuracy(
    y_true: impl Into<AnyTensor>,
    y_pred: impl Into<AnyTensor>,
    k: usize,
) -> Result<AnyTensor> {
    MeanOfRows::new(move |y_true, y_pred| of_top_one_hot(y_true, y_pred, k)).values(y_true, y_pred)
}

/// `keras.metrics.sparse_top_k_categorical_accuracy(y_true, y_pred, k)`: 1 for each row whose class is among the `k` largest
/// predictions, and 0 for the others, in the shape of the leading axes. Keras's default for `k` is 5.
///
/// # Errors
///
/// The targets do not fit the predictions.
pub fn sparse_top_k_categorical_accuracy(
    y_true: impl Into<AnyTensor>,
    y_pred: impl Into<AnyTensor>,
    k: usize,
) -> Result<AnyTensor> {
    MeanOfRows::new(move |y_true, y_pred| of_top_classes(y_true, y_pred, k, false)).values(y_true, y_pred)
}

/// `keras.metrics.pearson_correlation(y_true, y_pred, axis)`: Pearson's correlation coefficient of the targets and the
/// predictions along an axis, in the shape of the others. Keras's default for `axis` is -1, the last one.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::metrics::pearson_correlation;
///
/// let device = Device::default();
/// let y_true = Tensor::<2>::from_data([[0.0, 1.0], [3.0, 5.0]], &device);
/// let y_pred = Tensor::<2>::from_data([[2.0, 4.0], [1.0, 0.0]], &device);
/// let of_rows: Tensor<1> = pearson_correlation(y_true, y_pred, -1)?.float()?;
/// assert_eq!(of_rows.into_data().try_to_vec::<f32>().unwrap(), [1.0, -1.0]);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// The targets do not fit the predictions, or there is no such axis.
pub fn pearson_correlation(y_true: impl Into<AnyTensor>, y_pred: impl Into<AnyTensor>, axis: i64) -> Result<AnyTensor> {
    MeanOfRows::new(pearson).along(axis, TargetKind::Dense).values(y_true, y_pred)
}

/// `keras.metrics.concordance_correlation(y_true, y_pred, axis)`: the concordance correlation coefficient of the targets and
/// the predictions along an axis, in the shape of the others. Keras's default for `axis` is -1, the last one.
///
/// # Errors
///
/// The targets do not fit the predictions, or there is no such axis.
pub fn concordance_correlation(
    y_true: impl Into<AnyTensor>,
    y_pred: impl Into<AnyTensor>,
    axis: i64,
) -> Result<AnyTensor> {
    MeanOfRows::new(concordance).along(axis, TargetKind::Dense).values(y_true, y_pred)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor};
    use horn_nn::by_rank;

    use super::*;

    type Case = (&'static str, Result<AnyTensor>, &'static [usize], &'static [f32]);

    /// The numbers are those of Keras.
    #[test]
    fn values_and_shapes_are_those_of_keras() {
        let device = Device::default();
        let labels = || Tensor::<2, Int>::from_data([[1, 2], [0, 1]], &device);
        let one_hot = || labels().one_hot::<3>(3).float();
        let y_pred = || {
            let rows = [[[0.1, 0.7, 0.2], [0.4, 0.2, 0.3]], [[0.3, 0.3, 0.4], [0.6, 0.3, 0.1]]];
            Tensor::<3>::from_data(rows, &device)
        };
        let (column, flat) = (y_pred().slice([0..1, 0..2, 0..1]).reshape([2, 1]), Tensor::<1>::zeros([2], &device));
        let cases: [Case; 6] = [
            (
                "binary",
                binary_accuracy(one_hot(), y_pred()),
                &[2, 2, 3],
                &[1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0],
            ),
            ("binary, of a column", binary_accuracy(flat, column), &[2, 1], &[1.0, 1.0]),
            ("categorical", categorical_accuracy(one_hot(), y_pred()), &[2, 2], &[1.0, 0.0, 0.0, 0.0]),
            ("sparse", sparse_categorical_accuracy(labels(), y_pred()), &[2, 2], &[1.0, 0.0, 0.0, 0.0]),
            ("top", top_k_categorical_accuracy(one_hot(), y_pred(), 2), &[2, 2], &[1.0; 4]),
            ("sparse top", sparse_top_k_categorical_accuracy(labels(), y_pred(), 2), &[2, 2], &[1.0; 4]),
        ];
        for (case, values, sizes, expected) in cases {
            let values = values.unwrap();
            assert_eq!(values.sizes(), sizes, "{case}");
            let values: Tensor<1> = by_rank!(values, |values| values.reshape([-1])).unwrap();
            assert_eq!(values.into_data().try_to_vec::<f32>().unwrap(), expected, "{case}");
        }
        assert!(categorical_accuracy(labels(), y_pred()).unwrap_err().is_shape());
    }

    #[test]
    fn correlations_along_an_axis_are_those_of_keras() {
        let device = Device::default();
        let y_true = || {
            Tensor::<3>::from_data([[[0.0, 1.0, 0.5], [1.0, 1.0, 0.2]], [[0.3, 0.8, 0.1], [2.0, 0.0, 1.0]]], &device)
        };
        let y_pred = || {
            Tensor::<3>::from_data([[[0.1, 0.9, 0.5], [1.0, 0.9, 0.2]], [[0.5, 0.2, 0.9], [1.0, 0.5, 0.25]]], &device)
        };
        let cases: [Case; 3] = [
            (
                "pearson",
                pearson_correlation(y_true(), y_pred(), -1),
                &[2, 2],
                &[1.0, 0.99339926, -0.94769657, 0.65465367],
            ),
            (
                "concordance",
                concordance_correlation(y_true(), y_pred(), -1),
                &[2, 2],
                &[0.9756093, 0.9876539, -0.85714245, 0.3555555],
            ),
            (
                "concordance, along the steps",
                concordance_correlation(y_true(), y_pred(), 1),
                &[2, 3],
                &[0.9890108, 0.0, 0.99999774, 0.4497354, -0.64864826, -0.94736826],
            ),
        ];
        for (case, values, sizes, expected) in cases {
            let values = values.unwrap();
            assert_eq!(values.sizes(), sizes, "{case}");
            let values: Tensor<1> = by_rank!(values, |values| values.reshape([-1])).unwrap();
            for (value, expected) in values.into_data().try_to_vec::<f32>().unwrap().iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "{case}: {value}, Keras has {expected}");
            }
        }
    }
}
