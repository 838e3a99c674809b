//! The fraction of correct predictions.

use horn_nn::arguments;
use std::sync::Arc;

use burn::Tensor;
use horn_nn::{Error, Result, Shape};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name, named_metric};
use super::mean_of_rows::MeanOfRows;
use super::metric::Metric;
use crate::keras_config::Float32;
use crate::losses::Target;

/// Keras's `metrics=["accuracy"]`: the accuracy that fits the shapes of the targets and the outputs.
///
/// [`BinaryAccuracy`] for outputs with one feature, [`SparseCategoricalAccuracy`] if the targets are class numbers, and
/// [`CategoricalAccuracy`] otherwise.
///
/// ```
/// use horn::Shape;
/// use horn::metrics::{Accuracy, Metric};
///
/// let resolved = Accuracy::new().resolve(&[60_000], &Shape::batched([10])).unwrap();
/// assert_eq!(resolved.class_name(), "SparseCategoricalAccuracy");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    name: String,
    dtype: Float32,
}

named_metric!(Accuracy, "accuracy");

impl Metric for Accuracy {
    metric_methods!(Accuracy, Up);

    fn resolve(&self, y_true: &[usize], y_pred: &Shape) -> Option<Arc<dyn Metric>> {
        Some(if y_pred.last() == Some(1) {
            Arc::new(BinaryAccuracy::new().name(&self.name))
        } else if y_true.len() < y_pred.rank() || y_true.last() == Some(&1) {
            Arc::new(SparseCategoricalAccuracy::new().name(&self.name))
        } else {
            Arc::new(CategoricalAccuracy::new().name(&self.name))
        })
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        MeanOfRows::boxed(|y_true, y_pred| match y_true {
            _ if y_pred.dims()[1] == 1 => binary_accuracy(y_true, y_pred, BinaryAccuracy::THRESHOLD),
            Target::Dense(ref columns) if columns.dims()[1] > 1 => categorical_accuracy(y_true, y_pred),
            _ => sparse_categorical_accuracy(y_true, y_pred),
        })
    }

    /// Keras has this as a name only: its class `Accuracy` is [`ExactAccuracy`](super::ExactAccuracy).
    fn serialize(&self) -> Value {
        if is_accuracy(&self.name) { json!(self.name) } else { json!("accuracy") }
    }
}

/// The fraction of outputs that are on the same side of the threshold as their target, which is 0 or 1.
///
/// ```
/// use horn::metrics::BinaryAccuracy;
///
/// let strict = BinaryAccuracy::new().threshold(0.9);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryAccuracy {
    name: String,
    dtype: Float32,
    threshold: f64,
}

impl BinaryAccuracy {
    /// Keras's default.
    pub(super) const THRESHOLD: f64 = 0.5;

    /// The metric with Keras's defaults.
    pub fn new() -> Self {
        Self { name: "binary_accuracy".to_owned(), dtype: Float32::default(), threshold: Self::THRESHOLD }
    }
}

arguments!(BinaryAccuracy {
    /// Outputs above this threshold count as 1, and outputs equal to it as 0. It is 0.5 by default.
    threshold: f64,
});

metric_name!(BinaryAccuracy);

impl Metric for BinaryAccuracy {
    metric_methods!(BinaryAccuracy, Up);

    fn validate(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.threshold) {
            return Ok(());
        }
        Err(Error::argument("the threshold is not a probability")
            .at("threshold")
            .received(self.threshold)
            .expected("a number from 0 to 1")
            .hint("leave threshold out for Keras's 0.5"))
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let threshold = self.threshold;
        MeanOfRows::boxed(move |y_true, y_pred| binary_accuracy(y_true, y_pred, threshold))
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// The fraction of rows whose largest output is at the position of the largest target. The targets are one-hot encoded.
///
/// ```
/// use horn::metrics::CategoricalAccuracy;
///
/// let metric = CategoricalAccuracy::new().name("acc");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoricalAccuracy {
    name: String,
    dtype: Float32,
}

named_metric!(CategoricalAccuracy, "categorical_accuracy");

impl Metric for CategoricalAccuracy {
    metric_methods!(CategoricalAccuracy, Up);

    fn asks_for_largest(&self) -> bool {
        true
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        MeanOfRows::boxed(categorical_accuracy)
    }
}

/// The fraction of rows whose largest output is at the class number in the targets.
///
/// ```
/// use horn::metrics::SparseCategoricalAccuracy;
///
/// let metric = SparseCategoricalAccuracy::new().name("acc");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseCategoricalAccuracy {
    name: String,
    dtype: Float32,
}

named_metric!(SparseCategoricalAccuracy, "sparse_categorical_accuracy");

impl Metric for SparseCategoricalAccuracy {
    metric_methods!(SparseCategoricalAccuracy, Up);

    fn asks_for_largest(&self) -> bool {
        true
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        MeanOfRows::boxed(sparse_categorical_accuracy)
    }
}

/// Whether Keras resolves this name to the accuracy that fits the shapes.
pub(super) fn is_accuracy(name: &str) -> bool {
    ["accuracy", "acc"].contains(&name.to_lowercase().as_str())
}

/// The fraction of each row that is on the same side of the threshold as the targets.
fn binary_accuracy(y_true: Target, y_pred: Tensor<2>, threshold: f64) -> Result<Tensor<1>> {
    Ok(on_one_side(y_true, y_pred, threshold)?.mean_dim(1).squeeze_dim(1))
}

/// 1 for each prediction that is on the same side of the threshold as its target, and 0 for the others.
pub(super) fn on_one_side(y_true: Target, y_pred: Tensor<2>, threshold: f64) -> Result<Tensor<2>> {
    let y_true = y_true.into_dense(&y_pred)?;
    let classes = y_pred.greater_elem(threshold).float();
    Ok(y_true.equal(classes).float())
}

/// 1 for each row whose largest prediction is at the position of the largest target, and 0 for the others.
pub(super) fn categorical_accuracy(y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
    let y_true = y_true.into_dense(&y_pred)?;
    Ok(y_true.argmax(1).equal(y_pred.argmax(1)).float().squeeze_dim(1))
}

/// 1 for each row whose largest prediction is that of its class, and 0 for the others.
pub(super) fn sparse_categorical_accuracy(y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
    let classes = y_true.into_classes(&y_pred)?;
    Ok(y_pred.argmax(1).squeeze_dim::<1>(1).equal(classes).float())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::testing::values;

    fn predictions() -> Tensor<2> {
        Tensor::from_data([[0.1, 0.7, 0.2], [0.4, 0.2, 0.4], [0.3, 0.3, 0.4]], &Device::default())
    }

    #[test]
    fn the_first_of_equals_wins() {
        let labels = |labels: [i32; 3]| Target::Classes(Tensor::from_data(labels, &Device::default()));
        let right = |classes| values(sparse_categorical_accuracy(labels(classes), predictions()).unwrap());
        assert_eq!(right([1, 0, 0]), [1.0, 1.0, 0.0]);
        assert_eq!(right([1, 2, 2]), [1.0, 0.0, 1.0]);
    }

    #[test]
    fn one_hot_targets_count_by_their_largest() {
        let one_hot = [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let y_true = Target::Dense(Tensor::from_data(one_hot, &Device::default()));
        assert_eq!(values(categorical_accuracy(y_true, predictions()).unwrap()), [1.0, 0.0, 1.0]);
    }

    #[test]
    fn the_threshold_itself_counts_as_zero() {
        let device = Device::default();
        let y_true = Target::Dense(Tensor::from_data([[1.0, 0.0], [1.0, 1.0]], &device));
        let y_pred = Tensor::from_data([[0.5, 0.5], [0.6, 0.4]], &device);
        assert_eq!(values(binary_accuracy(y_true, y_pred, 0.5).unwrap()), [0.5, 0.5]);
        assert_eq!(BinaryAccuracy::new().threshold(1.5).validate().unwrap_err().location(), Some("threshold"));
    }

    #[test]
    fn accuracy_resolves_as_in_keras() {
        for (y_true, y_pred, class_name) in [
            (&[8][..], &[1][..], "BinaryAccuracy"),
            (&[8, 1], &[1], "BinaryAccuracy"),
            (&[8], &[3], "SparseCategoricalAccuracy"),
            (&[8, 1], &[3], "SparseCategoricalAccuracy"),
            (&[8, 3], &[3], "CategoricalAccuracy"),
            (&[8, 5], &[5, 3], "SparseCategoricalAccuracy"),
        ] {
            let resolved = Accuracy::new().name("acc").resolve(y_true, &Shape::batched(y_pred)).unwrap();
            assert_eq!((resolved.class_name(), resolved.name()), (class_name, "acc"), "{y_true:?} {y_pred:?}");
        }
    }
}
