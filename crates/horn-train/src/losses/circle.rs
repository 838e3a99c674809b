//! The circle loss of embeddings.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Bool, Int};
use horn_nn::arguments;
use horn_nn::{AnyTensor, Error, Result};
use serde::{Deserialize, Serialize};

use super::common::{Common, check_number, common_arguments, common_methods, whole_batch_values};
use super::loss::Loss;
use super::reduction::{mask_weight, reduce};
use super::rows::Rows;
use super::target::{Target, TargetKind};

/// Draws embeddings of the same label together and pushes others apart, by the similarities of all pairs in a batch
/// ([Sun et al., 2020](https://arxiv.org/abs/2002.10857)). Samples without such a pair do not count.
///
/// # Shapes
///
/// `y_pred` is `[batch, features]`, with rows of length 1. `y_true` is `[batch]`, whole numbers of any size.
///
/// ```
/// use horn::losses::Circle;
///
/// let loss = Circle::new().gamma(64.0).margin(0.25);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Circle {
    #[serde(flatten)]
    common: Common,
    gamma: f64,
    margin: f64,
    remove_diagonal: bool,
}

impl Circle {
    /// The loss with Keras's defaults.
    pub fn new() -> Self {
        Self { common: Common::new("circle"), gamma: 80.0, margin: 0.4, remove_diagonal: true }
    }

    /// The loss of each sample.
    fn of_samples(&self, labels: Tensor<1, Int>, embeddings: Tensor<2>) -> Tensor<1> {
        let [samples] = labels.dims();
        let device = embeddings.device();
        let pairs = |labels: Tensor<2, Int>| labels.expand([samples, samples]);
        let same = pairs(labels.clone().unsqueeze_dim(0)).equal(pairs(labels.unsqueeze_dim(1)));
        let other = same.clone().bool_not();
        let same = match self.remove_diagonal {
            true => {
                let places = Tensor::<1, Int>::arange(0..samples as i64, &device);
                same.bool_and(pairs(places.clone().unsqueeze_dim(0)).not_equal(pairs(places.unsqueeze_dim(1))))
            }
            false => same,
        };
        let similarities = embeddings.clone().matmul(embeddings.transpose());
        let distances = similarities.neg().add_scalar(1.0).clamp_min(0.0);
        let (margin, gamma) = (self.margin, self.gamma);
        let near = distances.clone().add_scalar(margin).clamp_min(0.0) * distances.clone().sub_scalar(margin);
        let far =
            distances.clone().neg().add_scalar(1.0 + margin).clamp_min(0.0) * distances.neg().add_scalar(1.0 - margin);
        let sum = log_sum_exp(near.mul_scalar(gamma), &same) + log_sum_exp(far.mul_scalar(gamma), &other);
        // ln(1 + exp(sum))
        log_sigmoid(sum.neg()).neg()
    }
}

arguments!(Circle {
    /// The scale of the similarities; 80 by default.
    gamma: f64,
    /// How far pairs should be from the ideal; 0.4 by default.
    margin: f64,
    /// Whether a sample is not a pair with itself; true by default.
    remove_diagonal: bool,
});

/// The logarithm of the sum of the exponentials of each row's values where the mask is true; very small if it is nowhere.
fn log_sum_exp(values: Tensor<2>, mask: &Tensor<2, Bool>) -> Tensor<1> {
    let values = values.mask_fill(mask.clone().bool_not(), -1e9);
    let largest = values.clone().max_dim(1).detach();
    let sum = (values - largest.clone()).exp().sum_dim(1).log();
    (sum + largest).squeeze_dim(1)
}

common_arguments!(Circle);

impl Loss for Circle {
    common_methods!(Circle);

    fn targets(&self) -> TargetKind {
        TargetKind::Any
    }

    fn validate(&self) -> Result<()> {
        check_number("gamma", self.gamma, self.gamma > 0.0, "a number above 0")?;
        check_number("margin", self.margin, true, "a finite number")
    }

    whole_batch_values!();

    fn call_masked(
        &self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        _mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<Tensor<1>> {
        let Rows { y_true, y_pred, sample_weight, .. } = Rows::new(y_true, y_pred, sample_weight)?;
        let labels = match y_true {
            Target::Classes(labels) => labels,
            Target::Dense(labels) => labels.int().flatten(0, 1),
        };
        if labels.dims()[0] != y_pred.dims()[0] {
            return Err(Error::shape("y_true and y_pred differ in length")
                .at("y_true")
                .received(format!("{:?}", labels.dims()))
                .expected(format!("[{}]", y_pred.dims()[0]))
                .hint("give one label for each embedding"));
        }
        let values = self.of_samples(labels, y_pred);
        let counts = values.clone().greater_elem(0.0);
        let weight = mask_weight(counts, sample_weight, self.common.reduction);
        reduce(values, Some(weight), self.common.reduction)
    }
}
