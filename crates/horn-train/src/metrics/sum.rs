//! A running sum that stays on the device, and what it shares with the running mean.

use burn::Tensor;
use horn_nn::{AnyTensor, Result, by_rank};

use super::sums::broadcast;

/// The weighted sum of all values so far: Keras's `Sum`.
///
/// Values are accumulated on their device. Only [`result`](Self::result) waits for it.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::metrics::Sum;
///
/// let device = Device::default();
/// let mut sum = Sum::default();
/// let values = Tensor::<1>::from_data([1.0, 3.0, 5.0, 7.0], &device);
/// sum.update_state(values.clone().into(), None)?;
/// let weights = Tensor::<1>::from_data([1.0, 1.0, 0.0, 0.0], &device);
/// sum.update_state(values.into(), Some(weights.into()))?;
/// assert_eq!(sum.result(), 16.0 + 4.0);
/// sum.reset_state();
/// assert_eq!(sum.result(), 0.0);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sum {
    total: Option<Tensor<1>>,
}

impl Sum {
    /// Adds values of any shape, each with its weight.
    ///
    /// # Shapes
    ///
    /// The weights have the leading axes of the values: one for each sample, or one for each part of a sample.
    ///
    /// # Errors
    ///
    /// If the weights have another shape, or the values are not floats.
    pub fn update_state(&mut self, values: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<()> {
        let Weighted { values, weights } = Weighted::new(values, sample_weight)?;
        let sums = values.sum_dim(2);
        self.add(match weights {
            Some(weights) => (sums * weights).sum(),
            None => sums.sum(),
        });
        Ok(())
    }

    /// Adds everything that another sum has accumulated.
    pub fn merge(&mut self, other: &Self) {
        other.total.clone().into_iter().for_each(|total| self.add(total));
    }

    /// Reads the sum from the device.
    pub fn result(&self) -> f64 {
        self.total.clone().map_or(0.0, |total| f64::from(total.into_scalar::<f32>()))
    }

    /// Starts again at 0.
    pub fn reset_state(&mut self) {
        self.total = None;
    }

    fn add(&mut self, value: Tensor<1>) {
        self.total = Some(match self.total.take() {
            Some(total) => total + value,
            None => value,
        });
    }
}

/// Values as `[samples, parts, rest]`, where the weights, `[samples, parts, 1]`, are for each part of each sample.
pub(super) struct Weighted {
    pub values: Tensor<3>,
    pub weights: Option<Tensor<3>>,
}

impl Weighted {
    pub fn new(values: AnyTensor, sample_weight: Option<AnyTensor>) -> Result<Self> {
        let own = values.sizes();
        let (samples, all) = (own[0], own.iter().product::<usize>());
        let flat: Tensor<1> = by_rank!(values, |values| values.reshape([-1]))?;
        let Some(weight) = sample_weight else {
            return Ok(Self { values: flat.reshape([samples, 1, all / samples.max(1)]), weights: None });
        };
        let given = weight.sizes();
        let axes = given.len() - given.iter().rev().take_while(|&&size| size == 1).count();
        if axes == 0 {
            // One weight for all.
            let weights: Tensor<1> = by_rank!(weight, |weight| weight.reshape([-1]))?;
            let weights = weights.reshape([1, 1, 1]).expand([samples, 1, 1]);
            return Ok(Self { values: flat.reshape([samples, 1, all / samples.max(1)]), weights: Some(weights) });
        }
        let leading = own.get(..axes).unwrap_or(&own);
        let weights = broadcast(weight.reshape(&given[..axes])?, leading)?;
        let count = weights.dims()[0];
        let (parts, rest) = (count / samples.max(1), all / count.max(1));
        Ok(Self { values: flat.reshape([samples, parts, rest]), weights: Some(weights.reshape([samples, parts, 1])) })
    }
}
