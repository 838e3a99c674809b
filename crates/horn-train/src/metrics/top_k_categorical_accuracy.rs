//! The fraction of rows whose class is among the largest predictions.

use burn::Tensor;
use burn::tensor::Int;
use horn_nn::{Error, Result, arguments};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name};
use super::mean_of_rows::MeanOfRows;
use super::metric::Metric;
use crate::keras_config::Float32;
use crate::losses::Target;

macro_rules! top_k {
    ($(#[$doc:meta])* $metric:ident, $name:literal, { $($(#[$meta:meta])* $field:ident)? }, |$self:ident| $takes_scores:expr, $in_top_k:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $metric {
            name: String,
            dtype: Float32,
            k: usize,
            $($(#[$meta])* $field: bool,)?
        }

        impl $metric {
            /// The metric with Keras's defaults: among the 5 largest.
            pub fn new() -> Self {
                Self { name: $name.to_owned(), dtype: Float32::default(), k: 5$(, $field: false)? }
            }

            /// Among how many predictions the class may be; 5 by default.
            #[must_use]
            pub fn k(mut self, k: usize) -> Self {
                self.k = k;
                self
            }
        }

        metric_name!($metric);

        impl Metric for $metric {
            metric_methods!($metric, Up);

            fn validate(&self) -> Result<()> {
                check_k(self.k)
            }

            fn asks_for_largest(&self) -> bool {
                let $self = self;
                $takes_scores
            }

            fn accumulator(&self) -> Box<dyn Accumulator> {
                let $self = self.clone();
                MeanOfRows::boxed($in_top_k)
            }

            fn config(&self) -> Value {
                json!(self)
            }
        }
    };
}

top_k! {
    /// The fraction of rows whose class, the position of the largest target, is among the `k` largest predictions. The
    /// targets are one-hot encoded.
    ///
    /// ```
    /// let metric = horn::metrics::TopKCategoricalAccuracy::new().k(3).name("top_3");
    /// ```
    TopKCategoricalAccuracy,
    "top_k_categorical_accuracy",
    {},
    |metric| metric.k > 0,
    move |y_true, y_pred| top_k_categorical_accuracy(y_true, y_pred, metric.k)
}

top_k! {
    /// The fraction of rows whose class, the number in the targets, is among the `k` largest predictions.
    ///
    /// ```
    /// let metric = horn::metrics::SparseTopKCategoricalAccuracy::new().k(3).name("top_3");
    /// ```
    SparseTopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy",
    {
        /// Keras writes it only if it is set.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        from_sorted_ids
    },
    |metric| !metric.from_sorted_ids,
    move |y_true, y_pred| sparse_top_k_categorical_accuracy(y_true, y_pred, metric.k, metric.from_sorted_ids)
}

arguments!(SparseTopKCategoricalAccuracy {
    /// Whether the predictions are class numbers, those of the largest scores first, and not a score for each class; no by
    /// default.
    from_sorted_ids: bool,
});

/// 1 for each row whose largest target is at one of the `k` largest predictions.
pub(super) fn top_k_categorical_accuracy(y_true: Target, y_pred: Tensor<2>, k: usize) -> Result<Tensor<1>> {
    Ok(in_top_k(y_true.into_dense(&y_pred)?.argmax(1), y_pred, k))
}

/// 1 for each row whose class is among the `k` largest predictions, or among the first `k` that they name.
pub(super) fn sparse_top_k_categorical_accuracy(
    y_true: Target,
    y_pred: Tensor<2>,
    k: usize,
    from_sorted_ids: bool,
) -> Result<Tensor<1>> {
    let classes = y_true.into_classes(&y_pred)?.unsqueeze_dim(1);
    Ok(if from_sorted_ids { among_first(classes, y_pred, k) } else { in_top_k(classes, y_pred, k) })
}

/// 1 for each row in which fewer than `k` predictions are larger than that of the class.
///
/// Labels that a loss ignores are no classes. As in Keras on JAX, negative ones count from the last class, and what is
/// beyond is among no predictions.
fn in_top_k(classes: Tensor<2, Int>, y_pred: Tensor<2>, k: usize) -> Tensor<1> {
    let columns = y_pred.dims()[1] as i64;
    let wrapped = classes.clone() + classes.lower_elem(0).int() * columns;
    let exists = wrapped.clone().greater_equal_elem(0).float() * wrapped.clone().lower_elem(columns).float();
    let of_class = y_pred.clone().gather(1, wrapped.clamp(0, columns - 1)).expand(y_pred.dims());
    let larger = y_pred.greater(of_class).float().sum_dim(1);
    (larger.lower_elem(k as f32).float() * exists).squeeze_dim(1)
}

/// 1 for each row in which the class is one of the first `k`.
fn among_first(classes: Tensor<2, Int>, y_pred: Tensor<2>, k: usize) -> Tensor<1> {
    let [_, columns] = y_pred.dims();
    let first = y_pred.narrow(1, 0, k.min(columns));
    let is_class = first.clone().equal(classes.float().expand(first.dims())).float();
    is_class.max_dim(1).squeeze_dim(1)
}

fn check_k(k: usize) -> Result<()> {
    if k > 0 {
        return Ok(());
    }
    Err(Error::argument("the argument is out of range")
        .at("k")
        .received(k)
        .expected("at least 1")
        .hint("leave k out for Keras's 5"))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn labels_that_are_no_classes_are_looked_up_as_in_keras() {
        // keras.metrics.sparse_top_k_categorical_accuracy with k = 2, on JAX.
        let labels = [-1_i64, 0, 2, 3, 255, -3, -4];
        let expected = [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        for (label, expected) in labels.into_iter().zip(expected) {
            let classes = Tensor::<1, Int>::from_data([label], &Device::default());
            let y_pred = Tensor::<2>::from_data([[0.2, 0.5, 0.3]], &Device::default());
            let mut state = SparseTopKCategoricalAccuracy::new().k(2).accumulator();
            state.update_state(classes.into(), y_pred.into(), None).unwrap();
            assert_eq!(state.result(), expected, "{label}");
        }
    }
}
