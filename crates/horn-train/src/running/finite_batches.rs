//! How many batches there are before the loss is no number any more, counted on the device.

use burn::Tensor;

/// Counts batches, and waits for the device only when the count is [read](Self::read).
#[derive(Debug, Default)]
pub(crate) struct FiniteBatches(Option<Tensor<1>>);

impl FiniteBatches {
    /// Counts a batch, if the sum of the losses up to it is finite. A sum that is not finite stays so.
    pub fn add(&mut self, total: &Tensor<1>) {
        // 0, or NaN for NaN and for infinity.
        let zero = total.clone() * 0.0;
        let one = zero.clone().equal(zero).float();
        self.0 = Some(match self.0.take() {
            Some(count) => count + one,
            None => one,
        });
    }

    /// The number of batches.
    pub fn read(&self) -> usize {
        self.0.clone().map_or(0, |count| count.into_scalar::<f32>() as usize)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn batches_are_counted_until_the_first_that_is_no_number() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut batches = FiniteBatches::default();
            assert_eq!(batches.read(), 0);
            for total in [0.0, -2.0, f32::MAX, bad, bad] {
                batches.add(&Tensor::from_data([total], &Device::default()));
            }
            assert_eq!(batches.read(), 3, "{bad}");
        }
    }
}
