//! What training makes small: Keras's losses.
//!
//! A loss compares the targets with the predictions row by row, where a row is what the last axis of the predictions
//! holds; all other axes are flattened. The values are then weighted and reduced.

use std::fmt::Debug;

use burn::Tensor;
use burn::tensor::Bool;
use horn_nn::{Activation, Result};
use serde_json::Value;

mod binary_crossentropy;
mod categorical_crossentropy;
mod common;
mod from_config;
mod mean_absolute_error;
mod mean_squared_error;
mod reduction;
mod sparse_categorical_crossentropy;
mod target;
#[cfg(test)]
mod testing;

pub use binary_crossentropy::BinaryCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use from_config::{from_config, register};
pub use mean_absolute_error::MeanAbsoluteError;
pub(crate) use mean_absolute_error::mean_absolute_error;
pub use mean_squared_error::MeanSquaredError;
pub(crate) use mean_squared_error::mean_squared_error;
pub use reduction::{Reduction, mask_weight, reduce};
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;
pub use target::{Target, TargetKind};

/// A measure of how far the predictions are from the targets.
///
/// ```
/// use burn::Tensor;
/// use burn::tensor::Device;
/// use horn_train::losses::{Loss, MeanSquaredError, Target};
///
/// let device = Device::default();
/// let y_true = Target::Dense(Tensor::from_data([[0.0, 1.0], [0.0, 0.0]], &device));
/// let y_pred = Tensor::from_data([[1.0, 1.0], [1.0, 0.0]], &device);
/// let loss: Box<dyn Loss> = Box::new(MeanSquaredError::new());
/// assert_eq!(loss.call(y_true, y_pred, None)?.into_scalar::<f32>(), 0.5);
/// # Ok::<(), horn_nn::Error>(())
/// ```
pub trait Loss: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The name in messages, such as `mean_squared_error`.
    fn name(&self) -> &str;

    /// How the values become one.
    fn reduction(&self) -> Reduction;

    /// Which targets it wants.
    fn targets(&self) -> TargetKind;

    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// An argument is out of range.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// The loss of each row of predictions.
    ///
    /// # Shapes
    ///
    /// `y_pred` is `[rows, features]`, the result `[rows]`.
    ///
    /// # Errors
    ///
    /// The targets do not fit the predictions.
    fn per_sample(&self, y_true: Target, y_pred: Tensor<2>) -> Result<Tensor<1>>;

    /// False for the rows that do not count, if there may be any.
    fn mask(&self, _y_true: &Target) -> Option<Tensor<1, Bool>> {
        None
    }

    /// The same loss on what goes into this activation, where that is exact and this, on what comes out, is not.
    fn on_logits(&self, _activation: Activation) -> Option<Box<dyn Loss>> {
        None
    }

    /// A class number that marks samples which do not count.
    fn ignored_class(&self) -> Option<i64> {
        None
    }

    /// The arguments, by Keras's keys.
    fn config(&self) -> Value;

    /// Keras's registered name of a class of one's own, `package>Class`; its class name, if none.
    fn registered_name(&self) -> Option<&str> {
        None
    }

    /// The loss as Keras writes it, with its class and arguments.
    fn serialize(&self) -> Value {
        from_config::LOSSES.object(self.class_name(), self.registered_name(), self.config())
    }

    /// The loss of all rows, weighted and reduced.
    ///
    /// # Errors
    ///
    /// The targets or the weights do not fit the predictions.
    fn call(&self, y_true: Target, y_pred: Tensor<2>, sample_weight: Option<Tensor<1>>) -> Result<Tensor<1>> {
        self.call_masked(y_true, y_pred, None, sample_weight)
    }

    /// The loss of the rows whose mask is true, weighted and reduced.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    fn call_masked(
        &self,
        y_true: Target,
        y_pred: Tensor<2>,
        mask: Option<Tensor<1, Bool>>,
        sample_weight: Option<Tensor<1>>,
    ) -> Result<Tensor<1>> {
        let mask = match (mask, self.mask(&y_true)) {
            (Some(given), Some(own)) => Some(given.bool_and(own)),
            (given, own) => given.or(own),
        };
        let values = self.per_sample(y_true, y_pred)?;
        let sample_weight = match mask {
            Some(mask) => Some(mask_weight(mask, sample_weight, self.reduction())),
            None => sample_weight,
        };
        reduce(values, sample_weight, self.reduction())
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::testing::{ONE_HOT, PROBABILITIES};
    use super::*;
    use crate::testing::{assert_close, values};

    #[test]
    fn reduces_like_keras() {
        let device = Device::default();
        let call = |reduction, weights: Option<[f32; 4]>| {
            let y_true = Target::Dense(Tensor::from_data(ONE_HOT, &device));
            let weights = weights.map(|weights| Tensor::from_data(weights, &device));
            let loss = CategoricalCrossentropy::new().reduction(reduction);
            values(loss.call(y_true, Tensor::from_data(PROBABILITIES, &device), weights).unwrap())
        };
        let weights = Some([1.0, 2.0, 0.0, 0.5]);
        assert_close(&call(Reduction::SumOverBatchSize, None), &[4.766259], 1e-6);
        assert_close(&call(Reduction::SumOverBatchSize, weights), &[0.86444193], 1e-6);
        assert_close(&call(Reduction::Sum, None), &[19.065037], 1e-6);
        assert_close(&call(Reduction::Sum, weights), &[3.4577677], 1e-6);
        assert_close(&call(Reduction::MeanWithSampleWeight, None), &[4.766259], 1e-6);
        assert_close(&call(Reduction::MeanWithSampleWeight, weights), &[0.98793364], 1e-6);
        assert_close(&call(Reduction::None, None), &[0.35667497, 1.2039728, 16.118095, 1.3862944], 1e-6);
        assert_close(&call(Reduction::None, weights), &[0.35667497, 2.4079456, 0.0, std::f32::consts::LN_2], 1e-6);
        assert_close(&call(Reduction::MeanWithSampleWeight, Some([0.0; 4])), &[0.0], 0.0);
    }

    #[test]
    fn shapes_that_differ_are_errors() {
        let device = Device::default();
        let y_pred = Tensor::<2>::zeros([4, 10], &device);
        let nine = Target::Dense(Tensor::zeros([4, 9], &device));
        let classes = Target::Classes(Tensor::zeros([4], &device));
        let three = Target::Classes(Tensor::zeros([3], &device));
        let bad: [(Box<dyn Loss>, Target, &str); 6] = [
            (Box::new(MeanSquaredError::new()), nine.clone(), "received [4, 9], expected [4, 10]"),
            (Box::new(MeanAbsoluteError::new()), classes.clone(), "received [4], expected [4, 10]"),
            (Box::new(BinaryCrossentropy::new()), nine.clone(), "received [4, 9], expected [4, 10]"),
            (Box::new(CategoricalCrossentropy::new()), classes, "one-hot encode y_true"),
            (Box::new(SparseCategoricalCrossentropy::new()), nine, "received [4, 9], expected [4]"),
            (Box::new(SparseCategoricalCrossentropy::new()), three, "received [3], expected [4]"),
        ];
        for (loss, y_true, words) in bad {
            let error = loss.per_sample(y_true, y_pred.clone()).expect_err(loss.name());
            assert!(error.is_shape(), "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        let weights = Tensor::ones([3], &device);
        let error = reduce(Tensor::ones([4], &device), Some(weights), Reduction::Sum).unwrap_err();
        assert_eq!(error.location(), Some("sample_weight"));
    }

    #[test]
    fn label_smoothing_is_checked() {
        let bad: [Box<dyn Loss>; 3] = [
            Box::new(BinaryCrossentropy::new().label_smoothing(-0.1)),
            Box::new(CategoricalCrossentropy::new().label_smoothing(1.1)),
            Box::new(CategoricalCrossentropy::new().label_smoothing(f64::NAN)),
        ];
        for loss in bad {
            assert_eq!(loss.validate().expect_err(loss.name()).location(), Some("label_smoothing"));
        }
    }

    #[test]
    fn configurations_have_the_keys_of_keras() {
        let config = SparseCategoricalCrossentropy::new().ignore_class(255).name("void").config();
        assert_eq!(
            config,
            serde_json::json!({
                "name": "void", "reduction": "sum_over_batch_size", "from_logits": false, "ignore_class": 255,
            })
        );
        let loss = BinaryCrossentropy::new().from_logits(true).reduction(Reduction::MeanWithSampleWeight);
        let config = loss.config();
        assert_eq!(config["reduction"], "mean_with_sample_weight");
        assert_eq!(config["label_smoothing"], 0.0);
        assert_eq!(serde_json::from_value::<BinaryCrossentropy>(config).unwrap(), loss);
    }
}
