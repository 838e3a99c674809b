//! Metrics that count right and wrong decisions: a prediction above a threshold is a decision for the label.

use burn::Tensor;
use burn::tensor::Bool;
use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name};
use super::metric::Metric;
use super::sums::{Batch, Sums, ratio};
use crate::keras_config::Float32;

/// A threshold as Keras writes it: a number, or a list with one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Thresholds {
    One(f64),
    Several(Vec<f64>),
}

/// What predictions that are not among the largest become, and the threshold that is above these alone.
const LOWEST: f64 = -1e10;

/// All thresholds. By default it is 0.5, and each of the `top_k` largest predictions is a decision for its label.
fn all_thresholds(thresholds: Option<&Thresholds>, top_k: Option<usize>) -> Vec<f64> {
    match thresholds {
        Some(Thresholds::One(threshold)) => vec![*threshold],
        Some(Thresholds::Several(all)) => all.clone(),
        None if top_k.is_some() => vec![LOWEST],
        None => vec![0.5],
    }
}

fn check_thresholds(thresholds: Option<&Thresholds>) -> Result<()> {
    let fits = match thresholds {
        Some(Thresholds::Several(all)) => !all.is_empty() && all.iter().all(|one| (0.0..=1.0).contains(one)),
        Some(Thresholds::One(one)) => (0.0..=1.0).contains(one),
        None => true,
    };
    if fits {
        return Ok(());
    }
    Err(Error::argument("the thresholds are not probabilities")
        .at("thresholds")
        .received(json!(thresholds))
        .expected("numbers from 0 to 1")
        .hint("leave thresholds out for Keras's 0.5"))
}

fn check_top_k(top_k: Option<usize>) -> Result<()> {
    match top_k {
        Some(0) => Err(Error::argument("the argument is out of range")
            .at("top_k")
            .received(0)
            .expected("at least 1")
            .hint("leave top_k out to take all above the threshold")),
        _ => Ok(()),
    }
}

/// The targets and predictions of this class, or of all.
///
/// # Errors
///
/// If the outputs do not have the class.
pub(super) fn of_class(y_true: Tensor<2>, y_pred: Tensor<2>, class: Option<usize>) -> Result<(Tensor<2>, Tensor<2>)> {
    let [_, features] = y_pred.dims();
    match class {
        None => Ok((y_true, y_pred)),
        Some(class) if class < features => Ok((y_true.narrow(1, class, 1), y_pred.narrow(1, class, 1))),
        Some(class) => Err(Error::argument("the outputs have no such class")
            .at("class_id")
            .received(class)
            .expected(format!("a number below {features}"))
            .hint("count the classes from 0")),
    }
}

/// The predictions of which all but the `k` largest of each row are replaced by the lowest. Of equal ones the first are
/// kept, as by Keras.
fn largest(y_pred: Tensor<2>, k: usize) -> Result<Tensor<2>> {
    let [rows, features] = y_pred.dims();
    if k > features {
        return Err(Error::argument("the outputs have fewer classes than top_k")
            .at("top_k")
            .received(k)
            .expected(format!("at most {features}"))
            .hint("give a smaller top_k"));
    }
    let last = y_pred.clone().topk(k, 1).min_dim(1).expand([rows, features]);
    let larger = y_pred.clone().greater(last.clone());
    let equal = y_pred.clone().equal(last);
    let room = larger.clone().int().sum_dim(1).neg().add_scalar(k as i64).expand([rows, features]);
    let kept = larger.bool_or(equal.clone().bool_and(equal.int().cumsum(1).lower_equal(room)));
    Ok(y_pred.mask_fill(kept.bool_not(), LOWEST as f32))
}

/// What the counts are taken of.
#[derive(Clone, Debug)]
struct Counting {
    thresholds: Vec<f64>,
    class: Option<usize>,
    top_k: Option<usize>,
}

impl Counting {
    /// The sums that the metrics are made of, for each threshold: the weights of true positives, false positives, true
    /// negatives and false negatives.
    fn counts(&self, rows: Batch) -> Result<Tensor<1>> {
        let mut weights = rows.weights;
        let (mut y_true, mut y_pred) = (rows.y_true.into_dense(&rows.y_pred)?, rows.y_pred);
        if let Some(k) = self.top_k {
            if rows.is_flat {
                // The largest of all.
                (y_true, y_pred, weights) = (y_true.transpose(), y_pred.transpose(), weights.transpose());
            }
            y_pred = largest(y_pred, k)?;
        }
        let (y_true, y_pred) = of_class(y_true, y_pred, self.class)?;
        let label = y_true.not_equal_elem(0.0);
        let no = label.clone().bool_not();
        let weights = weights.expand(label.dims());
        let sum = |chosen: Tensor<2, Bool>| (chosen.float() * weights.clone()).sum();
        let at_threshold = |threshold: &f64| {
            let positive = y_pred.clone().greater_elem(*threshold);
            let negative = positive.clone().bool_not();
            [
                sum(positive.clone().bool_and(label.clone())),
                sum(positive.bool_and(no.clone())),
                sum(negative.clone().bool_and(no.clone())),
                sum(negative.bool_and(label.clone())),
            ]
        };
        Ok(Tensor::cat(self.thresholds.iter().flat_map(at_threshold).collect(), 0))
    }
}

/// A metric made of the counts.
macro_rules! of_counts {
    (
        $(#[$doc:meta])* $metric:ident, $name:literal, $direction:ident, { $($class:ident, $top_k:ident)? },
        $result:expr
    ) => {
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

            /// Predictions above each of these thresholds are positive. [`results`](super::Accumulator::results) then
            /// returns a result for each of them; the history has their mean.
            #[must_use]
            pub fn at_thresholds(mut self, thresholds: impl Into<Vec<f64>>) -> Self {
                self.thresholds = Some(Thresholds::Several(thresholds.into()));
                self
            }

            $(
                /// Counts only this class; all by default.
                #[must_use]
                pub fn $class(mut self, class: usize) -> Self {
                    self.$class = Some(class);
                    self
                }

                /// Only this number of largest predictions of a row may be positive; without thresholds, they all are.
                #[must_use]
                pub fn $top_k(mut self, top_k: usize) -> Self {
                    self.$top_k = Some(top_k);
                    self
                }
            )?
        }

        metric_name!($metric);

        impl Metric for $metric {
            metric_methods!($metric, $direction);

            fn validate(&self) -> Result<()> {
                $(check_top_k(self.$top_k)?;)?
                check_thresholds(self.thresholds.as_ref())
            }

            fn accumulator(&self) -> Box<dyn Accumulator> {
                let (class, top_k) = (None$(.or(self.$class))?, None$(.or(self.$top_k))?);
                let counting = Counting { thresholds: all_thresholds(self.thresholds.as_ref(), top_k), class, top_k };
                let result: fn(&[f32]) -> f64 = $result;
                Sums::boxed(move |rows| counting.counts(rows), move |counts| counts.chunks(4).map(result).collect())
            }

            fn config(&self) -> Value {
                json!(self)
            }
        }
    };
}

of_counts! {
    /// The number of positive predictions that are right.
    ///
    /// ```
    /// let metric = horn::metrics::TruePositives::new().thresholds(0.9);
    /// ```
    TruePositives, "true_positives", None, {}, |counts| f64::from(counts[0])
}
of_counts! {
    /// The number of positive predictions that are wrong.
    ///
    /// ```
    /// let metric = horn::metrics::FalsePositives::new().thresholds(0.9);
    /// ```
    FalsePositives, "false_positives", None, {}, |counts| f64::from(counts[1])
}
of_counts! {
    /// The number of negative predictions that are right.
    ///
    /// ```
    /// let metric = horn::metrics::TrueNegatives::new().thresholds(0.9);
    /// ```
    TrueNegatives, "true_negatives", None, {}, |counts| f64::from(counts[2])
}
of_counts! {
    /// The number of negative predictions that are wrong.
    ///
    /// ```
    /// let metric = horn::metrics::FalseNegatives::new().thresholds(0.9);
    /// ```
    FalseNegatives, "false_negatives", None, {}, |counts| f64::from(counts[3])
}
of_counts! {
    /// The fraction of the positive predictions that are right.
    ///
    /// ```
    /// let metric = horn::metrics::Precision::new().class_id(2);
    /// ```
    Precision, "precision", Up, { class_id, top_k }, |counts| ratio(counts[0], counts[0] + counts[1])
}
of_counts! {
    /// The fraction of the labels that are found: predicted to be positive.
    ///
    /// ```
    /// let metric = horn::metrics::Recall::new().class_id(2);
    /// ```
    Recall, "recall", Up, { class_id, top_k }, |counts| ratio(counts[0], counts[0] + counts[3])
}
