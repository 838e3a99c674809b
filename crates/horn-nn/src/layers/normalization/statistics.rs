//! Mean and variance of data.

use burn::tensor::Tensor;

use crate::data::host_array::HostArray;
use crate::error::{Error, Result};

/// The mean and the variance for each index of some axes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statistics {
    /// The sizes of these axes.
    pub sizes: Vec<usize>,
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

impl Statistics {
    /// Computes the statistics along all axes except `kept`, which are in ascending order.
    pub fn of(data: &HostArray<'_>, kept: &[usize]) -> Result<Self> {
        let all = data.sizes();
        let sizes: Vec<usize> = kept.iter().map(|&axis| all[axis]).collect();
        let values = data.floats(&(0..data.len()).collect::<Vec<_>>())?;
        if values.is_empty() {
            return Err(Error::data("there is no data to adapt to")
                .received(format!("an array of shape {all:?}"))
                .expected("at least one value")
                .hint("give it the training data"));
        }
        // The position of a value in the kept axes, computed from its position in all axes.
        let strides = strides(all);
        let own = crate::layers::normalization::statistics::strides(&sizes);
        let place =
            |at: usize| kept.iter().zip(&own).map(|(&axis, own)| at / strides[axis] % all[axis] * own).sum::<usize>();
        let places = sizes.iter().product::<usize>();
        let count = (values.len() / places) as f64;
        let mut mean = vec![0.0; places];
        for (at, &value) in values.iter().enumerate() {
            mean[place(at)] += f64::from(value) / count;
        }
        let mut variance = vec![0.0; places];
        for (at, &value) in values.iter().enumerate() {
            let place = place(at);
            variance[place] += (f64::from(value) - mean[place]).powi(2) / count;
        }
        let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        Ok(Self { sizes, mean: single(mean), variance: single(variance) })
    }
}

/// The strides of the axes in row-major order.
fn strides(sizes: &[usize]) -> Vec<usize> {
    (0..sizes.len()).map(|axis| sizes[axis + 1..].iter().product()).collect()
}

/// Updates a moving average.
pub(crate) fn moved(average: Tensor<1>, value: Tensor<1>, momentum: f64) -> Tensor<1> {
    average * momentum + value * (1.0 - momentum)
}
