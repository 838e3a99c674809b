//! The area under a curve of decisions at many thresholds.

use burn::Tensor;
use burn::tensor::{TensorData, activation::sigmoid};
use horn_nn::arguments;
use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name};
use super::metric::Metric;
use super::sums::{Batch, Sums, ratio};
use super::thresholds::{Decisions, Thresholds, check_thresholds, decisions};
use crate::keras_config::Float32;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    thresholds: Option<Vec<f64>>,
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
            thresholds: None,
        }
    }

    /// Uses these thresholds between 0 and 1, and one more at each end.
    #[must_use]
    pub fn thresholds(mut self, thresholds: impl Into<Vec<f64>>) -> Self {
        let thresholds = thresholds.into();
        self.num_thresholds = thresholds.len() + 2;
        self.thresholds = Some(thresholds);
        self
    }

    /// Weights the labels, the columns of the outputs. With [`multi_label`](Self::multi_label) the weights are those of
    /// their areas, and otherwise those of their examples.
    #[must_use]
    pub fn label_weights(mut self, label_weights: impl Into<Vec<f64>>) -> Self {
        self.label_weights = Some(label_weights.into());
        self
    }

    fn all_thresholds(&self) -> Thresholds {
        match &self.thresholds {
            Some(thresholds) => Thresholds::around(thresholds.clone()),
            None => Thresholds::Around(self.num_thresholds),
        }
    }

    /// What a batch adds to the buckets.
    fn buckets(&self, thresholds: &Thresholds, rows: Batch) -> Result<Tensor<1>> {
        let mut weights = rows.weights;
        let (y_true, y_pred) = (rows.y_true.into_dense(&rows.y_pred)?, rows.y_pred);
        let [_, labels] = y_pred.dims();
        if let Some(expected) = self.num_labels.filter(|&expected| expected != labels) {
            return Err(Error::shape("the outputs have another number of labels")
                .at("y_pred")
                .received(format!("{labels} columns"))
                .expected(format!("{expected}, as num_labels says"))
                .hint("leave num_labels out"));
        }
        let y_pred = if self.from_logits { sigmoid(y_pred) } else { y_pred };
        if let Some(of_labels) = &self.label_weights {
            if of_labels.len() != labels {
                return Err(Error::argument("there is not one weight for each label")
                    .at("label_weights")
                    .received(format!("{} weights", of_labels.len()))
                    .expected(format!("{labels}, as many as the outputs have columns"))
                    .hint("give a weight for each label, 1 for those that count once"));
            }
            if !self.multi_label {
                let of_labels: Vec<f32> = of_labels.iter().map(|&weight| weight as f32).collect();
                let of_labels = Tensor::<1>::from_data(TensorData::new(of_labels, [labels]), &y_pred.device());
                weights = weights * of_labels.unsqueeze_dim::<2>(0);
            }
        }
        if self.multi_label {
            check_thresholds(&self.name, self.num_thresholds, labels)?;
        }
        Ok(thresholds.buckets(y_true, y_pred, weights, self.multi_label))
    }

    /// The area, or the mean of the areas of all labels.
    fn area(&self, buckets: &[f32]) -> f64 {
        let labels = buckets.chunks(2 * (self.num_thresholds + 1));
        let areas: Vec<f64> = labels.map(|label| area(label, self.curve, self.summation_method)).collect();
        match self.label_weights.as_ref().filter(|_| self.multi_label) {
            None => areas.iter().sum::<f64>() / areas.len() as f64,
            Some(weights) => {
                let weighted: f64 = areas.iter().zip(weights).map(|(area, weight)| area * weight).sum();
                ratio(weighted as f32, weights.iter().sum::<f64>() as f32)
            }
        }
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
    /// The number of labels, with [`multi_label`](Self::multi_label); that of the outputs by default.
    num_labels: usize,
    /// Whether the predictions are logits, not probabilities.
    from_logits: bool,
});

metric_name!(AUC);

impl Metric for AUC {
    metric_methods!(AUC, Up);

    fn validate(&self) -> Result<()> {
        if self.num_thresholds < 2 {
            return Err(Error::argument("there are too few thresholds")
                .at("num_thresholds")
                .received(self.num_thresholds)
                .expected("at least 2")
                .hint("leave num_thresholds out for Keras's 200"));
        }
        check_thresholds(&self.name, self.num_thresholds, 1)?;
        if let Some(thresholds) = &self.thresholds {
            let fit = thresholds.iter().all(|threshold| (0.0..=1.0).contains(threshold));
            if !fit || thresholds.len() + 2 != self.num_thresholds {
                return Err(Error::argument(
                    "the thresholds are not probabilities, or not as many as num_thresholds says",
                )
                .at("thresholds")
                .received(json!(thresholds))
                .expected("numbers from 0 to 1, 2 fewer than num_thresholds")
                .hint("leave num_thresholds out"));
            }
        }
        if self.num_labels.is_some() && !self.multi_label {
            return Err(Error::argument("the number of labels matters only for areas of labels")
                .at("num_labels")
                .received(json!(self.num_labels))
                .expected("num_labels with multi_label")
                .hint("set multi_label, or leave num_labels out"));
        }
        if let Some(weights) =
            self.label_weights.as_ref().filter(|weights| weights.iter().any(|weight| weight.is_nan() || *weight < 0.0))
        {
            return Err(Error::argument("the weights of labels are negative")
                .at("label_weights")
                .received(json!(weights))
                .expected("numbers of at least 0")
                .hint("give 0 for a label that does not count"));
        }
        Ok(())
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let (of_batch, of_end, thresholds) = (self.clone(), self.clone(), self.all_thresholds());
        Sums::boxed(move |rows| of_batch.buckets(&thresholds, rows), move |buckets| vec![of_end.area(buckets)])
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// The area under the curve of one label, from the weights of its positive and its negative examples in each bucket.
fn area(buckets: &[f32], curve: Curve, summation: Summation) -> f64 {
    // From the highest threshold down.
    let thresholds = decisions(buckets);
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
    let recall = at.recall();
    match curve {
        Curve::ROC => (ratio(false_positives, false_positives + true_negatives), recall),
        Curve::PR => (recall, at.precision()),
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
