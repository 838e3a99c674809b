//! A running mean that stays on the device.

use burn::Tensor;
use burn::tensor::Device;
use horn_nn::{AnyTensor, Result};

use super::sum::Weighted;

/// The weighted mean of all values so far, and 0 if there are none.
///
/// Values are accumulated on their device. Only [`result`](Self::result) waits for it.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::burn::tensor::Device;
/// use horn::metrics::Mean;
///
/// let device = Device::default();
/// let mut mean = Mean::default();
/// mean.update(Tensor::from_data([1.0, 2.0], &device));
/// mean.update_weighted(Tensor::from_data([6.0], &device), Tensor::from_data([2.0], &device));
/// assert_eq!(mean.result(), 15.0 / 4.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Mean {
    total: Option<Tensor<1>>,
    count: f64,
    weight: Option<Tensor<1>>,
}

impl Mean {
    /// Adds values with the weight 1.
    pub fn update(&mut self, values: Tensor<1>) {
        let count = values.dims()[0] as f64;
        self.update_mean(values.sum(), 1.0, count);
    }

    /// Adds the mean of `count` values, given as a tensor of one element.
    pub fn update_batch(&mut self, mean: Tensor<1>, count: usize) {
        self.update_mean(mean, count as f64, count as f64);
    }

    /// Adds values, each with its own weight.
    pub fn update_weighted(&mut self, values: Tensor<1>, weights: Tensor<1>) {
        add(&mut self.weight, Some(weights.clone().sum()));
        self.update_mean((values * weights).sum(), 1.0, 0.0);
    }

    /// Adds values of any shape, each sample with its weight: Keras's `Mean`. A sample counts as the mean of its values.
    ///
    /// ```
    /// use horn::burn::Tensor;
    /// use horn::burn::tensor::Device;
    /// use horn::metrics::Mean;
    ///
    /// let values = Tensor::<2>::from_data([[1.0, 3.0], [5.0, 7.0]], &Device::default());
    /// let mut mean = Mean::default();
    /// mean.update_state(values.clone().into(), None)?;
    /// assert_eq!(mean.result(), 4.0);
    /// mean.reset_state();
    /// let weights = Tensor::<1>::from_data([1.0, 0.0], &Device::default());
    /// mean.update_state(values.into(), Some(weights.into()))?;
    /// assert_eq!(mean.result(), 2.0);
    /// # Ok::<(), horn::Error>(())
    /// ```
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
        let means = values.mean_dim(2);
        match weights {
            None => self.update(means.reshape([-1])),
            Some(weights) => {
                let of_samples = |x: Tensor<3>| x.mean_dim(1).sum();
                add(&mut self.weight, Some(of_samples(weights.clone())));
                self.update_mean(of_samples(means * weights), 1.0, 0.0);
            }
        }
        Ok(())
    }

    /// Starts again without values.
    pub fn reset_state(&mut self) {
        *self = Self::default();
    }

    /// Adds everything that another mean has accumulated.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.total, other.total.clone());
        add(&mut self.weight, other.weight.clone());
        self.count += other.count;
    }

    /// Reads the numbers that the mean consists of: sum, count and sum of weights. None if there are no values.
    pub fn state(&self) -> Vec<f64> {
        match &self.total {
            Some(_) => vec![f64::from(read(&self.total)), self.count, f64::from(read(&self.weight))],
            None => Vec::new(),
        }
    }

    /// Puts back what [`state`](Self::state) returned, onto this device.
    ///
    /// ```
    /// use horn::burn::Tensor;
    /// use horn::burn::tensor::Device;
    /// use horn::metrics::Mean;
    ///
    /// let device = Device::default();
    /// let (mut first, mut second) = (Mean::default(), Mean::default());
    /// first.update(Tensor::from_data([1.0, 2.0], &device));
    /// second.set_state(&first.state(), &device);
    /// second.update(Tensor::from_data([6.0], &device));
    /// assert_eq!(second.result(), 3.0);
    /// ```
    pub fn set_state(&mut self, state: &[f64], device: &Device) {
        *self = Self::default();
        if let [total, count, weight] = *state {
            let sum = |value: f64| Some(Tensor::from_data([value as f32], device));
            self.total = sum(total);
            self.count = count;
            // Without weights there is nothing to add to.
            self.weight = if weight == 0.0 { None } else { sum(weight) };
        }
    }

    /// The sum so far, on its device; `None` if there are no values.
    pub(crate) fn total(&self) -> Option<&Tensor<1>> {
        self.total.as_ref()
    }

    fn update_mean(&mut self, value: Tensor<1>, factor: f64, count: f64) {
        add(&mut self.total, Some(if factor == 1.0 { value } else { value * factor }));
        self.count += count;
    }

    /// Reads the mean from the device.
    pub fn result(&self) -> f64 {
        let weight = self.count as f32 + read(&self.weight);
        if weight == 0.0 { 0.0 } else { f64::from(read(&self.total) / weight) }
    }
}

/// The value of a sum, and 0 if there is none.
fn read(sum: &Option<Tensor<1>>) -> f32 {
    sum.clone().map_or(0.0, |sum| sum.into_scalar::<f32>())
}

/// Adds a value to a sum that may not exist yet.
fn add(sum: &mut Option<Tensor<1>>, value: Option<Tensor<1>>) {
    *sum = match (sum.take(), value) {
        (Some(sum), Some(value)) => Some(sum + value),
        (sum, value) => sum.or(value),
    };
}

/// The methods of [`Accumulator`](super::Accumulator) for what keeps a [`Mean`] in its field `mean`: all but
/// `update_masked`.
macro_rules! accumulates_mean {
    () => {
        fn update_state(
            &mut self,
            y_true: horn_nn::AnyTensor,
            y_pred: horn_nn::AnyTensor,
            sample_weight: Option<horn_nn::AnyTensor>,
        ) -> horn_nn::Result<()> {
            self.update_masked(y_true, y_pred, None, sample_weight)
        }

        fn merge_state(&mut self, other: &dyn $crate::metrics::accumulator::Accumulator) -> horn_nn::Result<()> {
            self.mean.merge(&$crate::metrics::accumulator::same_state::<Self>(other)?.mean);
            Ok(())
        }

        fn result(&self) -> f64 {
            self.mean.result()
        }

        fn reset_state(&mut self) {
            self.mean = $crate::metrics::mean::Mean::default();
        }

        fn state(&self) -> Vec<f64> {
            self.mean.state()
        }

        fn set_state(&mut self, state: &[f64], device: &burn::tensor::Device) {
            self.mean.set_state(state, device);
        }
    };
}
pub(super) use accumulates_mean;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_count_by_their_size() {
        let device = Device::default();
        let mut mean = Mean::default();
        assert_eq!(mean.result(), 0.0);
        mean.update_batch(Tensor::from_data([1.0], &device), 3);
        mean.update_batch(Tensor::from_data([5.0], &device), 1);
        assert_eq!(mean.result(), 2.0);
    }

    #[test]
    fn weights_of_zero_give_zero() {
        let device = Device::default();
        let mut mean = Mean::default();
        mean.update_weighted(Tensor::from_data([3.0, 4.0], &device), Tensor::zeros([2], &device));
        assert_eq!(mean.result(), 0.0);
    }
}
