//! Means of precision and recall.

use burn::Tensor;
use horn_nn::arguments;
use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::metric_methods;
use super::metric::Metric;
use super::sums::{Batch, Sums};
use crate::keras_config::Float32;

/// How the scores of the classes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Average {
    /// From the counts of all classes together.
    Micro,
    /// The mean of the classes.
    Macro,
    /// The mean of the classes, weighted by the number of their examples.
    Weighted,
}

/// The sums for each class: true positives, false positives, false negatives, and labels.
fn sums(rows: Batch, threshold: Option<f64>) -> Result<Tensor<1>> {
    let weights = rows.weights;
    let (y_true, y_pred) = (rows.y_true.into_dense(&rows.y_pred)?, rows.y_pred);
    let chosen = match threshold {
        Some(threshold) => y_pred.greater_elem(threshold),
        None => {
            let largest = y_pred.clone().max_dim(1).expand(y_pred.dims());
            y_pred.clone().greater_equal(largest).bool_and(y_pred.abs().greater_elem(1e-9))
        }
    };
    let chosen = chosen.float();
    let not = |x: Tensor<2>| x.neg().add_scalar(1.0);
    let sum = |x: Tensor<2>| (x * weights.clone()).sum_dim(0).reshape([-1]);
    let parts =
        [chosen.clone() * y_true.clone(), chosen.clone() * not(y_true.clone()), not(chosen) * y_true.clone(), y_true];
    Ok(Tensor::cat(parts.map(sum).to_vec(), 0))
}

/// The score from the sums, or those of all classes.
fn score(sums: &[f32], average: Option<Average>, beta: f64) -> Vec<f64> {
    const EPSILON: f64 = 1e-7;
    let classes = sums.len() / 4;
    let of_class = |class: usize| [0, 1, 2, 3].map(|part| f64::from(sums[part * classes + class]));
    let score = |[right, wrong, missed, _]: [f64; 4]| {
        let (precision, recall) = (right / (right + wrong + EPSILON), right / (right + missed + EPSILON));
        let square = beta * beta;
        precision * recall / (square * precision + recall + EPSILON) * (1.0 + square)
    };
    let all: Vec<[f64; 4]> = (0..classes).map(of_class).collect();
    let total = |part: usize| all.iter().map(|class| class[part]).sum::<f64>();
    let by_class = all.iter().map(|&class| score(class));
    match average {
        None => by_class.collect(),
        Some(Average::Micro) => vec![score([0, 1, 2, 3].map(total))],
        Some(Average::Macro) => vec![by_class.sum::<f64>() / classes as f64],
        Some(Average::Weighted) => {
            vec![all.iter().map(|&class| score(class) * class[3]).sum::<f64>() / (total(3) + EPSILON)]
        }
    }
}

fn check(threshold: Option<f64>) -> Result<()> {
    match threshold.filter(|threshold| !(*threshold > 0.0 && *threshold <= 1.0)) {
        None => Ok(()),
        Some(threshold) => Err(Error::argument("the threshold is not a probability")
            .at("threshold")
            .received(threshold)
            .expected("a number above 0, up to 1")
            .hint("leave threshold out to choose the largest prediction")),
    }
}

/// The harmonic mean of precision and recall.
///
/// Without a threshold, the largest prediction of a row is chosen. The targets are one-hot or multi-hot encoded.
///
/// ```
/// use horn::metrics::{Average, F1Score};
///
/// let metric = F1Score::new(Average::Macro).threshold(0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct F1Score {
    name: String,
    dtype: Float32,
    average: Option<Average>,
    threshold: Option<f64>,
}

/// The mean of precision and recall in which recall counts `beta` times as much.
///
/// Without a threshold, the largest prediction of a row is chosen. The targets are one-hot or multi-hot encoded.
///
/// ```
/// use horn::metrics::{Average, FBetaScore};
///
/// let metric = FBetaScore::new(Average::Micro).beta(2.0).threshold(0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FBetaScore {
    name: String,
    dtype: Float32,
    average: Option<Average>,
    beta: f64,
    threshold: Option<f64>,
}

arguments!(FBetaScore {
    /// How much more recall counts than precision; 1 by default.
    beta: f64,
});

macro_rules! f_score {
    ($metric:ident, $name:literal, |$self:ident| $beta:expr $(, $field:ident: $default:expr)?) => {
        impl $metric {
            /// The metric with Keras's other defaults: the largest prediction is chosen.
            pub fn new(average: Average) -> Self {
                Self { average: Some(average), ..Self::default() }
            }

            /// A score for each class, which [`results`](super::Accumulator::results) returns. The history has their
            /// mean.
            pub fn per_class() -> Self {
                Self::default()
            }

            /// Predictions above this threshold are chosen, instead of the largest of a row.
            #[must_use]
            pub fn threshold(mut self, threshold: f64) -> Self {
                self.threshold = Some(threshold);
                self
            }

            /// The key in the history.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.name = name.into();
                self
            }
        }

        impl Default for $metric {
            /// Keras's defaults: a score for each class.
            fn default() -> Self {
                Self {
                    name: $name.to_owned(),
                    dtype: Float32::default(),
                    average: None,
                    threshold: None,
                    $($field: $default,)?
                }
            }
        }

        impl Metric for $metric {
            metric_methods!($metric, Up);

            fn validate(&self) -> Result<()> {
                let $self = self;
                if !($beta > 0.0 && f64::is_finite($beta)) {
                    return Err(Error::argument("the argument is out of range")
                        .at("beta")
                        .received($beta)
                        .expected("a number above 0")
                        .hint("leave beta out for Keras's 1"));
                }
                check(self.threshold)
            }

            fn accumulator(&self) -> Box<dyn Accumulator> {
                let $self = self;
                let (threshold, beta) = (self.threshold, $beta);
                let average = self.average;
                Sums::boxed(move |rows| sums(rows, threshold), move |sums| score(sums, average, beta))
            }

            fn config(&self) -> Value {
                json!(self)
            }
        }
    };
}

f_score!(F1Score, "f1_score", |_metric| 1.0);
f_score!(FBetaScore, "fbeta_score", |metric| metric.beta, beta: 1.0);
