//! Metrics that average one value for each row.

use std::fmt;

use burn::Tensor;
use horn_nn::{AnyTensor, Result};

use super::accumulator::Accumulator;
use super::mean::{Mean, accumulates_mean};
use crate::losses::{Rows, Target, TargetKind, features_to_end, in_shape, masked_weight};

/// The weighted mean of a function of each row of predictions.
///
/// The function takes the targets and the predictions, `[rows, features]`, and returns a value for each row, `[rows]`.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::metrics::{Accumulator, MeanOfRows};
///
/// let device = Device::default();
/// let mut bias = MeanOfRows::new(|y_true, y_pred| Ok((y_pred.clone() - y_true.into_dense(&y_pred)?).squeeze_dim(1)));
/// let y_true = Tensor::<2>::from_data([[1.0], [2.0]], &device);
/// let y_pred = Tensor::<2>::from_data([[2.0], [5.0]], &device);
/// bias.update_state(y_true.into(), y_pred.into(), None)?;
/// assert_eq!(bias.result(), 2.0);
/// # Ok::<(), horn::Error>(())
/// ```
pub struct MeanOfRows<F> {
    value: F,
    axis: i64,
    targets: TargetKind,
    mean: Mean,
}

impl<F> MeanOfRows<F>
where
    F: Fn(Target, Tensor<2>) -> Result<Tensor<1>> + Send + 'static,
{
    /// The mean of this function's values, before any rows.
    pub fn new(value: F) -> Self {
        Self { value, axis: -1, targets: TargetKind::Dense, mean: Mean::default() }
    }

    /// Takes the rows along this axis of the predictions, and of targets of this kind.
    #[must_use]
    pub fn along(mut self, axis: i64, targets: TargetKind) -> Self {
        (self.axis, self.targets) = (axis, targets);
        self
    }

    /// The function's values for a batch, in the shape of the leading axes; those of a single row are `[1]`. They are not
    /// counted.
    ///
    /// # Errors
    ///
    /// The targets do not fit the predictions.
    pub fn values(&self, y_true: impl Into<AnyTensor>, y_pred: impl Into<AnyTensor>) -> Result<AnyTensor> {
        let (y_true, y_pred) = features_to_end(self.axis, self.targets, y_true.into(), y_pred.into())?;
        let Rows { y_true, y_pred, leading, .. } = Rows::new(y_true, y_pred, None)?;
        in_shape((self.value)(y_true, y_pred)?, &leading)
    }

    /// The same, boxed as [`Metric::accumulator`](super::Metric::accumulator) returns it.
    pub fn boxed(value: F) -> Box<dyn Accumulator> {
        Box::new(Self::new(value))
    }
}

impl<F> fmt::Debug for MeanOfRows<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeanOfRows").field("mean", &self.mean).finish_non_exhaustive()
    }
}

impl<F> Accumulator for MeanOfRows<F>
where
    F: Fn(Target, Tensor<2>) -> Result<Tensor<1>> + Send + 'static,
{
    accumulates_mean!();

    fn update_masked(
        &mut self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<()> {
        let (y_true, y_pred) = features_to_end(self.axis, self.targets, y_true, y_pred)?;
        let Rows { y_true, y_pred, sample_weight, .. } = Rows::new(y_true, y_pred, sample_weight)?;
        let weight = masked_weight(mask, sample_weight, y_pred.dims()[0])?;
        let values = (self.value)(y_true, y_pred)?;
        match weight {
            Some(weight) => self.mean.update_weighted(values, weight),
            None => self.mean.update(values),
        }
        Ok(())
    }
}
