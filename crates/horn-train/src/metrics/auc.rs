//! The area under a curve of decisions at many thresholds.

use burn::Tensor;
use burn::tensor::{IndexingUpdateOp, activation::sigmoid};
use horn_nn::arguments;
use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name};
use super::metric::Metric;
use super::sums::{Sums, ratio, weights};
use crate::keras_config::Float32;
use crate::losses::Rows;

/// The curve under which [`AUC`] measures the area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Curve {
    /// The true positive rate over the false positive rate.
    #[serde(alias = "roc")]
    ROC,
    /// The precision over the recall.
    #[serde(alias = "pr")]
    PR,
    /// The precision gain over the recall gain.
    #[serde(alias = "prgain")]
    PRGAIN,
}

/// How [`AUC`] measures the area between two thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Summation {
    /// By the curve between its two ends.
    Interpolation,
    /// By the higher end.
    Majoring,
    /// By the lower end.
    Minoring,
}

/// The area under the ROC curve: how likely a positive example has a higher prediction than a negative one. Or the area
/// under another [`Curve`].
///
/// It is computed from decisions at thresholds that are evenly spread from 0 to 1.
///
/// ```
/// use horn::metrics::{AUC, Curve};
///
/// let metric = AUC::new().curve(Curve::PR).num_thresholds(400).name("average_precision");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AUC {
    name: String,
    dtype: Float32,
    num_thresholds: usize,
    curve: Curve,
    summation_method: Summation,
    multi_label: bool,
    num_labels: Option<usize>,
    label_weights: Option<Vec<f64>>,
    from_logits: bool,
}

impl AUC {
    /// The metric with Keras's defaults: the ROC curve at 200 thresholds.
    pub fn new() -> Self {
        Self {
            name: "auc".to_owned(),
            dtype: Float32::default(),
            num_thresholds: 200,
            curve: Curve::ROC,
            summation_method: Summation::Interpolation,
            multi_label: false,
            num_labels: None,
            label_weights: None,
            from_logits: false,
        }
    }

    /// The weights of positive and negative examples between each threshold and the next, one label after the other.
    fn buckets(&self, rows: Rows) -> Result<Tensor<1>> {
        let count = self.num_thresholds;
        let weights = weights(&rows).unsqueeze_dim::<2>(1);
        let (y_true, y_pred) = (rows.y_true.into_dense(&rows.y_pred)?, rows.y_pred);
        let y_pred = if self.from_logits { sigmoid(y_pred) } else { y_pred };
        let [rows, labels] = y_pred.dims();
        let device = y_pred.device();
        let bucket = y_pred.clamp(0.0, 1.0).mul_scalar((count - 1) as f32).ceil().sub_scalar(1.0).clamp_min(0.0).int();
        let (bucket, kept) = match self.multi_label {
            true => {
                let first = Tensor::arange(0..labels as i64, &device).mul_scalar(2 * count as i64);
                (bucket + first.unsqueeze_dim::<2>(0), labels)
            }
            false => (bucket, 1),
        };
        // The negative examples follow the positive ones.
        let positive = y_true.not_equal_elem(0.0);
        let bucket = bucket.clone().mask_where(positive.bool_not(), bucket.add_scalar(count as i64));
        let weights = weights.expand([rows, labels]).reshape([-1]);
        let zeros = Tensor::<1>::zeros([2 * count * kept], &device);
        Ok(zeros.scatter(0, bucket.reshape([-1]), weights, IndexingUpdateOp::Add))
    }
}

arguments!(AUC {
    /// The number of thresholds; 200 by default.
    num_thresholds: usize,
    /// The curve; ROC by default.
    curve: Curve,
    /// How the area between two thresholds is measured; by interpolation by default.
    summation_method: Summation,
    /// Whether the result is the mean of the areas of all labels, the columns of the outputs. By default they are taken
    /// together.
    multi_label: bool,
    /// Whether the predictions are logits, not probabilities.
    from_logits: bool,
});

metric_name!(AUC);

impl Metric for AUC {
    metric_methods!(AUC);

    fn validate(&self) -> Result<()> {
        if self.num_thresholds < 2 {
            return Err(Error::argument("there are too few thresholds")
                .at("num_thresholds")
                .received(self.num_thresholds)
                .expected("at least 2")
                .hint("leave num_thresholds out for Keras's 200"));
        }
        match &self.label_weights {
            None => Ok(()),
            Some(_) => Err(Error::argument("Horn's metric has no such argument yet")
                .at("label_weights")
                .expected("null")
                .hint("leave label_weights out")),
        }
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let (of_batch, of_end) = (self.clone(), self.clone());
        Sums::boxed(
            move |rows| of_batch.buckets(rows),
            move |buckets| {
                let labels: Vec<_> = buckets.chunks(2 * of_end.num_thresholds).collect();
                labels.iter().map(|label| area(label, of_end.curve, of_end.summation_method)).sum::<f64>()
                    / labels.len() as f64
            },
        )
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// The decisions at a threshold.
#[derive(Clone, Copy, Default)]
struct Decisions {
    true_positives: f32,
    false_positives: f32,
    true_negatives: f32,
    false_negatives: f32,
}

/// The area under the curve of one label, from the weights of its positive and its negative examples in each bucket.
fn area(buckets: &[f32], curve: Curve, summation: Summation) -> f64 {
    let (positive, negative) = buckets.split_at(buckets.len() / 2);
    let (positives, negatives) = (positive.iter().sum::<f32>(), negative.iter().sum::<f32>());
    let mut thresholds = Vec::with_capacity(positive.len());
    let (mut true_positives, mut false_positives) = (0.0, 0.0);
    // From the highest threshold down.
    for (positive, negative) in positive.iter().zip(negative).rev() {
        true_positives += positive;
        false_positives += negative;
        thresholds.push(Decisions {
            true_positives,
            false_positives,
            true_negatives: negatives - false_positives,
            false_negatives: positives - true_positives,
        });
    }
    let steps = thresholds.windows(2);
    if (curve, summation) == (Curve::PR, Summation::Interpolation) {
        return steps.map(|step| interpolated(step[1], step[0])).sum();
    }
    steps
        .map(|step| {
            let ((x_high, y_high), (x_low, y_low)) = (point(step[0], curve), point(step[1], curve));
            let height = match summation {
                Summation::Interpolation => (y_high + y_low) / 2.0,
                Summation::Majoring => y_high.max(y_low),
                Summation::Minoring => y_high.min(y_low),
            };
            (x_low - x_high) * height
        })
        .sum()
}

/// The point of the curve at a threshold.
fn point(at: Decisions, curve: Curve) -> (f64, f64) {
    let Decisions { true_positives, false_positives, true_negatives, false_negatives } = at;
    let recall = ratio(true_positives, true_positives + false_negatives);
    match curve {
        Curve::ROC => (ratio(false_positives, false_positives + true_negatives), recall),
        Curve::PR => (recall, ratio(true_positives, true_positives + false_positives)),
        Curve::PRGAIN if true_positives == 0.0 => (0.0, 1.0),
        Curve::PRGAIN => {
            let scale = ratio(true_positives + false_negatives, true_negatives + false_positives);
            let gain = |wrong| 1.0 - scale * ratio(wrong, true_positives);
            (gain(false_negatives).max(0.0), gain(false_positives))
        }
    }
}

/// The area under the precision-recall curve between two thresholds, where true and false positives grow in proportion
/// ([Davis and Goadrich, 2006](https://www.biostat.wisc.edu/~page/rocpr.pdf)).
fn interpolated(low: Decisions, high: Decisions) -> f64 {
    let positives = |at: Decisions| at.true_positives + at.false_positives;
    let gained = low.true_positives - high.true_positives;
    let slope = ratio(gained, (positives(low) - positives(high)).max(0.0));
    let intercept = f64::from(high.true_positives) - slope * f64::from(positives(high));
    let growth = match positives(low) > 0.0 && positives(high) > 0.0 {
        true => ratio(positives(low), positives(high)),
        false => 1.0,
    };
    let labels = f64::from((high.true_positives + high.false_negatives).max(0.0));
    if labels == 0.0 { 0.0 } else { slope * (f64::from(gained) + intercept * growth.ln()) / labels }
}
