//! Crossentropy of class numbers.

use burn::Tensor;
use burn::tensor::{Bool, Int};
use horn_nn::Result;
use horn_nn::arguments;
use serde::{Deserialize, Serialize};

use super::common::{
    Common, clip_probabilities, common_arguments, common_methods, exact_on_logits, from_logits_argument,
};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// `-ln(p)` of the true class, which the target gives as a number.
///
/// The probabilities `p` are the predictions divided by their sum, and clipped to the range from 1e-7 to 1 - 1e-7. If
/// the predictions are logits, `p` is their softmax, in a form that stays exact for any logits. Class numbers must be
/// smaller than the number of predictions in a row.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::{Device, Int};
/// use horn::losses::{Loss, SparseCategoricalCrossentropy};
///
/// let device = Device::default();
/// let labels = Tensor::<1, Int>::from_data([1, 0], &device);
/// let predictions = Tensor::<2>::from_data([[0.5, 0.5], [0.5, 0.5]], &device);
/// let loss = SparseCategoricalCrossentropy::new().call(labels.into(), predictions.into(), None)?;
/// assert!((loss.into_scalar::<f32>() - 2_f32.ln()).abs() < 1e-6);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseCategoricalCrossentropy {
    #[serde(flatten)]
    common: Common,
    from_logits: bool,
    ignore_class: Option<i64>,
}

impl SparseCategoricalCrossentropy {
    /// The loss with Keras's defaults: from probabilities, without an ignored class.
    pub fn new() -> Self {
        Self { common: Common::new("sparse_categorical_crossentropy"), from_logits: false, ignore_class: None }
    }

    fn values(&self, labels: Tensor<1, Int>, y_pred: Tensor<2>) -> Tensor<1> {
        if self.from_logits { from_logits(labels, y_pred) } else { from_probabilities(labels, y_pred) }
    }
}

arguments!(SparseCategoricalCrossentropy {
    /// Leaves out the samples with this label, which need not be a valid class.
    ignore_class: i64,
});

common_arguments!(SparseCategoricalCrossentropy);
from_logits_argument!(SparseCategoricalCrossentropy);

impl Loss for SparseCategoricalCrossentropy {
    common_methods!(SparseCategoricalCrossentropy);
    exact_on_logits!(is_softmax);

    fn targets(&self) -> TargetKind {
        TargetKind::Classes
    }

    fn ignored_class(&self) -> Option<i64> {
        self.ignore_class
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let labels = y_true.into_classes(&y_pred)?;
        let Some(ignore_class) = self.ignore_class else { return Ok(self.values(labels, y_pred)) };

        // Ignored rows get valid labels and predictions, so that neither their loss nor their gradient is NaN.
        let ignored = labels.clone().equal_elem(ignore_class);
        let shape = y_pred.shape();
        let rows = ignored.clone().unsqueeze_dim::<2>(1).expand(shape);
        let values = self.values(labels.mask_fill(ignored.clone(), 0), y_pred.mask_fill(rows, 1.0));
        Ok(values.mask_fill(ignored, 0.0))
    }

    fn mask(&self, y_true: &Target) -> Option<Tensor<1, Bool>> {
        let ignore_class = self.ignore_class?;
        Some(match y_true.clone() {
            Target::Classes(labels) => labels.not_equal_elem(ignore_class),
            Target::Dense(column) => column.squeeze_dim::<1>(1).not_equal_elem(ignore_class as f64),
        })
    }
}

pub(crate) fn from_logits(labels: Tensor<1, Int>, logits: Tensor<2>) -> Tensor<1> {
    if let Some(losses) = horn_kernels::sparse_crossentropy(&labels, &logits) {
        return losses;
    }
    let largest = logits.clone().detach().max_dim(1);
    let logits = logits - largest;
    let logarithm = logits.clone().exp().sum_dim(1).log();
    (logarithm - pick(logits, labels)).squeeze_dim(1)
}

fn from_probabilities(labels: Tensor<1, Int>, probabilities: Tensor<2>) -> Tensor<1> {
    let total = probabilities.clone().sum_dim(1);
    clip_probabilities(pick(probabilities, labels) / total).log().squeeze_dim::<1>(1).neg()
}

/// The value of the true class in each row.
fn pick(rows: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<2> {
    rows.gather(1, labels.unsqueeze_dim(1))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::testing::{FROM_LOGITS, FROM_PROBABILITIES, LABELS, LOGITS, PROBABILITIES, check_classes};
    use super::*;
    use crate::losses::Reduction;
    use crate::testing::{assert_close, values};

    #[test]
    fn follows_keras_from_probabilities() {
        let (expected, gradient) = FROM_PROBABILITIES;
        check_classes(&SparseCategoricalCrossentropy::new(), LABELS, PROBABILITIES, expected, gradient);
    }

    #[test]
    fn follows_keras_from_logits() {
        let (expected, gradient) = FROM_LOGITS;
        check_classes(&SparseCategoricalCrossentropy::new().from_logits(true), LABELS, LOGITS, expected, gradient);
    }

    #[test]
    fn ignores_a_class_like_keras() {
        check_classes(
            &SparseCategoricalCrossentropy::new().ignore_class(0),
            LABELS,
            PROBABILITIES,
            [0.35667497, 0.0, 0.0, 1.3862944],
            [[1.0, 1.0, -0.42857146], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, -3.0, 1.0]],
        );
        check_classes(
            &SparseCategoricalCrossentropy::new().ignore_class(-1).from_logits(true),
            [2, -1, 0, -1],
            LOGITS,
            [1.004597, 0.0, 20000.0, 0.0],
            [[0.6037489, 0.030058887, -0.6338078], [0.0, 0.0, 0.0], [-3.0, 3.0, 0.0], [0.0, 0.0, 0.0]],
        );
    }

    #[test]
    fn takes_the_mean_of_those_not_ignored() {
        let device = Device::default();
        let call = |reduction, weights: Option<[f32; 4]>| {
            let labels = Tensor::<1, Int>::from_data(LABELS, &device);
            let probabilities = Tensor::<2>::from_data(PROBABILITIES, &device);
            let weights = weights.map(|weights| Tensor::<1>::from_data(weights, &device).into());
            let loss = SparseCategoricalCrossentropy::new().ignore_class(0).reduction(reduction);
            values(loss.call(labels.into(), probabilities.into(), weights).unwrap())
        };
        let weights = Some([1.0, 2.0, 0.0, 0.5]);
        assert_close(&call(Reduction::SumOverBatchSize, None), &[0.87148464], 1e-6);
        assert_close(&call(Reduction::SumOverBatchSize, weights), &[0.52491105], 1e-6);
        assert_close(&call(Reduction::Sum, None), &[1.7429693], 1e-6);
        assert_close(&call(Reduction::Sum, weights), &[1.0498221], 1e-6);
        assert_close(&call(Reduction::MeanWithSampleWeight, None), &[0.87148464], 1e-6);
        assert_close(&call(Reduction::MeanWithSampleWeight, weights), &[0.6998814], 1e-6);
        assert_close(&call(Reduction::None, weights), &[0.35667497, 0.0, 0.0, std::f32::consts::LN_2], 1e-6);
    }

    #[test]
    fn is_zero_when_all_are_ignored() {
        let device = Device::default();
        let labels = Tensor::<1, Int>::from_data([7, 7, 7, 7], &device);
        let loss = SparseCategoricalCrossentropy::new().ignore_class(7);
        let probabilities = Tensor::<2>::from_data(PROBABILITIES, &device);
        let loss = loss.call(labels.into(), probabilities.into(), None).unwrap();
        assert_eq!(loss.into_scalar::<f32>(), 0.0);
    }
}
