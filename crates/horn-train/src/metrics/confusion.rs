//! Metrics that count right and wrong decisions: a prediction above a threshold is a decision for the label.

use burn::Tensor;
use burn::tensor::Bool;
use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name};
use super::metric::Metric;
use super::sums::{Sums, ratio, weights};
use crate::keras_config::Float32;
use crate::losses::Rows;

/// A threshold as Keras writes it: a number, or a list with one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Thresholds {
    One(f64),
    Several(Vec<f64>),
}

/// The threshold; Keras's default is 0.5.
fn threshold(thresholds: Option<&Thresholds>) -> f64 {
    match thresholds {
        Some(Thresholds::One(threshold)) => *threshold,
        Some(Thresholds::Several(all)) => all.first().copied().unwrap_or(0.5),
        None => 0.5,
    }
}

fn check_thresholds(thresholds: Option<&Thresholds>) -> Result<()> {
    let fits = match thresholds {
        Some(Thresholds::Several(all)) => matches!(all.as_slice(), [one] if (0.0..=1.0).contains(one)),
        Some(Thresholds::One(one)) => (0.0..=1.0).contains(one),
        None => true,
    };
    if fits {
        return Ok(());
    }
    Err(Error::argument("the metric takes one threshold")
        .at("thresholds")
        .received(json!(thresholds))
        .expected("a number from 0 to 1")
        .hint("add a metric for each threshold"))
}

/// The sums that the metrics are made of: the weights of true positives, false positives, true negatives and false
/// negatives.
fn counts(rows: Rows, threshold: f64, class: Option<usize>) -> Result<Tensor<1>> {
    let weights = weights(&rows).unsqueeze_dim::<2>(1);
    let (mut y_true, mut y_pred) = (rows.y_true.into_dense(&rows.y_pred)?, rows.y_pred);
    if let Some(class) = class {
        let [_, features] = y_pred.dims();
        if class >= features {
            return Err(Error::argument("the outputs have no such class")
                .at("class_id")
                .received(class)
                .expected(format!("a number below {features}"))
                .hint("count the classes from 0"));
        }
        (y_true, y_pred) = (y_true.narrow(1, class, 1), y_pred.narrow(1, class, 1));
    }
    let positive = y_pred.greater_elem(threshold);
    let label = y_true.not_equal_elem(0.0);
    let weights = weights.expand(positive.dims());
    let sum = |chosen: Tensor<2, Bool>| (chosen.float() * weights.clone()).sum();
    let (negative, no) = (positive.clone().bool_not(), label.clone().bool_not());
    Ok(Tensor::cat(
        vec![
            sum(positive.clone().bool_and(label.clone())),
            sum(positive.bool_and(no.clone())),
            sum(negative.clone().bool_and(no)),
            sum(negative.bool_and(label)),
        ],
        0,
    ))
}

/// A metric made of the counts.
macro_rules! of_counts {
    ($(#[$doc:meta])* $metric:ident, $name:literal, { $($class:ident, $top_k:ident)? }, $result:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $metric {
            name: String,
            dtype: Float32,
            thresholds: Option<Thresholds>,
            $($top_k: Option<usize>, $class: Option<usize>,)?
        }

        impl $metric {
            /// The metric with Keras's defaults: for a threshold of 0.5.
            pub fn new() -> Self {
                Self {
                    name: $name.to_owned(),
                    dtype: Float32::default(),
                    thresholds: None,
                    $($top_k: None, $class: None,)?
                }
            }

            /// Predictions above this threshold are positive; 0.5 by default.
            #[must_use]
            pub fn thresholds(mut self, threshold: f64) -> Self {
                self.thresholds = Some(Thresholds::One(threshold));
                self
            }

            $(
                /// Counts only this class; all by default.
                #[must_use]
                pub fn $class(mut self, class: usize) -> Self {
                    self.$class = Some(class);
                    self
                }
            )?
        }

        metric_name!($metric);

        impl Metric for $metric {
            metric_methods!($metric);

            fn validate(&self) -> Result<()> {
                $(check_top_k(self.$top_k)?;)?
                check_thresholds(self.thresholds.as_ref())
            }

            fn accumulator(&self) -> Box<dyn Accumulator> {
                let threshold = threshold(self.thresholds.as_ref());
                let class = None$(.or(self.$class))?;
                Sums::boxed(move |rows| counts(rows, threshold, class), $result)
            }

            fn config(&self) -> Value {
                json!(self)
            }
        }
    };
}

fn check_top_k(top_k: Option<usize>) -> Result<()> {
    match top_k {
        None => Ok(()),
        Some(top_k) => Err(Error::argument("Horn's metric has no such argument yet")
            .at("top_k")
            .received(top_k)
            .expected("null")
            .hint("leave top_k out")),
    }
}

of_counts! {
    /// The number of positive predictions that are right.
    ///
    /// ```
    /// let metric = horn::metrics::TruePositives::new().thresholds(0.9);
    /// ```
    TruePositives, "true_positives", {}, |counts| f64::from(counts[0])
}
of_counts! {
    /// The number of positive predictions that are wrong.
    ///
    /// ```
    /// let metric = horn::metrics::FalsePositives::new().thresholds(0.9);
    /// ```
    FalsePositives, "false_positives", {}, |counts| f64::from(counts[1])
}
of_counts! {
    /// The number of negative predictions that are right.
    ///
    /// ```
    /// let metric = horn::metrics::TrueNegatives::new().thresholds(0.9);
    /// ```
    TrueNegatives, "true_negatives", {}, |counts| f64::from(counts[2])
}
of_counts! {
    /// The number of negative predictions that are wrong.
    ///
    /// ```
    /// let metric = horn::metrics::FalseNegatives::new().thresholds(0.9);
    /// ```
    FalseNegatives, "false_negatives", {}, |counts| f64::from(counts[3])
}
of_counts! {
    /// The fraction of the positive predictions that are right.
    ///
    /// ```
    /// let metric = horn::metrics::Precision::new().class_id(2);
    /// ```
    Precision, "precision", { class_id, top_k }, |counts| ratio(counts[0], counts[0] + counts[1])
}
of_counts! {
    /// The fraction of the labels that are found: predicted to be positive.
    ///
    /// ```
    /// let metric = horn::metrics::Recall::new().class_id(2);
    /// ```
    Recall, "recall", { class_id, top_k }, |counts| ratio(counts[0], counts[0] + counts[3])
}
