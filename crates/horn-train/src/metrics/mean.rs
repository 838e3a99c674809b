//! A running mean that stays on the device.

use burn::Tensor;

/// The weighted mean of all values so far, and 0 if there are none.
///
/// Values are accumulated on their device. Only [`result`](Self::result) waits for it.
///
/// ```
/// use burn::Tensor;
/// use burn::tensor::Device;
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

    /// Adds everything that another mean has accumulated.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.total, other.total.clone());
        add(&mut self.weight, other.weight.clone());
        self.count += other.count;
    }

    fn update_mean(&mut self, value: Tensor<1>, factor: f64, count: f64) {
        add(&mut self.total, Some(if factor == 1.0 { value } else { value * factor }));
        self.count += count;
    }

    /// Reads the mean from the device.
    pub fn result(&self) -> f64 {
        let read = |tensor: &Option<Tensor<1>>| tensor.clone().map_or(0.0, |tensor| tensor.into_scalar::<f32>());
        let weight = self.count as f32 + read(&self.weight);
        if weight == 0.0 { 0.0 } else { f64::from(read(&self.total) / weight) }
    }
}

/// Adds a value to a sum that may not exist yet.
fn add(sum: &mut Option<Tensor<1>>, value: Option<Tensor<1>>) {
    *sum = match (sum.take(), value) {
        (Some(sum), Some(value)) => Some(sum + value),
        (sum, value) => sum.or(value),
    };
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

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
