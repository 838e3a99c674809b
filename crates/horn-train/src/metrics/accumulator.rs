//! The state of a metric.

use std::any::Any;
use std::fmt::Debug;

use burn::tensor::Device;
use horn_nn::{AnyTensor, Error, Result};

/// The state of a metric: accumulates batches and computes the result.
///
/// Batches are accumulated on their device. Only [`result`](Self::result) waits for it.
///
/// This one counts the predictions above 0.5:
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::{AnyTensor, Result};
/// use horn::metrics::{Accumulator, same_state};
///
/// #[derive(Debug, Default)]
/// struct Positives(Option<Tensor<1>>);
///
/// impl Positives {
///     fn add(&mut self, count: Tensor<1>) {
///         self.0 = Some(match self.0.take() {
///             Some(sum) => sum + count,
///             None => count,
///         });
///     }
/// }
///
/// impl Accumulator for Positives {
///     fn update_state(&mut self, _: AnyTensor, y_pred: AnyTensor, _: Option<AnyTensor>) -> Result<()> {
///         self.add(y_pred.rows()?.greater_elem(0.5).float().sum());
///         Ok(())
///     }
///     fn merge_state(&mut self, other: &dyn Accumulator) -> Result<()> {
///         same_state::<Self>(other)?.0.clone().into_iter().for_each(|count| self.add(count));
///         Ok(())
///     }
///     fn result(&self) -> f64 {
///         self.0.clone().map_or(0.0, |count| f64::from(count.into_scalar::<f32>()))
///     }
///     fn reset_state(&mut self) {
///         self.0 = None;
///     }
/// }
///
/// let predictions = Tensor::<2>::from_data([[0.2, 0.8], [0.7, 0.6]], &Device::default());
/// let mut positives = Positives::default();
/// positives.update_state(predictions.clone().into(), predictions.into(), None)?;
/// assert_eq!(positives.result(), 3.0);
/// # Ok::<(), horn::Error>(())
/// ```
pub trait Accumulator: Any + Debug + Send {
    /// Adds a batch.
    ///
    /// # Shapes
    ///
    /// `y_pred` is `[batch, …, features]`. `y_true` has the same shape, or no last axis if it holds class numbers.
    /// `sample_weight` is `[batch]`, or has more of the leading axes.
    ///
    /// # Errors
    ///
    /// The targets or the weights do not fit the predictions.
    fn update_state(&mut self, y_true: AnyTensor, y_pred: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<()>;

    /// Adds a batch whose timesteps are masked: those for which the mask, `[batch, steps]`, is false do not count. Most
    /// metrics do not know masks, in Keras either, and count all timesteps. Means of rows leave them out.
    ///
    /// # Errors
    ///
    /// As [`update_state`](Self::update_state).
    fn update_masked(
        &mut self,
        y_true: AnyTensor,
        y_pred: AnyTensor,
        _mask: Option<AnyTensor>,
        sample_weight: Option<AnyTensor>,
    ) -> Result<()> {
        self.update_state(y_true, y_pred, sample_weight)
    }

    /// Adds everything that another state of the same metric has accumulated, such as that of another part of the data.
    ///
    /// # Errors
    ///
    /// The other state is of another type.
    fn merge_state(&mut self, other: &dyn Accumulator) -> Result<()>;

    /// Reads the result from the device.
    fn result(&self) -> f64;

    /// All values of a metric that has several, such as one for each class; otherwise only the result. The progress
    /// line has the result, and [`History::values`](crate::History::values) all.
    fn results(&self) -> Vec<f64> {
        vec![self.result()]
    }

    /// Resets the state to that of no batches.
    fn reset_state(&mut self);

    /// Reads the numbers that the state consists of, so that a run that resumes in the middle of an epoch has them again.
    /// By default none are kept, and the result after that is of the rest of the epoch.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Puts back what [`state`](Self::state) returned, onto this device.
    fn set_state(&mut self, _state: &[f64], _device: &Device) {}
}

/// Downcasts the other state to this type, for [`Accumulator::merge_state`].
///
/// # Errors
///
/// If it is of another type.
pub fn same_state<A: Accumulator>(other: &dyn Accumulator) -> Result<&A> {
    let other: &dyn Any = other;
    other.downcast_ref().ok_or_else(|| {
        Error::argument("states of different metrics can't be merged")
            .expected("a state of the same metric")
            .hint("merge states that the same metric made")
    })
}
