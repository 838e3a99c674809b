//! The trait of losses.

use std::fmt::Debug;
use std::ops::RangeInclusive;

use burn::Tensor;
use burn::tensor::Bool;
use horn_nn::{Activation, AnyTensor, Error, Result};
use serde_json::Value;

use super::axis::features_to_end;
use super::reduction::{Reduction, reduce_masked};
use super::rows::{Rows, in_shape, row_mask};
use super::target::{Target, TargetKind};
use crate::registry;

/// A measure of how far the predictions are from the targets.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::losses::{Loss, MeanSquaredError};
///
/// let device = Device::default();
/// let y_true = Tensor::<2>::from_data([[0.0, 1.0], [0.0, 0.0]], &device);
/// let y_pred = Tensor::<2>::from_data([[1.0, 1.0], [1.0, 0.0]], &device);
/// let loss: Box<dyn Loss> = Box::new(MeanSquaredError::new());
/// assert_eq!(loss.call(y_true.into(), y_pred.into(), None)?.into_scalar::<f32>(), 0.5);
/// # Ok::<(), horn::Error>(())
/// ```
pub trait Loss: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The name in error messages, such as `mean_squared_error`.
    fn name(&self) -> &str;

    /// How the values of the rows are reduced.
    fn reduction(&self) -> Reduction;

    /// The kind of targets that the loss takes.
    fn targets(&self) -> TargetKind;

    /// The axis of the predictions that has the features of a row; -1, the last one, by default.
    fn axis(&self) -> i64 {
        -1
    }

    /// The targets for which the loss is made, such as probabilities from 0 to 1. `fit` and `evaluate` refuse others in
    /// arrays; a source of batches is not checked.
    fn target_range(&self) -> RangeInclusive<f64> {
        f64::NEG_INFINITY..=f64::INFINITY
    }

    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// An argument is out of range.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// The loss of each row of predictions. A loss implements this or [`call_masked`](Self::call_masked).
    ///
    /// # Shapes
    ///
    /// `y_pred` is `[rows, features]`, the result `[rows]`.
    ///
    /// # Errors
    ///
    /// The targets do not fit the predictions, or the loss is not defined for single rows.
    fn per_sample(&self, _y_true: Target, _y_pred: Tensor<2>) -> Result<Tensor<1>> {
        Err(Error::argument("the loss has no value for a row").at(self.name()).hint("use `Loss::call`"))
    }

    /// False for the rows that are left out; `None` if all rows count.
    fn mask(&self, _y_true: &Target) -> Option<Tensor<1, Bool>> {
        None
    }

    /// The same loss, computed from the inputs of this activation, the logits, if that is exact and computing it from
    /// the outputs is not.
    fn on_logits(&self, _activation: Activation) -> Option<Box<dyn Loss>> {
        None
    }

    /// The class number whose samples are left out, if there is one.
    fn ignored_class(&self) -> Option<i64> {
        None
    }

    /// The arguments, under Keras's keys.
    fn config(&self) -> Value;

    /// Keras's registered name of a custom class, `package>Class`. `None` stands for `Custom>Class`.
    fn registered_name(&self) -> Option<&str> {
        None
    }

    /// Keras's module of the class; `None` for a class that is not Keras's.
    #[doc(hidden)]
    fn keras_module(&self) -> Option<&'static str> {
        None
    }

    /// The loss as Keras writes it, with its class and arguments.
    fn serialize(&self) -> Value {
        registry::object(self.keras_module(), self.class_name(), self.registered_name(), self.config())
    }

    /// The loss of each row, neither weighted nor reduced, in the shape of the leading axes: what Keras's functions return,
    /// and Keras's `loss.call`. Rows that are [left out](Self::mask) have the value 0.
    ///
    /// ```
    /// use horn::burn::Tensor;
    /// use horn::burn::tensor::Device;
    /// use horn::losses::{BinaryCrossentropy, Loss};
    ///
    /// let device = Device::default();
    /// let images = Tensor::<4>::ones([2, 28, 28, 1], &device);
    /// let logits = Tensor::<4>::zeros([2, 28, 28, 1], &device);
    /// let of_pixels = BinaryCrossentropy::new().from_logits(true).values(images.into(), logits.into())?;
    /// let of_images = of_pixels.float::<3>()?.sum_dims(&[1, 2]);
    /// assert_eq!(of_images.dims(), [2, 1, 1]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Shapes
    ///
    /// As [`call`](Self::call); the result is `[batch, …]`, without the axis of the features. The value of a single row
    /// without leading axes is `[1]`.
    ///
    /// # Errors
    ///
    /// The targets do not fit the predictions.
    fn values(&self, y_true: AnyTensor, y_pred: AnyTensor) -> Result<AnyTensor> {
        let (y_true, y_pred) = features_to_end(self.axis(), self.targets(), y_true, y_pred)?;
        let Rows { y_true, y_pred, leading, .. } = Rows::new(y_true, y_pred, None)?;
        let mask = self.mask(&y_true);
        let values = self.per_sample(y_true, y_pred)?;
        let values = match mask {
            Some(mask) => values.mask_fill(mask.bool_not(), 0.0),
            None => values,
        };
        in_shape(values, &leading)
    }

    /// The loss of a batch, weighted and reduced.
    ///
    /// # Shapes
    ///
    /// `y_pred` is `[batch, …, features]`, or has the features along [`axis`](Self::axis). `y_true` has the same shape, or
    /// none of that axis if it holds class numbers.
    /// `sample_weight` is `[batch]`, or has more of the leading axes: `[batch, steps]`. The result has one element,
    /// unless the reduction is [`Reduction::None`].
    ///
    /// # Errors
    ///
    /// The targets or the weights do not fit the predictions.
    fn call(&self, y_true: AnyTensor, y_pred: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<Tensor<1>> {
        self.call_masked(y_true, y_pred, None, sample_weight)
    }

    /// The loss of the unmasked timesteps of a batch, weighted and reduced. The mask holds booleans in the shape of the
    /// leading axes, true for unmasked timesteps.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    fn call_masked(
        &self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<Tensor<1>> {
        let (y_true, y_pred) = features_to_end(self.axis(), self.targets(), y_true, y_pred)?;
        let Rows { y_true, y_pred, sample_weight, rows_per_weight, .. } = Rows::new(y_true, y_pred, sample_weight)?;
        let mask = match (row_mask(mask, y_pred.dims()[0])?, self.mask(&y_true)) {
            (Some(given), Some(own)) => Some(given.bool_and(own)),
            (given, own) => given.or(own),
        };
        let values = self.per_sample(y_true, y_pred)?;
        reduce_masked(values, mask, sample_weight, rows_per_weight, self.reduction())
    }
}
