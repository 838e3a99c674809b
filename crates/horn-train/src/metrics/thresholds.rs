//! Decisions at many thresholds, from sums over buckets of predictions between the thresholds.

use burn::Tensor;
use burn::tensor::{IndexingUpdateOp, Int};
use horn_nn::Result;

use super::sums::{check_count, ratio};

/// Thresholds in ascending order. A prediction above one is a decision for the label.
#[derive(Clone, Debug)]
pub(super) enum Thresholds {
    /// This number, spread evenly from 0 to 1.
    Even(usize),
    /// This number, spread evenly, of which the first lies just below 0 and the last just above 1.
    Around(usize),
    /// These.
    Listed(Vec<f64>),
}

/// How far thresholds outside of 0 and 1 are from them: Keras's epsilon.
const EPSILON: f64 = 1e-7;

impl Thresholds {
    /// Those of `AUC` at these thresholds between 0 and 1.
    pub fn around(mut inner: Vec<f64>) -> Self {
        inner.sort_by(f64::total_cmp);
        let count = inner.len() + 2;
        let even = |at: usize| at as f64 / (count - 1) as f64;
        if inner
            .iter()
            .enumerate()
            .all(|(at, threshold)| (threshold - even(at + 1)).abs() <= EPSILON + 1e-5 * even(at + 1))
        {
            return Self::Around(count);
        }
        Self::Listed([vec![-EPSILON], inner, vec![1.0 + EPSILON]].concat())
    }

    pub fn count(&self) -> usize {
        match self {
            Self::Even(count) | Self::Around(count) => *count,
            Self::Listed(all) => all.len(),
        }
    }

    /// For each prediction, how many thresholds are below it.
    fn below(&self, y_pred: Tensor<2>) -> Tensor<2, Int> {
        let even = |y_pred: Tensor<2>, count: usize| y_pred.clamp(0.0, 1.0).mul_scalar((count - 1) as f32).ceil();
        match self {
            Self::Even(count) => even(y_pred, *count).int(),
            Self::Around(count) => even(y_pred, *count).clamp_min(1.0).int(),
            Self::Listed(all) => {
                let above = |threshold: &f64| y_pred.clone().greater_elem(*threshold as f32).int();
                all.iter().map(above).reduce(|sum, above| sum + above).unwrap_or_else(|| y_pred.zeros_like().int())
            }
        }
    }

    /// The weights of positive and negative examples below the first threshold, between each and the next, and above the
    /// last; for all labels together, or one label after the other. The negative examples of a label come last.
    pub fn buckets(&self, y_true: Tensor<2>, y_pred: Tensor<2>, weights: Tensor<2>, by_label: bool) -> Tensor<1> {
        let ([rows, labels], device, count) = (y_pred.dims(), y_pred.device(), self.count() + 1);
        let bucket = self.below(y_pred);
        let (bucket, kept) = match by_label {
            true => {
                let first = Tensor::arange(0..labels as i64, &device).mul_scalar(2 * count as i64);
                (bucket + first.unsqueeze_dim::<2>(0), labels)
            }
            false => (bucket, 1),
        };
        let is_negative = y_true.equal_elem(0.0);
        let bucket = bucket.clone().mask_where(is_negative, bucket.add_scalar(count as i64));
        let weights = weights.expand([rows, labels]).reshape([-1]);
        let zeros = Tensor::<1>::zeros([2 * count * kept], &device);
        zeros.scatter(0, bucket.reshape([-1]), weights, IndexingUpdateOp::Add)
    }
}

/// Checks that there is memory for the buckets of a metric with so many thresholds, for each of these labels.
///
/// # Errors
///
/// If they take more than is allowed.
pub(super) fn check_thresholds(metric: &str, count: usize, labels: usize) -> Result<()> {
    let buckets = (count as u64).saturating_add(1).saturating_mul(2).saturating_mul(labels as u64);
    check_count(metric, "num_thresholds", count, buckets)
}

/// The weights of right and wrong decisions at a threshold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decisions {
    pub true_positives: f32,
    pub false_positives: f32,
    pub true_negatives: f32,
    pub false_negatives: f32,
}

impl Decisions {
    /// The fraction of positive examples that are found; also called sensitivity.
    pub fn recall(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The fraction of decisions for the label that are right.
    pub fn precision(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// The fraction of negative examples that are found.
    pub fn specificity(&self) -> f64 {
        ratio(self.true_negatives, self.true_negatives + self.false_positives)
    }
}

/// The decisions at each threshold, the highest first, from the buckets of one label.
pub(super) fn decisions(buckets: &[f32]) -> Vec<Decisions> {
    let (positive, negative) = buckets.split_at(buckets.len() / 2);
    let (positives, negatives) = (positive.iter().sum::<f32>(), negative.iter().sum::<f32>());
    let (mut true_positives, mut false_positives) = (0.0, 0.0);
    // Below the first threshold, all decisions are against the label.
    let above = positive.iter().zip(negative).skip(1).rev();
    let at = above.map(|(positive, negative)| {
        true_positives += positive;
        false_positives += negative;
        Decisions {
            true_positives,
            false_positives,
            true_negatives: negatives - false_positives,
            false_negatives: positives - true_positives,
        }
    });
    at.collect()
}
