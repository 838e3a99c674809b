//! Crossentropy of one-hot encoded classes that pays attention to the hard ones.

use burn::Tensor;
use burn::tensor::TensorData;
use burn::tensor::activation::softmax;
use horn_nn::{Error, Result, arguments, powf};
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::common::{
    Common, axis_argument, axis_method, check_last, check_number, check_smoothing_of_classes, clip_probabilities,
    common_arguments, common_methods, from_logits_argument,
};
use super::loss::Loss;
use super::target::{Target, TargetKind};

/// The sum over the classes, the last axis by default, of `-alpha * (1 - p)^gamma * y_true * ln(p)`
/// ([Lin et al., 2017](https://arxiv.org/abs/1708.02002)).
///
/// The probabilities `p` are the predictions divided by their sum, or the softmax of logits, clipped to the range from
/// 1e-7 to 1 - 1e-7.
///
/// ```
/// use horn::losses::CategoricalFocalCrossentropy;
///
/// let loss = CategoricalFocalCrossentropy::new().gamma(3.0).alpha(0.4);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoricalFocalCrossentropy {
    #[serde(flatten)]
    common: Common,
    from_logits: bool,
    label_smoothing: f64,
    axis: Axis,
    alpha: Alpha,
    gamma: f64,
}

/// How much examples count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Alpha {
    /// Those of all classes as much.
    All(f64),
    /// Those of each class as its number says.
    Each(Vec<f64>),
}

impl From<f64> for Alpha {
    fn from(alpha: f64) -> Self {
        Self::All(alpha)
    }
}

impl From<Vec<f64>> for Alpha {
    fn from(alphas: Vec<f64>) -> Self {
        Self::Each(alphas)
    }
}

impl<const CLASSES: usize> From<[f64; CLASSES]> for Alpha {
    fn from(alphas: [f64; CLASSES]) -> Self {
        Self::Each(alphas.into())
    }
}

impl CategoricalFocalCrossentropy {
    /// The loss with Keras's defaults: from probabilities, without smoothing.
    pub fn new() -> Self {
        Self {
            common: Common::new("categorical_focal_crossentropy"),
            from_logits: false,
            label_smoothing: 0.0,
            axis: Axis::LAST,
            alpha: Alpha::All(0.25),
            gamma: 2.0,
        }
    }

    /// Sets the weight of the examples, from 0 to 1, or one for those of each class; 0.25 by default.
    #[must_use]
    pub fn alpha(mut self, alpha: impl Into<Alpha>) -> Self {
        self.alpha = alpha.into();
        self
    }
}

arguments!(CategoricalFocalCrossentropy {
    /// How much less well predicted examples count; 2 by default, and 0 for the plain crossentropy.
    gamma: f64,
    /// Smooths the targets: spreads this fraction of them evenly over all classes, from 0 (the default) to 1.
    label_smoothing: f64,
});

axis_argument!(CategoricalFocalCrossentropy);
common_arguments!(CategoricalFocalCrossentropy);
from_logits_argument!(CategoricalFocalCrossentropy);

impl Loss for CategoricalFocalCrossentropy {
    axis_method!();
    common_methods!(CategoricalFocalCrossentropy);

    fn targets(&self) -> TargetKind {
        TargetKind::Dense
    }

    fn target_range(&self) -> std::ops::RangeInclusive<f64> {
        0.0..=1.0
    }

    fn validate(&self) -> Result<()> {
        check_smoothing_of_classes(self.label_smoothing, self.axis)?;
        match &self.alpha {
            Alpha::All(alpha) => check_number("alpha", *alpha, (0.0..=1.0).contains(alpha), "a number from 0 to 1")?,
            Alpha::Each(alphas) => {
                check_last("alpha", self.axis)?;
                alphas
                    .iter()
                    .try_for_each(|&alpha| check_number("alpha", alpha, alpha >= 0.0, "numbers of at least 0"))?;
            }
        }
        check_number("gamma", self.gamma, self.gamma >= 0.0, "a number of at least 0")
    }

    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>> {
        let mut y_true = y_true.into_dense(&y_pred)?;
        if self.label_smoothing > 0.0 {
            let classes = y_true.dims()[1] as f64;
            y_true = y_true.mul_scalar(1.0 - self.label_smoothing).add_scalar(self.label_smoothing / classes);
        }
        let y_pred = if self.from_logits { softmax(y_pred, 1) } else { y_pred };
        let total = y_pred.clone().sum_dim(1);
        let probabilities = clip_probabilities(y_pred / total);
        let missed = powf(probabilities.clone().neg().add_scalar(1.0), self.gamma);
        let factor = self.weighted(missed)?;
        Ok((factor * y_true * probabilities.log()).sum_dim(1).squeeze_dim::<1>(1).neg())
    }
}

impl CategoricalFocalCrossentropy {
    /// The columns, one for each class, times alpha.
    fn weighted(&self, columns: Tensor<2>) -> Result<Tensor<2>> {
        let classes = columns.dims()[1];
        match &self.alpha {
            Alpha::All(alpha) => Ok(columns.mul_scalar(*alpha)),
            Alpha::Each(alphas) if alphas.len() == classes => {
                let alphas: Vec<f32> = alphas.iter().map(|&alpha| alpha as f32).collect();
                let data = TensorData::new(alphas, [1, classes]);
                Ok(columns.clone() * Tensor::from_data(data, (&columns.device(), columns.dtype())))
            }
            Alpha::Each(alphas) => Err(Error::shape("there is not one weight for each class")
                .at("alpha")
                .received(format!("{} weights for {classes} classes", alphas.len()))
                .expected("as many weights as outputs")
                .hint("give one number for all classes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn weights_of_other_classes_are_an_error() {
        let y = Tensor::<2>::ones([1, 3], &Device::default());
        let loss = CategoricalFocalCrossentropy::new().alpha([0.5, 1.0]);
        let error = loss.per_sample(Target::Dense(y.clone()), y).unwrap_err();
        assert!(error.is_shape() && error.to_string().contains("2 weights for 3 classes"), "{error}");
        assert!(loss.alpha([-0.5, 1.0]).validate().unwrap_err().is_argument());
    }
}
