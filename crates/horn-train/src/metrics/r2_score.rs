//! The coefficient of determination.

use burn::Tensor;
use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::{metric_methods, metric_name};
use super::metric::Metric;
use super::sums::{Batch, Sums};
use crate::keras_config::Float32;

/// How the scores of the columns become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassAggregation {
    /// The mean of the columns.
    UniformAverage,
    /// The mean of the columns, weighted by how much their targets vary.
    VarianceWeightedAverage,
}

/// The coefficient of determination R²: which part of the targets' variance the predictions explain. It is
/// `1 - Σ (y_true - y_pred)² / Σ (y_true - mean(y_true))²` for each column: 1 for perfect predictions, and 0 for those
/// that are as good as the mean of the targets.
///
/// ```
/// use horn::metrics::{ClassAggregation, R2Score};
///
/// let metric = R2Score::new().class_aggregation(ClassAggregation::VarianceWeightedAverage).num_regressors(3);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct R2Score {
    name: String,
    dtype: Float32,
    class_aggregation: Option<ClassAggregation>,
    num_regressors: usize,
}

impl R2Score {
    /// The metric with Keras's defaults: the mean of the columns, not adjusted.
    pub fn new() -> Self {
        Self {
            name: "r2_score".to_owned(),
            dtype: Float32::default(),
            class_aggregation: Some(ClassAggregation::UniformAverage),
            num_regressors: 0,
        }
    }

    /// A score for each column, which [`results`](super::Accumulator::results) returns. The history has their mean.
    pub fn per_class() -> Self {
        Self { class_aggregation: None, ..Self::new() }
    }

    /// How the scores of the columns become one; the mean by default.
    #[must_use]
    pub fn class_aggregation(mut self, class_aggregation: ClassAggregation) -> Self {
        self.class_aggregation = Some(class_aggregation);
        self
    }

    fn scores(&self, sums: &[f32]) -> Vec<f64> {
        let (samples, sums) = sums.split_last().expect("the number of samples comes last");
        let columns = sums.len() / 4;
        let part = |part: usize, column: usize| sums[part * columns + column];
        let column = |column: usize| {
            let mean = part(0, column) / part(3, column);
            let total = part(1, column) - part(0, column) * mean;
            let score = 1.0 - part(2, column) / total;
            (total, if score.is_infinite() { 0.0 } else { score })
        };
        let all: Vec<(f32, f32)> = (0..columns).map(column).collect();
        let scores = match self.class_aggregation {
            None => all.iter().map(|(_, score)| *score).collect(),
            Some(ClassAggregation::UniformAverage) => {
                vec![all.iter().map(|(_, score)| score).sum::<f32>() / columns as f32]
            }
            Some(ClassAggregation::VarianceWeightedAverage) => {
                let weighted: f32 = all.iter().map(|(total, score)| total * score).sum();
                vec![weighted / all.iter().map(|(total, _)| total).sum::<f32>()]
            }
        };
        scores.into_iter().map(|score| f64::from(self.adjusted(score, *samples))).collect()
    }

    /// The score adjusted for the number of regressors, if there are more samples than that.
    fn adjusted(&self, score: f32, samples: f32) -> f32 {
        let regressors = self.num_regressors as f32;
        if self.num_regressors == 0 || regressors >= samples - 1.0 {
            return score;
        }
        1.0 - (1.0 - score) * (samples - 1.0) / (samples - regressors - 1.0)
    }
}

arguments!(R2Score {
    /// The number of independent regressors, for which the score is adjusted; 0 by default. It is not adjusted where
    /// there are not more samples.
    num_regressors: usize,
});

metric_name!(R2Score);

impl Metric for R2Score {
    metric_methods!(R2Score, Up);

    fn accumulator(&self) -> Box<dyn Accumulator> {
        let score = self.clone();
        Sums::boxed(sums, move |sums| score.scores(sums))
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// The sums for each column, of the targets, their squares, the squared errors and the weights; then the number of
/// targets.
fn sums(rows: Batch) -> Result<Tensor<1>> {
    let weights = rows.weights;
    let y_true = rows.y_true.into_dense(&rows.y_pred)?;
    let weights = weights.expand(y_true.dims());
    let weighted = y_true.clone() * weights.clone();
    let errors = (y_true.clone() - rows.y_pred).square() * weights.clone();
    let count = Tensor::full([1], y_true.shape().num_elements() as f32, &y_true.device());
    let parts = [weighted.clone(), y_true * weighted, errors, weights];
    let sums = parts.map(|part| part.sum_dim(0).reshape([-1]));
    Ok(Tensor::cat(sums.into_iter().chain([count]).collect(), 0))
}
